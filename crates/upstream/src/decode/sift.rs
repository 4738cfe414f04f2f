//! The second attempt to read a struct, after the first has failed: it reads only the fields that can be read. A
//! duplicate field is left out, because it is ambiguous. A number that is too large for any type is left out too. In
//! texts, U+FFFD replaces invalid characters.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::vec;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::any_text::AnyText;
use super::drift;
use super::fields::bit;

/// The readable fields of a map.
pub(super) struct Sifted<'de, E> {
    fields: vec::IntoIter<(&'static str, &'de RawValue)>,
    next: Option<&'de RawValue>,
    error: PhantomData<E>,
}

impl<'de, E: serde::de::Error> Sifted<'de, E> {
    /// Returns the readable fields of a map, and a bit for the index of each field that is present but not readable.
    pub(super) fn of<A: MapAccess<'de, Error = E>>(
        mut map: A,
        fields: &'static [&'static str],
    ) -> Result<(Self, u64), E> {
        let (mut found, mut seen, mut unreadable) = (Vec::with_capacity(fields.len()), 0, 0);
        while let Some(AnyText(key)) = map.next_key()? {
            let Some(place) = fields.iter().position(|known| *known == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw: &RawValue = map.next_value()?;
            if seen & bit(place) != 0 {
                unreadable |= bit(place);
            } else {
                seen |= bit(place);
                found.push((place, raw));
            }
        }
        found.retain(|(place, raw)| {
            if !is_readable(raw.get()) {
                unreadable |= bit(*place);
            }
            unreadable & bit(*place) == 0
        });
        fields.iter().enumerate().filter(|(place, _)| unreadable & bit(*place) != 0).for_each(|(_, field)| {
            drift::unusable_in(field);
        });
        let found: Vec<_> = found.into_iter().filter_map(|(place, raw)| Some((*fields.get(place)?, raw))).collect();
        Ok((Self { fields: found.into_iter(), next: None, error: PhantomData }, unreadable))
    }
}

/// Returns whether a value is readable. Only numbers are checked: lists are checked entry by entry when they are read,
/// and texts are repaired.
fn is_readable(text: &str) -> bool {
    !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) || serde_json::from_str::<f64>(text).is_ok()
}

impl<'de, E: serde::de::Error> MapAccess<'de> for Sifted<'de, E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        let Some((field, raw)) = self.fields.next() else { return Ok(None) };
        self.next = Some(raw);
        seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, E> {
        let raw = self.next.take().map_or("null", RawValue::get);
        seed.deserialize(Repaired(raw)).map_err(E::custom)
    }
}

/// A value whose text is read even if its escapes are invalid characters, such as half a surrogate pair.
pub(super) struct Repaired<'de>(pub(super) &'de str);

impl<'de> Repaired<'de> {
    fn json(&self) -> serde_json::Deserializer<serde_json::de::StrRead<'de>> {
        serde_json::Deserializer::from_str(self.0)
    }
}

impl<'de> Deserializer<'de> for Repaired<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        if !self.0.starts_with('"') {
            return self.json().deserialize_any(visitor);
        }
        match serde_json::from_str(self.0)? {
            AnyText(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            AnyText(Cow::Owned(text)) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        if self.0 == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// Passes through, because serde_json's `RawValue` is read as a newtype struct.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        self.json().deserialize_newtype_struct(name, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::{lenient, value};
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wire {
        #[serde(default, deserialize_with = "lenient")]
        name: Option<String>,
        #[serde(default, deserialize_with = "lenient")]
        size: Option<u64>,
    }

    fn read(json: &str) -> (Option<String>, Option<u64>) {
        let wire: Wire = value(json).unwrap();
        (wire.name, wire.size)
    }

    #[test]
    fn duplicate_field_is_left_out() {
        let name = Some("a".to_owned());
        assert_eq!(read(r#"{"name": "a", "size": 1, "size": 2}"#), (name.clone(), None));
        assert_eq!(read(r#"{"size": 1, "name": "a", "size": 1, "x": 1, "x": 2}"#), (name.clone(), None));
        assert_eq!(read(r#"{"name": "a", "size": 7, "name": "a"}"#), (None, Some(7)));
        assert_eq!(read(r#"{"name": "a", "size": 7, "odd": 1, "odd": 2}"#), (name, Some(7)));
    }

    #[test]
    fn number_that_is_too_large_is_left_out() {
        assert_eq!(read(r#"{"name": "a", "size": 1e999}"#), (Some("a".into()), None));
        assert_eq!(read(r#"{"name": -1e999, "size": 5}"#), (None, Some(5)));
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        let (name, size) = read(r#"{"name": "a\ud83d b\u00e9\n", "size": "5"}"#);
        assert_eq!((name.unwrap().replace("\u{fffd}", ""), size), ("a bé\n".to_owned(), Some(5)));
        let word: super::AnyText<'_> = serde_json::from_str(r#""a\udc00""#).unwrap();
        assert!(word.0.starts_with("a\u{fffd}"));
    }

    #[test]
    fn broken_json_is_not_read_by_the_second_attempt() {
        for broken in [r#"{"name": "a", "size": 1, "size""#, r#"{"size": 1, "size": }"#, "[1, 1]", r#"{"name": "\x"}"#]
        {
            assert!(value::<Wire>(broken).is_err(), "{broken}");
        }
    }
}
