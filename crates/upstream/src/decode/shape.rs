//! Structs are read from maps. Derived code would read an array, too, by the places of its elements, and make of
//! anything an answer whose fields are all unknown.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::drift;
use super::fields::Fields;

/// Reads one value of an answer. Where a struct is asked for, the site must have written a map; an empty one may be
/// written `[]`.
///
/// # Errors
/// Broken JSON, or JSON of another shape.
pub fn value<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    whole(serde_json::Deserializer::from_str(text))
}

pub(super) fn whole<'de, R, T>(mut json: serde_json::Deserializer<R>) -> serde_json::Result<T>
where
    R: serde_json::de::Read<'de>,
    T: Deserialize<'de>,
{
    let value = T::deserialize(StructsAreMaps(&mut json))?;
    json.end()?;
    Ok(value)
}

/// Holds for the value itself, and not for what is inside.
struct StructsAreMaps<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for StructsAreMaps<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(MapOnly { name, fields, visitor })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Inside(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier
    }
}

struct MapOnly<V> {
    name: &'static str,
    fields: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapOnly<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Some(shape) = drift::shape(self.name) else { return self.visitor.visit_map(map) };
        let mut fields = Fields::new(map, shape, self.fields);
        let value = self.visitor.visit_map(&mut fields)?;
        fields.end();
        Ok(value)
    }

    /// PHP writes an empty map so.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<V::Value, A::Error> {
        match seq.next_element::<IgnoredAny>()? {
            Some(_) => Err(de::Error::invalid_type(Unexpected::Seq, &self)),
            None => self.visit_map(MapDeserializer::new(std::iter::empty::<(&str, ())>())),
        }
    }
}

struct Inside<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(StructsAreMaps(deserializer))
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
    fn a_struct_is_read_from_a_map_and_from_no_array_but_the_empty_one() {
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
    fn what_is_no_struct_is_read_as_ever() {
        assert_eq!(value::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
        assert_eq!(value::<String>("\"a\"").unwrap(), "a");
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        assert!(value::<IgnoredAny>(&deep).is_ok());
    }
}
