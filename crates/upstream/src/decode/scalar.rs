//! Single values: numbers written as text, text written as numbers, and `false`, `null` or `""` for no value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::drift;

/// A type that can be read from any JSON scalar that a site writes for it.
pub trait Scalar: Sized {
    /// Converts a non-empty text.
    fn from_text(text: &str) -> Option<Self>;
    /// Converts an owned text, which need not be copied. The default calls [`Scalar::from_text`].
    fn from_owned(text: String) -> Option<Self> {
        Self::from_text(&text)
    }
    /// Converts an integer.
    fn from_integer(number: i128) -> Option<Self>;
    /// Converts any other number.
    fn from_float(number: f64) -> Option<Self>;
    /// Converts true or false. For all types but flags they mean "no value".
    fn from_flag(_flag: bool) -> Option<Self> {
        None
    }
}

/// Reads a value. Returns `None` if there is no value, or if it is of another type.
///
/// # Errors
/// Only if the JSON itself is broken.
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
        // `false` may be the site's notation for "no value", so it is no drift.
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

/// Returns the value, and notes drift if the value that the site has written could not be converted.
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

/// The longest text for people that is stored, in bytes. At most 300 characters of it are shown. The margin ensures
/// that the cut never splits a secret in the part that is shown, where it could no longer be masked.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// A text for people. A text that is much longer than its displayed part is truncated.
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
        // The integer part, if a float represents it exactly.
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
    fn missing_value_is_read_in_every_notation() {
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
