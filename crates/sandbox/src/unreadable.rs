//! Malformed entries of a listing: duplicate keys, names that are not UTF-8, missing ids, and duplicate entries.
//!
//! `serde_json::Value` can hold neither a duplicate key nor invalid UTF-8. Entries have a placeholder instead, which
//! [`written`] replaces in the text of the answer.

use serde_json::Value;

/// A way in which an entry of a listing is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The key of the size (for a folder: of the name) appears twice, with the same value.
    DoubledKey,
    /// The name ends in a byte that is not UTF-8.
    InvalidUtf8,
    /// No field has the entry's id or a link that contains it.
    MissingId,
    /// The entry is listed twice.
    Repeated,
}

/// The fields of an entry that are made malformed.
pub(crate) struct Keys {
    pub(crate) doubled: &'static str,
    pub(crate) name: &'static str,
    /// The id, and the links that contain it.
    pub(crate) ids: &'static [&'static str],
}

/// The placeholder at the end of a duplicate key. It is a private-use character, which no name of the simulator has.
const DOUBLED: &str = "\u{F8F0}";
/// The placeholder for the invalid byte.
const INVALID: &str = "\u{F8F1}";

/// Applies each kind to one entry, in the order given. The entries are pairs of an id and its row.
pub(crate) fn spoil(kinds: &[Unreadable], entries: &mut Vec<(String, Value)>, keys: &Keys) {
    let mut repeated = Vec::new();
    for (kind, entry) in kinds.iter().zip(entries.iter_mut()) {
        match kind {
            Unreadable::DoubledKey => {
                let value = entry.1[keys.doubled].clone();
                entry.1[format!("{}{DOUBLED}", keys.doubled)] = value;
            }
            Unreadable::InvalidUtf8 => {
                let name = entry.1[keys.name].as_str().unwrap_or_default();
                entry.1[keys.name] = Value::from(format!("{name}{INVALID}"));
            }
            Unreadable::MissingId => {
                entry.0 = String::new();
                if let Some(fields) = entry.1.as_object_mut() {
                    fields.retain(|name, _| !keys.ids.contains(&name.as_str()));
                }
            }
            Unreadable::Repeated => repeated.push(entry.clone()),
        }
    }
    entries.extend(repeated);
}

/// Returns the bytes of an answer, with the placeholders replaced.
pub(crate) fn written(answer: &Value) -> Vec<u8> {
    let text = answer.to_string().replace(DOUBLED, "");
    let mut bytes = Vec::with_capacity(text.len());
    for (number, part) in text.split(INVALID).enumerate() {
        if number > 0 {
            bytes.push(0xFF);
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Keys, Unreadable, spoil, written};

    #[test]
    fn each_kind_affects_one_entry() {
        let keys = Keys { doubled: "size", name: "name", ids: &["id"] };
        let row = |id: &str| (id.to_owned(), json!({"id": id, "name": "a", "size": 3}));
        let mut entries = ["1", "2", "3", "4"].map(row).to_vec();
        let kinds = [Unreadable::DoubledKey, Unreadable::InvalidUtf8, Unreadable::MissingId, Unreadable::Repeated];
        spoil(&kinds, &mut entries, &keys);
        let text = |index: usize| written(&entries[index].1);
        assert_eq!(text(0), br#"{"id":"1","name":"a","size":3,"size":3}"#);
        assert_eq!(text(1), b"{\"id\":\"2\",\"name\":\"a\xFF\",\"size\":3}");
        assert_eq!(text(2), br#"{"name":"a","size":3}"#);
        assert_eq!((entries.len(), &entries[3]), (5, &entries[4]));
    }
}
