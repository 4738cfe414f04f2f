//! The formatting of one item as a line.

use std::io::{IsTerminal as _, stdout};

use serde_json::{Value, json};

use crate::display::{escaped, size};

/// The format of lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    detail: Detail,
    reader: Reader,
}

/// The details of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Name,
    Id,
    All,
    Json,
}

/// The reader of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A person at a terminal. Names are escaped, so that control characters in them have no effect.
    Terminal,
    /// A file or a program. Names are not escaped.
    Program,
}

impl Lines {
    pub(super) fn new(detail: Detail) -> Self {
        let reader = if stdout().is_terminal() { Reader::Terminal } else { Reader::Program };
        Self { detail, reader }
    }

    /// Formats a file or a folder. People see its name after `path`, which ends with a slash or is empty. Programs get
    /// the location that `location` returns for its name.
    pub(super) fn item(&self, item: &Value, path: &str, location: impl FnOnce(&str) -> String) -> String {
        let text = |field: &str| item[field].as_str();
        let id = text("id").unwrap_or("-");
        let slash = if item["type"] == "folder" { "/" } else { "" };
        let name = text("name").unwrap_or(id);
        let shown = self.shown(&format!("{path}{name}{slash}"));
        match self.detail {
            Detail::Json => {
                let mut item = item.clone();
                item["path"] = json!(location(name) + slash);
                item.to_string()
            }
            Detail::Name => shown,
            Detail::Id => format!("{:<16} {shown}", self.shown(id)),
            Detail::All => {
                let bytes = item["size"].as_u64().or(item["total_size"].as_u64()).map_or("-".to_owned(), size);
                let date = text("uploaded_at").or(text("created_at")).unwrap_or("-");
                format!("{:<16} {bytes:>10} {:<20} {shown}", self.shown(id), self.shown(date))
            }
        }
    }

    /// Formats an account.
    pub(super) fn account(&self, account: &Value) -> String {
        let text = |field: &str| self.shown(account[field].as_str().unwrap_or("-"));
        match self.detail {
            Detail::Json => account.to_string(),
            Detail::Name | Detail::Id => text("name"),
            Detail::All => format!("{:<24} {:<24} {}", text("name"), text("provider"), text("dialect")),
        }
    }

    /// Formats a text of the site for the reader.
    pub(super) fn shown(&self, text: &str) -> String {
        match self.reader {
            Reader::Terminal => escaped(text),
            Reader::Program => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(detail: Detail, reader: Reader, item: &Value) -> String {
        Lines { detail, reader }.item(item, "Films/", |name| format!("plays:/Films/{name}"))
    }

    #[test]
    fn folders_end_with_a_slash_and_names_have_their_path() {
        let folder = json!({"type": "folder", "id": "4248", "name": "Séries"});
        assert_eq!(line(Detail::Name, Reader::Program, &folder), "Films/Séries/");
        let nameless = json!({"type": "file", "id": "x7", "name": null});
        assert_eq!(line(Detail::Name, Reader::Program, &nameless), "Films/x7");
    }

    #[test]
    fn names_are_escaped_only_for_a_terminal() {
        let file = json!({"type": "file", "id": "x", "name": "a\u{1b}[31m.mp4"});
        assert_eq!(line(Detail::Name, Reader::Terminal, &file), "Films/a\\u{1b}[31m.mp4");
        assert_eq!(line(Detail::Name, Reader::Program, &file), "Films/a\u{1b}[31m.mp4");
    }

    #[test]
    fn long_form_has_id_size_and_date() {
        let mut file = json!({"type": "file", "id": "HhszB1ewMteF", "name": "a.mp4", "size": 193_986});
        file["uploaded_at"] = json!("2018-07-29T08:51:49Z");
        let shown = line(Detail::All, Reader::Program, &file);
        assert_eq!(shown, "HhszB1ewMteF      189.4 KiB 2018-07-29T08:51:49Z Films/a.mp4");
        let folder = json!({"type": "folder", "id": "1", "name": "b", "total_size": null, "created_at": null});
        let shown = line(Detail::All, Reader::Program, &folder);
        assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), ["1", "-", "-", "Films/b/"]);
    }

    #[test]
    fn json_form_is_the_item_with_its_path() {
        let file = json!({"type": "file", "id": "x", "name": "a\n.mp4", "size": null});
        let shown: Value = serde_json::from_str(&line(Detail::Json, Reader::Program, &file)).unwrap();
        assert_eq!(
            (&shown["id"], &shown["size"], &shown["path"]),
            (&json!("x"), &json!(null), &json!("plays:/Films/a\n.mp4"))
        );
    }
}
