//! `polyhost usage`: counts the content of folders, and shows the storage of accounts.

use serde_json::{Value, json};

use crate::display::size;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::session::Session;
use crate::tree::find_folder;

/// Runs `polyhost usage`.
pub async fn run(session: &Session, locations: &[Location]) -> Exit {
    session.each(locations, async |location| show(session, location).await).await
}

async fn show(session: &Session, location: &Location) -> Result<(), Failure> {
    let gateway = &session.gateway;
    let folder = find_folder(gateway, location).await?;
    let id = folder.id(gateway).await?;
    let mut usage = gateway.read(&["accounts", &folder.account, "folders", id, "usage"], &[]).await?;
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

fn line(usage: &Value) -> String {
    let path = usage["path"].as_str().unwrap_or_default();
    let mut line = format!("{}: {}", crate::display::escaped(path), content(usage));
    for (field, what) in [("storage_used_bytes", "used"), ("storage_left_bytes", "left")] {
        if let Some(bytes) = usage[field].as_u64() {
            line += &format!("; {} of the account's storage {what}", size(bytes));
        }
    }
    line
}

/// Formats the content of a folder: `2 folders, 10 files, 527.1 KiB`.
pub(super) fn content(usage: &Value) -> String {
    let count = |field: &str| {
        let number = usage[field].as_u64().unwrap_or_default();
        format!("{number} {}", if number == 1 { field.trim_end_matches('s') } else { field })
    };
    let bytes = usage["bytes"].as_u64().map_or("unknown size".to_owned(), size);
    format!("{}, {}, {bytes}", count("folders"), count("files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_counted_in_words() {
        assert_eq!(content(&json!({"folders": 1, "files": 2, "bytes": 2048})), "1 folder, 2 files, 2.0 KiB");
        assert_eq!(content(&json!({"folders": 0, "files": 1, "bytes": null})), "0 folders, 1 file, unknown size");
    }

    #[test]
    fn storage_is_shown_if_the_site_reports_it() {
        let usage = json!({"path": "a:/", "folders": 0, "files": 0, "bytes": 0, "storage_used_bytes": 1024});
        assert_eq!(line(&usage), "a:/: 0 folders, 0 files, 0 B; 1.0 KiB of the account's storage used");
    }
}
