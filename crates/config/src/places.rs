//! The places of tables, keys and items in the text of a configuration.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The places in one table. It is empty if the place of the table is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Places<'a> {
    keys: Option<&'a DeTable<'a>>,
    /// The offset of the table's header.
    header: Option<usize>,
}

impl<'a> Places<'a> {
    /// Returns the places in a whole file.
    pub(crate) fn root(file: &'a DeTable<'a>) -> Self {
        Self { keys: Some(file), header: None }
    }

    /// Returns the offset of the table.
    pub(crate) fn table(self) -> Option<usize> {
        self.header
    }

    /// Returns the offset of a key. If the key is missing, returns that of its table.
    pub(crate) fn of(self, key: &str) -> Option<usize> {
        // A dotted name means a key of a table that is a value, such as `otlp_headers.Authorization`.
        let found = self.key(key).or_else(|| self.key(key.split_once('.')?.0));
        found.or(self.header)
    }

    /// Returns the offset of an item of a list.
    pub(crate) fn of_item(self, key: &str, item: usize) -> Option<usize> {
        Some(self.item(key, item)?.span().start)
    }

    /// Returns the places in the table that is the value of a key.
    pub(crate) fn below(self, key: &str) -> Self {
        let value = self.keys.and_then(|keys| keys.get(key));
        value.map_or(self, |value| Self::in_value(value, self.of(key)))
    }

    /// Returns the places in a table of a list.
    pub(crate) fn below_item(self, key: &str, item: usize) -> Self {
        self.item(key, item).map_or(self, |value| Self::in_value(value, Some(value.span().start)))
    }

    fn in_value(value: &'a Spanned<DeValue<'a>>, header: Option<usize>) -> Self {
        match value.get_ref() {
            // The value of `[table]` begins at its bracket; that of `key = {}` belongs to its key.
            DeValue::Table(keys) => Self { keys: Some(keys), header: header.map(|key| key.min(value.span().start)) },
            _ => Self { keys: None, header },
        }
    }

    fn key(self, key: &str) -> Option<usize> {
        self.keys?.get_key_value(key).map(|(key, _)| key.span().start)
    }

    fn item(self, key: &str, item: usize) -> Option<&'a Spanned<DeValue<'a>>> {
        self.keys?.get(key)?.get_ref().as_array()?.get(item)
    }
}
