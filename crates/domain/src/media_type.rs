//! Media types, as callers and sites write them.

use std::str::FromStr;

/// A media type (RFC 9110, section 8.3.1), such as `video/mp4; codecs="avc1"`.
///
/// Some browsers send malformed parameters (`video/webm;codecs=vp8,opus`). The parser then drops all parameters and
/// keeps the type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(String);

/// The error for a text that is not a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a media type")]
pub struct InvalidMediaType;

impl MediaType {
    /// Returns the text as a media type; `None` if there is no text, or it is not a media type.
    #[must_use]
    pub fn known(text: Option<&str>) -> Option<String> {
        text?.parse::<Self>().ok().map(Self::into)
    }

    /// Returns the media type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the type and the subtype, without parameters.
    #[must_use]
    pub fn essence(&self) -> &str {
        self.0.split(';').next().unwrap_or_default().trim_end()
    }

    /// Returns whether the type and the subtype are `essence` (such as `message/partial`), ignoring case.
    #[must_use]
    pub fn is(&self, essence: &str) -> bool {
        self.essence().eq_ignore_ascii_case(essence)
    }

    /// Returns whether the type is `name` (such as `multipart`), ignoring case.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        self.essence().split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// Returns the values of a parameter, without quotes. A well-formed media type has each parameter at most once.
    pub fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let mut rest = &self.0[self.essence().len()..];
        let all = std::iter::from_fn(move || {
            let (parameter, left) = parameter(rest)?;
            rest = left;
            Some(parameter)
        });
        all.flatten().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl From<MediaType> for String {
    fn from(media: MediaType) -> Self {
        media.0
    }
}

impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(text: &str) -> Result<Self, InvalidMediaType> {
        let text = text.trim_matches([' ', '\t']);
        let (essence, parameters) = text.find(';').map_or((text, ""), |at| text.split_at(at));
        let essence = essence.trim_end_matches([' ', '\t']);
        let (name, subtype) = essence.split_once('/').ok_or(InvalidMediaType)?;
        // A wildcard (`video/*`) is not the type of a content.
        if [name, subtype].iter().any(|part| !is_token(part) || part.contains('*')) {
            return Err(InvalidMediaType);
        }
        Ok(Self(if are_parameters(parameters) { text } else { essence }.to_owned()))
    }
}

/// The name and the value of a parameter.
type Parameter = (String, String);

fn are_parameters(mut text: &str) -> bool {
    loop {
        text = text.trim_start_matches([' ', '\t']);
        if text.is_empty() {
            return true;
        }
        match parameter(text) {
            Some((_, rest)) => text = rest,
            None => return false,
        }
    }
}

/// Splits the first parameter from a text such as `;name=value;name="value"`, and returns it with the rest.
///
/// The parameter is `None` after a semicolon that no parameter follows.
fn parameter(text: &str) -> Option<(Option<Parameter>, &str)> {
    let text = text.trim_start_matches([' ', '\t']).strip_prefix(';')?.trim_start_matches([' ', '\t']);
    if text.is_empty() || text.starts_with(';') {
        return Some((None, text));
    }
    let (name, value) = text.split_once('=').filter(|(name, _)| is_token(name))?;
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => {
            let end = value.find([';', ' ', '\t']).unwrap_or(value.len());
            let (value, rest) = value.split_at(end);
            (is_token(value).then(|| value.to_owned())?, rest)
        }
    };
    Some((Some((name.to_owned(), value)), rest))
}

/// Parses a quoted string without its opening quote. Returns its value, and the text after its closing quote.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut characters) = (String::new(), text.char_indices());
    loop {
        let (at, character) = characters.next()?;
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next().map(|(_, escaped)| escaped).filter(|escaped| is_printable(*escaped))?),
            _ if is_printable(character) => value.push(character),
            _ => return None,
        }
    }
}

fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~')
}

fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_media_type_is_unchanged() {
        for text in [
            "video/mp4",
            "application/vnd.api+json",
            "text/plain; charset=utf-8",
            "text/plain;charset=\"utf-8\" ; x=\"a;\\\"b\"",
            "video/mp4;",
            "Video/MP4 ;;a=b",
        ] {
            assert_eq!(text.parse::<MediaType>().unwrap().as_str(), text);
        }
        assert_eq!(MediaType::known(Some(" video/mp4 ")).as_deref(), Some("video/mp4"));
    }

    #[test]
    fn malformed_media_type_is_unknown() {
        for text in
            ["", " ", "jpg", "a/b/c", "vidéo/mp4", "/mp4", "video/", "video /mp4", "video/mp4 x", "video/*", "*/*"]
        {
            assert_eq!(MediaType::known(Some(text)), None, "{text}");
        }
        assert_eq!(MediaType::known(Some("text/html\r\nX: y")), None);
        assert_eq!(MediaType::known(None), None);
    }

    #[test]
    fn malformed_parameters_are_dropped() {
        for parameters in [
            ";codecs=vp8,opus",
            "; codecs=\"vp8",
            "; charset",
            "; =x",
            "; a=b c",
            "; a=\"é\"",
            "; a=\"x\u{7f}\"",
            "; a=",
        ] {
            let text = format!("video/webm{parameters}");
            assert_eq!(MediaType::known(Some(&text)).as_deref(), Some("video/webm"), "{text}");
        }
    }

    #[test]
    fn parameters_are_found_by_name() {
        let media: MediaType = "multipart/form-data; Boundary=\"a;\\\"b\"; charset=UTF-8;boundary=c".parse().unwrap();
        assert_eq!(media.parameters("boundary").collect::<Vec<_>>(), ["a;\"b", "c"]);
        assert_eq!(media.parameters("charset").collect::<Vec<_>>(), ["UTF-8"]);
        assert_eq!(media.parameters("name").count(), 0);
        assert!(media.is("Multipart/Form-Data") && media.has_type("multipart") && !media.has_type("multi"));
    }
}
