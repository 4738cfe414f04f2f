//! Lists. A site's own language decides whether a list is an array, a map by id, or an array of maps of one key;
//! and an empty map is written `[]`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::drift;

/// A list in any of the ways in which sites write one. An entry that cannot be read is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T> {
    /// The entries in the site's order, each with its key where the site gave one.
    pub items: Vec<(Option<String>, T)>,
    /// How many entries could not be read.
    pub skipped: usize,
    /// Whether there was a list at all, and not `null`, `false`, a text or a number in its place.
    pub given: bool,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { items: Vec::new(), skipped: 0, given: false }
    }
}

impl<T: DeserializeOwned> Entries<T> {
    fn none() -> Self {
        drift::unusable();
        Self::default()
    }

    fn push(&mut self, key: Option<String>, raw: &RawValue) {
        match super::value(raw.get()) {
            Ok(entry) => self.items.push((key, entry)),
            Err(_) => {
                self.skipped += 1;
                drift::unusable();
            }
        }
    }

    /// An element of an array: an entry, or a map of one key that holds it.
    fn push_element(&mut self, raw: &RawValue) {
        match serde_json::from_str(raw.get()) {
            Ok(Wrapped(Some((key, inner)))) => self.push(Some(key), inner),
            _ => self.push(None, raw),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyList(PhantomData))
    }
}

struct AnyList<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for AnyList<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries { given: true, ..Entries::default() };
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            entries.push_element(raw);
        }
        Ok(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries { given: true, ..Entries::default() };
        while let Some((key, raw)) = map.next_entry::<String, &RawValue>()? {
            entries.push(Some(key), raw);
        }
        Ok(entries)
    }

    // No list at all: `null`, `false`, `""`.
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Entries::none())
    }
}

/// A map of exactly one key, whose value is itself a map: the key and that map.
struct Wrapped<'de>(Option<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for Wrapped<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneKey)
    }
}

struct OneKey;

impl<'de> Visitor<'de> for OneKey {
    type Value = Wrapped<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let first = map.next_entry::<String, &'de RawValue>()?;
        let mut alone = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            alone = false;
        }
        Ok(Wrapped(first.filter(|(_, raw)| alone && raw.get().starts_with('{'))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        name: String,
    }

    fn read(json: &str) -> (Vec<(Option<String>, String)>, usize) {
        let entries: Entries<Named> = serde_json::from_str(json).unwrap();
        (entries.items.into_iter().map(|(key, named)| (key, named.name)).collect(), entries.skipped)
    }

    fn keyed(pairs: &[(&str, &str)]) -> Vec<(Option<String>, String)> {
        pairs.iter().map(|(key, name)| (Some((*key).to_owned()), (*name).to_owned())).collect()
    }

    #[test]
    fn every_shape_of_list_is_read_in_its_order() {
        let pairs = keyed(&[("b", "B"), ("a", "A")]);
        assert_eq!(read(r#"{"b": {"name": "B"}, "a": {"name": "A"}}"#), (pairs.clone(), 0));
        assert_eq!(read(r#"[{"b": {"name": "B"}}, {"a": {"name": "A"}}]"#), (pairs, 0));
        assert_eq!(read(r#"[{"name": "B"}]"#), (vec![(None, "B".into())], 0));
        assert_eq!(read(r#"[{"name": "B", "inner": {"x": 1}}]"#), (vec![(None, "B".into())], 0));
    }

    #[test]
    fn an_empty_list_is_written_in_many_ways() {
        for nothing in ["[]", "{}", "null", "false", "\"\"", "0"] {
            assert_eq!(read(nothing), (vec![], 0), "{nothing}");
            let entries: Entries<Named> = serde_json::from_str(nothing).unwrap();
            assert_eq!(entries.given, matches!(nothing, "[]" | "{}"), "{nothing}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_spoils_no_other() {
        assert_eq!(read(r#"{"x": 1, "a": {"name": "A"}}"#), (keyed(&[("a", "A")]), 1));
        assert_eq!(read(r#"["x", null, {"name": "A"}, {"y": {"name": 5}}]"#), (vec![(None, "A".into())], 3));
    }
}
