//! Reads structs from maps only. Derived code would also read a struct from an array, by the positions of its elements.
//! Then garbage would be read as an answer whose fields are all unknown.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::drift;
use super::fields::Fields;
use super::sift::{Repaired, Sifted};

/// Reads one value of an answer. If `T` is a struct, the value must be a map; an empty one may be written `[]`. Fields
/// that cannot be read are left out.
///
/// # Errors
/// Broken JSON, or JSON of another shape.
pub fn value<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let first = drift::attempt(|| read(text, Reading::Plain));
    match text.trim_start().as_bytes().first() {
        Some(b'{') => first.or_else(|_| drift::attempt(|| read(text, Reading::Sifted))),
        Some(b'"') => first.or_else(|error| T::deserialize(Repaired(text)).map_err(|_| error)),
        _ => first,
    }
}

/// Returns whether the value is an empty list or map. PHP may write either for both.
#[must_use]
pub fn is_empty(text: &str) -> bool {
    let text = text.trim();
    let inside = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    inside('[', ']').or_else(|| inside('{', '}')).is_some_and(|inside| inside.trim().is_empty())
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, reading: Reading) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(StructsAreMaps { json: &mut json, reading })?;
    json.end()?;
    Ok(value)
}

/// The mode of reading a struct's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All fields. Fails at the first that cannot be read.
    Plain,
    /// Only the fields that can be read.
    Sifted,
}

/// A deserializer that reads a struct from a map only. This applies to the value itself, not to values inside it.
struct StructsAreMaps<D> {
    json: D,
    reading: Reading,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for StructsAreMaps<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.json.deserialize_any(MapOnly { name, fields, visitor, reading: self.reading })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_option(Inside { visitor, reading: self.reading })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_ignored_any(visitor)
    }

    /// Passes through, because serde_json's `RawValue` is read as a newtype struct.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map enum identifier
    }
}

struct MapOnly<V> {
    name: &'static str,
    fields: &'static [&'static str],
    visitor: V,
    reading: Reading,
}

impl<V> MapOnly<V> {
    /// Reads the fields. `seen` has a bit for each field that is in the answer but was removed from `map`.
    fn fields<'de, A: MapAccess<'de>>(self, map: A, seen: u64) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
    {
        let Some(shape) = drift::shape(self.name) else { return self.visitor.visit_map(map) };
        let mut fields = Fields::new(map, shape, self.fields, seen);
        let value = self.visitor.visit_map(&mut fields)?;
        fields.end();
        Ok(value)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapOnly<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        match self.reading {
            Reading::Plain => self.fields(map, 0),
            Reading::Sifted => {
                let (map, unreadable) = Sifted::of(map, self.fields)?;
                self.fields(map, unreadable)
            }
        }
    }

    /// Accepts an empty array, because PHP writes an empty map like that.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<V::Value, A::Error> {
        match seq.next_element::<IgnoredAny>()? {
            Some(_) => Err(de::Error::invalid_type(Unexpected::Seq, &self)),
            None => self.fields(MapDeserializer::new(std::iter::empty::<(&str, ())>()), 0),
        }
    }
}

struct Inside<V> {
    visitor: V,
    reading: Reading,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(StructsAreMaps { json: deserializer, reading: self.reading })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Wire {
        id: Option<String>,
        name: Option<String>,
    }

    #[test]
    fn struct_is_read_from_a_map_or_an_empty_array_only() {
        let wire = Wire { id: Some("7".into()), name: None };
        assert_eq!(value::<Wire>(r#" {"id": "7", "odd": [1]} "#).unwrap(), wire);
        assert_eq!(value::<Option<Wire>>(r#"{"id": "7"}"#).unwrap(), Some(wire));
        for empty in ["[]", "{}", " [ ] "] {
            assert_eq!(value::<Wire>(empty).unwrap(), Wire::default(), "{empty}");
        }
        assert_eq!(value::<Option<Wire>>("[]").unwrap(), Some(Wire::default()));
        assert_eq!(value::<Option<Wire>>("null").unwrap(), None);
        for other in [r#"["7", "a"]"#, "[null]", "[[]]", "[{}]", "null", "true", "7", "\"7\"", "{} {}", "{"] {
            assert!(value::<Wire>(other).is_err(), "{other}");
        }
        assert!(value::<Option<Wire>>(r#"["7"]"#).is_err());
    }

    #[test]
    fn empty_list_or_map_is_empty_in_every_notation() {
        assert!(["[]", "{}", " [ ] ", "{ \n }"].into_iter().all(is_empty));
        assert!(!["[1]", "[}", "", "null", "[", r#"{"a": 1}"#].into_iter().any(is_empty));
    }

    #[test]
    fn values_other_than_structs_are_read_as_usual() {
        assert_eq!(value::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
        assert_eq!(value::<String>("\"a\"").unwrap(), "a");
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        assert!(value::<IgnoredAny>(&deep).is_ok());
    }
}
