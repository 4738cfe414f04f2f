//! A file or folder of a listing, with the fields that commands use.

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Deserialize;
use serde_json::Value;

use crate::digest::Digests;

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
}

/// A file or folder at an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// The name, or the id if the item has no name.
    pub(crate) name: String,
    /// The size; `None` if it is not known. Sites also report an unknown size as 0.
    pub(crate) size: Option<u64>,
    pub(crate) digests: Digests,
    /// Whether the file is stored and can be used, as far as the site reports.
    pub(crate) is_usable: bool,
    /// The item as the gateway describes it; empty if nothing needs it. The text takes less memory than the parsed
    /// value.
    json: Box<str>,
}

/// The fields of an item that commands use. Without the others, a listing takes little memory.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    name: Option<String>,
    size: Option<u64>,
    sha1: Option<String>,
    md5: Option<String>,
    status: Option<String>,
}

impl Item {
    /// Reads an item; `None` if it has no id.
    pub(crate) fn read(json: &Value) -> Option<Self> {
        let item = Fields::deserialize(json).ok()?.item()?;
        Some(Self { json: json.to_string().into_boxed_str(), ..item })
    }

    /// Creates the item of a file at a site that cannot describe single files.
    pub(crate) fn undescribed(id: &str) -> Self {
        Self {
            kind: Kind::File,
            id: id.to_owned(),
            name: id.to_owned(),
            size: None,
            digests: Digests::default(),
            is_usable: true,
            json: Box::default(),
        }
    }

    /// Returns the item as the gateway describes it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// Returns the name in the form in which names are compared.
    pub(crate) fn key(&self) -> String {
        name_key(&self.name)
    }
}

impl Fields {
    /// Returns the item, without its JSON; `None` if it has no id.
    pub(crate) fn item(self) -> Option<Item> {
        let digest = |text: Option<String>| text.map(|text| text.to_ascii_lowercase().into_boxed_str());
        let id = self.id?;
        Some(Item {
            kind: if self.kind.as_deref() == Some("folder") { Kind::Folder } else { Kind::File },
            name: self.name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone()),
            size: self.size.filter(|size| *size > 0),
            digests: Digests { sha1: digest(self.sha1), md5: digest(self.md5) },
            is_usable: !matches!(self.status.as_deref(), Some("failed" | "trashed" | "deleted" | "suspended")),
            json: Box::default(),
            id,
        })
    }
}

/// Returns a name in Unicode's composed form. Sites and systems store the same name in different forms.
pub(crate) fn name_key(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_name_and_size_are_distinguished_from_known_ones() {
        let item = Item::read(&json!({"type": "file", "id": "x7", "name": null, "size": 0})).unwrap();
        assert_eq!((item.name.as_str(), item.size, item.kind), ("x7", None, Kind::File));
        let item = Item::read(&json!({"type": "folder", "id": "1", "name": "a"})).unwrap();
        assert_eq!((item.kind, item.json()["name"].clone()), (Kind::Folder, json!("a")));
        assert_eq!(Item::read(&json!({"type": "file"})), None);
    }

    #[test]
    fn file_with_a_bad_status_is_not_usable() {
        let is_usable = |status| Item::read(&json!({"id": "1", "status": status})).unwrap().is_usable;
        for status in ["failed", "trashed", "deleted", "suspended"] {
            assert!(!is_usable(status), "{status}");
        }
        assert!(is_usable("active") && is_usable("processing") && is_usable("unknown"));
    }

    #[test]
    fn composed_and_decomposed_names_are_equal() {
        assert_eq!(name_key("E\u{301}te\u{301}.mp4"), name_key("\u{c9}t\u{e9}.mp4"));
        assert_ne!(name_key("a.mp4"), name_key("A.mp4"));
    }
}
