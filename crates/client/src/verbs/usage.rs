//! `polyhost usage`: counts the content of folders, and shows the storage of accounts.

use serde_json::{Value, json};

use crate::display::{counted, escaped, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::location::Location;
use crate::session::Session;
use crate::tree::{Folder, find_folder};

/// Runs `polyhost usage`.
pub async fn run(session: &Session, locations: &[Location]) -> Exit {
    session.each(locations, async |location| show(session, location).await).await
}

async fn show(session: &Session, location: &Location) -> Result<(), Failure> {
    let gateway = &session.gateway;
    let folder = find_folder(gateway, location).await?;
    let mut usage = read(gateway, &folder).await?;
    usage["path"] = json!(folder.path);
    if location.is_root() {
        let account = match gateway.read(&["accounts", &folder.account], &[]).await {
            Err(failure) if failure.problem().code() == "capability_unsupported" => Value::Null,
            account => account?,
        };
        for field in ["storage_used_bytes", "storage_left_bytes"] {
            usage[field] = account[field].clone();
        }
    }
    session.report.show(&usage, || vec![line(&usage)])
}

/// Counts the content of a folder.
///
/// # Errors
/// The gateway's failure.
pub(super) async fn read(gateway: &Gateway, folder: &Folder) -> Result<Value, Failure> {
    gateway.read(&["accounts", &folder.account, "folders", folder.id(gateway).await?, "usage"], &[]).await
}

fn line(usage: &Value) -> String {
    let path = usage["path"].as_str().unwrap_or_default();
    let (folders, files) = (count(usage, "folders"), count(usage, "files"));
    let mut line = format!("{}: {folders}, {files}, {}", escaped(path), bytes(usage));
    if let Some(unreadable) = unreadable(usage) {
        line += &format!("; {unreadable}");
    }
    for (field, what) in [("storage_used_bytes", "used"), ("storage_left_bytes", "left")] {
        if let Some(bytes) = usage[field].as_u64() {
            line += &format!("; {} of the account's storage {what}", size(bytes));
        }
    }
    line
}

/// Formats the content of a folder as a part of a sentence: `2 folders and 10 files (527.1 KiB)`.
pub(super) fn summary(usage: &Value) -> String {
    let mut parts = Vec::new();
    if usage["folders"] != 0 {
        parts.push(count(usage, "folders"));
    }
    if usage["files"] != 0 {
        parts.push(format!("{} ({})", count(usage, "files"), bytes(usage)));
    }
    parts.extend(unreadable(usage));
    if parts.is_empty() { "no content".to_owned() } else { parts.join(" and ") }
}

fn count(usage: &Value, field: &str) -> String {
    counted(usage[field].as_u64().unwrap_or_default(), field.trim_end_matches('s'))
}

fn bytes(usage: &Value) -> String {
    usage["bytes"].as_u64().map_or("unknown size".to_owned(), size)
}

/// Returns the entries that are not counted; `None` if there are none.
fn unreadable(usage: &Value) -> Option<String> {
    let number = usage["unreadable"].as_u64().filter(|number| *number > 0)?;
    Some(format!(
        "{} that cannot be read",
        if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_counted_in_words() {
        let usage = |folders, files, bytes, unreadable| json!({"path": "a:/", "folders": folders, "files": files, "bytes": bytes, "unreadable": unreadable});
        let some = usage(1, 2, Some(2048), 0);
        assert_eq!(
            (line(&some), summary(&some)),
            ("a:/: 1 folder, 2 files, 2.0 KiB".into(), "1 folder and 2 files (2.0 KiB)".into())
        );
        let unknown = usage(0, 1, None, 2);
        assert_eq!(line(&unknown), "a:/: 0 folders, 1 file, unknown size; 2 entries that cannot be read");
        assert_eq!(summary(&unknown), "1 file (unknown size) and 2 entries that cannot be read");
        assert_eq!(summary(&usage(0, 0, Some(0), 0)), "no content");
    }

    #[test]
    fn storage_is_shown_if_the_site_reports_it() {
        let usage = json!({"path": "a:/", "folders": 0, "files": 0, "bytes": 0, "storage_used_bytes": 1024});
        assert_eq!(line(&usage), "a:/: 0 folders, 0 files, 0 B; 1.0 KiB of the account's storage used");
    }
}
