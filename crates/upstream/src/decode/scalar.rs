//! Single values: numbers as text, text as numbers, and `false`, `null` or `""` for nothing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::drift;

/// A type that can be read from whatever a site writes for it.
pub trait Scalar: Sized {
    /// From a text that is not empty.
    fn from_text(text: &str) -> Option<Self>;
    /// From a text that may be kept. The default reads it.
    fn from_owned(text: String) -> Option<Self> {
        Self::from_text(&text)
    }
    /// From a number that is no fraction and fits.
    fn from_integer(number: i128) -> Option<Self>;
    /// From any other number.
    fn from_float(number: f64) -> Option<Self>;
    /// From true or false. Elsewhere than for flags these are how a site says "nothing".
    fn from_flag(_flag: bool) -> Option<Self> {
        None
    }
}

/// Reads a value, or `None` where there is none or it is of another type.
///
/// # Errors
/// Only where the JSON itself is broken.
pub fn lenient<'de, D: Deserializer<'de>, T: Scalar>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Lenient(PhantomData))
}

struct Lenient<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for Lenient<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(if text.is_empty() { None } else { used(T::from_text(text)) })
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(if text.is_empty() { None } else { used(T::from_owned(text)) })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(used(T::from_integer(number.into())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(used(T::from_integer(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(used(Some(number).filter(|number| number.is_finite()).and_then(T::from_float)))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        let value = T::from_flag(flag);
        // False is how a site says "nothing".
        Ok(if flag { used(value) } else { value })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut is_empty = true;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(if is_empty { None } else { used(None) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut is_empty = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(if is_empty { None } else { used(None) })
    }
}

/// A value, noted where the site has written one and it cannot be used.
fn used<T>(value: Option<T>) -> Option<T> {
    if value.is_none() {
        drift::unusable();
    }
    value
}

impl Scalar for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_owned(text: String) -> Option<Self> {
        Some(text)
    }

    fn from_integer(number: i128) -> Option<Self> {
        Some(number.to_string())
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(number.to_string())
    }
}

/// The longest text for people that is kept, in bytes. At most 300 characters of it are ever shown; so much more is kept
/// that no secret is cut in two where it could be seen.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// A text for people. One that is longer than could be shown is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(pub String);

impl Scalar for Message {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.get(..text.floor_char_boundary(LONGEST_MESSAGE)).unwrap_or(text).to_owned()))
    }

    fn from_integer(number: i128) -> Option<Self> {
        String::from_integer(number).map(Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        String::from_float(number).map(Self)
    }
}

impl Scalar for f64 {
    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|number: &Self| number.is_finite())
    }

    fn from_integer(number: i128) -> Option<Self> {
        #[allow(clippy::cast_precision_loss, reason = "a percentage or a rate needs no 53rd bit")]
        Some(number as Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl Scalar for i64 {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse().ok().or_else(|| f64::from_text(text).and_then(Self::from_float))
    }

    fn from_integer(number: i128) -> Option<Self> {
        number.try_into().ok()
    }

    fn from_float(number: f64) -> Option<Self> {
        // The float's own integer part, where it has an exact one.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
        (number.abs() <= EXACT).then(|| number.trunc() as Self)
    }
}

impl Scalar for u64 {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse().ok().or_else(|| i64::from_text(text).and_then(|number| number.try_into().ok()))
    }

    fn from_integer(number: i128) -> Option<Self> {
        number.try_into().ok()
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).and_then(|number| number.try_into().ok())
    }
}

impl Scalar for bool {
    fn from_text(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    fn from_integer(number: i128) -> Option<Self> {
        match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).and_then(|number| Self::from_integer(number.into()))
    }

    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Scalar>(json: &str) -> Option<T> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let value = lenient(&mut deserializer).unwrap();
        deserializer.end().unwrap();
        value
    }

    #[test]
    fn nothing_is_written_in_many_ways() {
        for nothing in ["null", "\"\"", "[]", "{}", "[1, {\"a\": 2}]", "{\"a\": [1]}"] {
            assert_eq!(read::<String>(nothing), None, "{nothing}");
            assert_eq!(read::<u64>(nothing), None, "{nothing}");
            assert_eq!(read::<f64>(nothing), None, "{nothing}");
            assert_eq!(read::<bool>(nothing), None, "{nothing}");
        }
        assert_eq!(read::<String>("false"), None);
        assert_eq!(read::<u64>("false"), None);
    }

    #[test]
    fn numbers_are_read_from_text_and_floats() {
        for (json, number) in [("7", 7), ("\"7\"", 7), ("\" 7 \"", 7), ("7.0", 7), ("\"7.9\"", 7), ("1e3", 1000)] {
            assert_eq!(read::<u64>(json), Some(number), "{json}");
            assert_eq!(read::<i64>(json), i64::try_from(number).ok(), "{json}");
        }
        assert_eq!(read::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read::<u64>("\"18446744073709551615\""), Some(u64::MAX));
        for bad in ["-1", "\"-1\"", "\"many\"", "1e300", "\"NaN\"", "\"1e400\""] {
            assert_eq!(read::<u64>(bad), None, "{bad}");
        }
        assert_eq!(read::<i64>("-1"), Some(-1));
        assert_eq!(read::<f64>("\"78.41\""), Some(78.41));
        assert_eq!(read::<f64>("\"inf\""), None);
    }

    #[test]
    fn texts_are_read_from_numbers() {
        assert_eq!(read::<String>("24").as_deref(), Some("24"));
        assert_eq!(read::<String>("24.0").as_deref(), Some("24"));
        assert_eq!(read::<String>("\"a\\u00e9\\n\"").as_deref(), Some("aé\n"));
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let message = |text: String| read::<Message>(&format!("\"{text}\"")).unwrap().0;
        assert_eq!(message("short".to_owned()), "short");
        let cut = message("é".repeat(LONGEST_MESSAGE));
        assert_eq!((cut.len(), cut.trim_end_matches('é')), (LONGEST_MESSAGE, ""));
    }

    #[test]
    fn flags_are_read_from_words_and_digits() {
        for yes in ["true", "1", "\"1\"", "\"True\"", "\"yes\"", "1.0"] {
            assert_eq!(read::<bool>(yes), Some(true), "{yes}");
        }
        for no in ["false", "0", "\"0\"", "\"off\""] {
            assert_eq!(read::<bool>(no), Some(false), "{no}");
        }
        assert_eq!(read::<bool>("2"), None);
        assert_eq!(read::<bool>("\"maybe\""), None);
    }
}
