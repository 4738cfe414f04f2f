//! Decodes the file name in a part's `Content-Disposition`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The name of a file, as the form declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum FileName {
    /// The name.
    Readable(String),
    /// The form has a name that cannot be decoded. Contains its fault.
    Unreadable(&'static str),
}

/// Returns the name in `filename*` (RFC 8187), else the one in `filename`; `None` if both are missing or empty.
pub(super) fn read(extended: Option<&[u8]>, plain: Option<&[u8]>) -> Option<FileName> {
    let decoded = extended.and_then(extended_value).filter(|name| !name.is_empty());
    if let Some(name) = decoded {
        return Some(FileName::Readable(name));
    }
    match plain.filter(|plain| !plain.is_empty()) {
        Some(plain) => Some(plain_value(plain)),
        None => extended.filter(|extended| !extended.is_empty()).map(|_| {
            FileName::Unreadable("has a file name in filename* that is not well formed, in UTF-8 or ISO-8859-1")
        }),
    }
}

fn plain_value(value: &[u8]) -> FileName {
    let Ok(text) = std::str::from_utf8(value) else {
        return FileName::Unreadable("has a file name that is not UTF-8");
    };
    if !holds_encoded_word(text) {
        return FileName::Readable(undo_percents(text));
    }
    encoded_words(text).map_or(
        FileName::Unreadable("has a file name with an encoded word (RFC 2047) that cannot be read; use filename*"),
        FileName::Readable,
    )
}

/// Undoes the escapes that browsers use in names: only these three (WHATWG HTML, "multipart/form-data encoding
/// algorithm").
pub(super) fn undo_percents(text: &str) -> String {
    text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Decodes a value such as `UTF-8'en'na%C3%AFve.mp4` (RFC 8187, section 3.2).
fn extended_value(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let (charset, rest) = text.split_once('\'')?;
    let (_language, mut rest) = rest.split_once('\'')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some(first) = rest.bytes().next() {
        let taken = if first == b'%' {
            bytes.push(hexadecimal(rest.get(1..3)?)?);
            3
        } else {
            let is_plain = first.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&first);
            bytes.push(is_plain.then_some(first)?);
            1
        };
        rest = &rest[taken..];
    }
    text_of(charset, bytes)
}

fn hexadecimal(digits: &str) -> Option<u8> {
    let digits = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

fn text_of(charset: &str, bytes: Vec<u8>) -> Option<String> {
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

/// An encoded word of RFC 2047, such as `=?utf-8?B?Y2xpcA==?=`.
struct EncodedWord<'a> {
    charset: &'a str,
    encoding: &'a str,
    text: &'a str,
    /// The text after the word.
    rest: &'a str,
}

impl<'a> EncodedWord<'a> {
    /// Parses the encoded word at the start of a text, even if its encoding is unknown.
    fn at_start(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("=?")?.splitn(4, '?');
        let (charset, encoding, text, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let rest = rest.strip_prefix('=')?;
        let is_token = |text: &str| !text.contains(char::is_whitespace);
        (is_token(charset) && is_token(encoding)).then_some(Self { charset, encoding, text, rest })
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        match self.encoding {
            "b" | "B" => STANDARD.decode(self.text).ok(),
            "q" | "Q" => quoted(self.text),
            _ => None,
        }
    }
}

fn holds_encoded_word(text: &str) -> bool {
    text.match_indices("=?").any(|(at, _)| EncodedWord::at_start(&text[at..]).is_some())
}

/// Decodes a text that consists only of encoded words of one charset. White space between the words is dropped.
fn encoded_words(text: &str) -> Option<String> {
    let mut rest = text.trim();
    let (mut bytes, mut charset) = (Vec::new(), None);
    while !rest.is_empty() {
        let word = EncodedWord::at_start(rest)?;
        // A language may follow the charset (RFC 2231, section 5).
        let own = word.charset.split('*').next()?;
        if !charset.get_or_insert(own).eq_ignore_ascii_case(own) {
            return None;
        }
        bytes.extend(word.bytes()?);
        rest = word.rest.trim_start();
    }
    text_of(charset?, bytes).filter(|name| !name.is_empty())
}

/// Decodes the `Q` encoding (RFC 2047, section 4.2).
fn quoted(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(first) = rest.bytes().next() {
        let (byte, taken) = match first {
            b'=' => (hexadecimal(rest.get(1..3)?)?, 3),
            b'_' => (b' ', 1),
            b'!'..=b'~' => (first, 1),
            _ => return None,
        };
        bytes.push(byte);
        rest = &rest[taken..];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_value_is_decoded_or_unknown() {
        for (value, name) in [
            ("UTF-8''clip.mp4", "clip.mp4"),
            ("utf-8'de'na%C3%AFve%20%22x%22.mp4", "naïve \"x\".mp4"),
            ("iso-8859-1'en'caf%E9.mp4", "café.mp4"),
        ] {
            assert_eq!(extended_value(value.as_bytes()).as_deref(), Some(name), "{value}");
        }
        for value in [
            "",
            "clip.mp4",
            "UTF-8'clip.mp4",
            "UTF-8''%E9",
            "UTF-8''%",
            "UTF-8''%4",
            "UTF-8''%+1",
            "UTF-8''a b",
            "x''a",
            "UTF-8''夏",
        ] {
            assert_eq!(extended_value(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn encoded_words_are_decoded_or_refused() {
        for (value, name) in [
            ("=?utf-8?B?5aSPLm1wNA==?=", "夏.mp4"),
            ("=?UTF-8*en?b?5aSP?= =?utf-8?Q?_a=2Emp4?=", "夏 a.mp4"),
            ("=?utf-8?B?5aQ=?= =?utf-8?B?jy5tcDQ=?=", "夏.mp4"),
            ("=?iso-8859-1?Q?caf=E9.mp4?=", "café.mp4"),
        ] {
            assert_eq!(plain_value(value.as_bytes()), FileName::Readable(name.to_owned()), "{value}");
        }
        for value in [
            "=?utf-8?B?5aSPLm1wNA?=",
            "=?utf-8?B?!?=",
            "=?utf-8?Q?=E9?=",
            "=?utf-8?Q?=E?=",
            "=?utf-8?B??=",
            "=?koi8-r?B?8g==?=",
            "=?utf-8?X?abc?=",
            "=?utf-8?base64?abc?=",
            "=?utf-8??abc?=",
            "=??B?abcd?=",
            "=?utf-8?B?5aSP?= =?iso-8859-1?Q?a?=",
            "a =?utf-8?B?5aSP?=.mp4",
            "=?utf-8?B?5aSP?=.mp4",
        ] {
            assert!(matches!(plain_value(value.as_bytes()), FileName::Unreadable(_)), "{value}");
        }
        for name in ["=?.mp4", "what=?b?.mp4", "=?utf-8?B?abcd", "why =? a?b c?d?=.mp4", "a=?=.mp4"] {
            assert_eq!(plain_value(name.as_bytes()), FileName::Readable(name.to_owned()), "{name}");
        }
    }
}
