//! Compares the fields of a structure with its documentation while they are read.

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess};

use super::any_text::AnyText;
use super::drift::{self, Shape};

/// A map that is read into a structure with a documented shape.
pub(super) struct Fields<A> {
    map: A,
    shape: &'static Shape,
    /// The fields of the wire struct, by the site's names.
    fields: &'static [&'static str],
    /// A bit for each of `fields` that was seen.
    seen: u64,
    /// The field that contains the structure.
    outer: Option<&'static str>,
}

impl<A> Fields<A> {
    /// Wraps a map. `seen` has a bit for each field that is in the answer but was removed from `map`.
    pub(super) fn new(map: A, shape: &'static Shape, fields: &'static [&'static str], seen: u64) -> Self {
        Self { map, shape, fields, seen, outer: None }
    }

    /// Notes the missing fields.
    pub(super) fn end(self) {
        let is_seen = |field: &str| self.place(field).is_some_and(|place| self.seen & bit(place) != 0);
        self.shape.always.iter().filter(|field| !is_seen(field)).for_each(|field| drift::missing(field));
    }

    fn place(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|known| *known == field)
    }

    fn see(&mut self, key: &str) {
        match self.place(key) {
            Some(place) => {
                self.seen |= bit(place);
                let before = self.fields.get(place).and_then(|field| drift::enter(field));
                self.outer = self.outer.or(before);
            }
            None if self.shape.unread.is_some_and(|unread| !unread.contains(&key)) => drift::new(),
            None => {}
        }
    }
}

impl<A> Drop for Fields<A> {
    fn drop(&mut self) {
        if let Some(outer) = self.outer {
            drift::enter(outer);
        }
    }
}

/// Returns the bit of a field. No structure has more than 64 fields.
pub(super) fn bit(place: usize) -> u64 {
    1_u64.wrapping_shl(u32::try_from(place).unwrap_or_default())
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for &mut Fields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(AnyText(key)) = self.map.next_key()? else { return Ok(None) };
        self.see(&key);
        seed.deserialize(key.as_ref().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
