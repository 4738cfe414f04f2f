//! The formatting of one item as a line.

use std::io::{IsTerminal as _, stdout};

use serde_json::{Value, json};

use super::Form;
use crate::display::{escaped, size};

/// The format of lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// `None` for JSON.
    detail: Option<Detail>,
    reader: Reader,
}

/// The details of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Name,
    All,
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
    pub(super) fn new(form: Form) -> Self {
        let reader = if stdout().is_terminal() { Reader::Terminal } else { Reader::Program };
        Self { detail: form.detail(), reader }
    }

    /// Formats a file or a folder in the folder `path`.
    pub(super) fn item(&self, item: &Value, path: &str) -> String {
        let text = |field: &str| item[field].as_str();
        let id = text("id").unwrap_or("-");
        let slash = if item["type"] == "folder" { "/" } else { "" };
        let name = format!("{path}{}{slash}", text("name").unwrap_or(id));
        match self.detail {
            None => {
                let mut item = item.clone();
                item["path"] = json!(name);
                item.to_string()
            }
            Some(Detail::Name) => self.shown(&name),
            Some(Detail::All) => {
                let bytes = item["size"].as_u64().or(item["total_size"].as_u64()).map_or("-".to_owned(), size);
                let date = text("uploaded_at").or(text("created_at")).unwrap_or("-");
                format!("{:<16} {bytes:>10} {:<20} {}", self.shown(id), self.shown(date), self.shown(&name))
            }
        }
    }

    /// Formats an account.
    pub(super) fn account(&self, account: &Value) -> String {
        let text = |field: &str| self.shown(account[field].as_str().unwrap_or("-"));
        match self.detail {
            None => account.to_string(),
            Some(Detail::Name) => text("name"),
            Some(Detail::All) => format!("{:<24} {:<24} {}", text("name"), text("provider"), text("dialect")),
        }
    }

    fn shown(&self, text: &str) -> String {
        match self.reader {
            Reader::Terminal => escaped(text),
            Reader::Program => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(detail: Option<Detail>, reader: Reader, item: &Value) -> String {
        Lines { detail, reader }.item(item, "Films/")
    }

    #[test]
    fn folders_end_with_a_slash_and_names_have_their_path() {
        let folder = json!({"type": "folder", "id": "4248", "name": "Séries"});
        assert_eq!(line(Some(Detail::Name), Reader::Program, &folder), "Films/Séries/");
        let nameless = json!({"type": "file", "id": "x7", "name": null});
        assert_eq!(line(Some(Detail::Name), Reader::Program, &nameless), "Films/x7");
    }

    #[test]
    fn names_are_escaped_only_for_a_terminal() {
        let file = json!({"type": "file", "id": "x", "name": "a\u{1b}[31m.mp4"});
        assert_eq!(line(Some(Detail::Name), Reader::Terminal, &file), "Films/a\\u{1b}[31m.mp4");
        assert_eq!(line(Some(Detail::Name), Reader::Program, &file), "Films/a\u{1b}[31m.mp4");
    }

    #[test]
    fn long_form_has_id_size_and_date() {
        let file = json!({"type": "file", "id": "HhszB1ewMteF", "name": "a.mp4", "size": 193_986, "uploaded_at": "2018-07-29T08:51:49Z"});
        let shown = line(Some(Detail::All), Reader::Program, &file);
        assert_eq!(shown, "HhszB1ewMteF      189.4 KiB 2018-07-29T08:51:49Z Films/a.mp4");
        let folder = json!({"type": "folder", "id": "1", "name": "b", "total_size": null, "created_at": null});
        let shown = line(Some(Detail::All), Reader::Program, &folder);
        assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), ["1", "-", "-", "Films/b/"]);
    }

    #[test]
    fn json_form_is_the_item_with_its_path() {
        let file = json!({"type": "file", "id": "x", "name": "a\n.mp4", "size": null});
        let shown: Value = serde_json::from_str(&line(None, Reader::Program, &file)).unwrap();
        assert_eq!(
            (&shown["id"], &shown["size"], &shown["path"]),
            (&json!("x"), &json!(null), &json!("Films/a\n.mp4"))
        );
    }
}
