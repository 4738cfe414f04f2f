//! `polyhost stat`: shows all that the gateway reports about a file, a folder or an account.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::display::{escaped, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::session::Session;
use crate::tree::{Object, Prefer, find};

/// The fields that are shown before the others.
const FIRST: [&str; 5] = ["path", "type", "name", "id", "size"];

/// Runs `polyhost stat`.
pub async fn run(session: &Session, locations: &[Location]) -> Exit {
    let is_later = Cell::new(false);
    session.each(locations, async |location| show(session, location, is_later.replace(true)).await).await
}

async fn show(session: &Session, location: &Location, is_later: bool) -> Result<(), Failure> {
    let mut object = read(session, location).await?;
    object["path"] = json!(location.to_string());
    session.report.show(&object, || {
        let blank = is_later.then(String::new);
        blank.into_iter().chain(lines(&object)).collect()
    })
}

async fn read(session: &Session, location: &Location) -> Result<Value, Failure> {
    let gateway = &session.gateway;
    if location.is_root() {
        return gateway.read(&["accounts", location.account()], &[]).await;
    }
    match find(gateway, location, Prefer::File).await? {
        Object::File(file) => {
            // The file's own answer has more than the listing.
            let answer = gateway.read(&["accounts", &file.account, "files", &file.item.id], &[]).await;
            let mut object = match answer {
                Err(failure) if failure.problem().code() == "capability_unsupported" => file.item.json(),
                answer => answer?,
            };
            complete(&mut object, &file.item.json());
            Ok(object)
        }
        Object::Folder(folder) => {
            gateway.read(&["accounts", &folder.account, "folders", folder.id(gateway).await?], &[]).await
        }
    }
}

/// Fills fields that the site reports only in a listing.
fn complete(object: &mut Value, listed: &Value) {
    let (Some(object), Some(listed)) = (object.as_object_mut(), listed.as_object()) else { return };
    for (field, value) in listed {
        let known = object.entry(field).or_insert(Value::Null);
        if known.is_null() {
            *known = value.clone();
        }
    }
}

/// Formats the fields that have a value.
fn lines(object: &Value) -> Vec<String> {
    let (mut first, others): (Vec<_>, Vec<_>) = object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .partition(|(field, _)| FIRST.contains(&field.as_str()));
    first.sort_by_key(|(field, _)| FIRST.iter().position(|first| first == field));
    first
        .into_iter()
        .chain(others)
        .map(|(field, value)| format!("{:<22} {}", format!("{field}:"), text(field, value)))
        .collect()
}

fn text(field: &str, value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        Value::Array(values) => values.iter().map(|value| text(field, value)).collect::<Vec<_>>().join(", "),
        Value::Number(number) if field.contains("size") || field.contains("bytes") => {
            format!("{number} ({})", number.as_u64().map_or_else(String::new, size))
        }
        other => escaped(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_without_a_value_are_left_out() {
        let file = json!({"id": "1", "name": "a\u{7}", "size": 2048, "md5": null, "tags": ["x", "y"]});
        let lines: Vec<String> =
            lines(&file).iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines, ["name: a\\u{7}", "id: 1", "size: 2048 (2.0 KiB)", "tags: x, y"]);
    }

    #[test]
    fn listing_fills_only_missing_fields() {
        let mut file = json!({"name": "new", "folder_id": null});
        complete(&mut file, &json!({"name": "old", "folder_id": "7", "md5": "x"}));
        assert_eq!(file, json!({"name": "new", "folder_id": "7", "md5": "x"}));
    }
}
