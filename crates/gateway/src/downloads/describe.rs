//! The response header fields that describe a file's bytes.

use axum::http::HeaderValue;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use polyhost_domain::{ContentRange, File, MediaType};

/// The `Cache-Control` of file bytes: a caller may cache them, but must revalidate them before each use.
pub(super) const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The characters that `filename*` must escape: all but the `attr-char` of RFC 8187, section 3.2.1.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Returns the file's media type: the one that the site's API reports, else the one that the file's server sends. A
/// value that is not a media type is ignored.
pub(super) fn content_type(file: &File, sent: Option<&str>) -> HeaderValue {
    let known = MediaType::known(file.content_type.as_deref()).or_else(|| MediaType::known(sent));
    let value = known.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// The header fields of a response.
pub(super) type Fields = Vec<(HeaderName, HeaderValue)>;

/// Returns the header fields that describe a file's bytes. Anyone may have uploaded the bytes, so the fields keep a
/// browser from treating them as a page of the gateway.
pub(super) fn content_fields(
    file: &File,
    validators: Fields,
    content_type: HeaderValue,
    length: Option<u64>,
) -> Fields {
    let fixed = [
        (CONTENT_TYPE, content_type),
        (CONTENT_DISPOSITION, disposition(file.name.as_deref())),
        // Without a size, the end of a part is not known.
        (ACCEPT_RANGES, HeaderValue::from_static(if file.size.is_some() { "bytes" } else { "none" })),
        (CACHE_CONTROL, REVALIDATE),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let length = length.map(|length| (CONTENT_LENGTH, length.into()));
    fixed.into_iter().chain(validators).chain(length).collect()
}

pub(super) fn content_range(part: ContentRange, size: Option<u64>) -> Option<HeaderValue> {
    let size = part.size.or(size).map_or("*".to_owned(), |size| size.to_string());
    HeaderValue::try_from(format!("bytes {}-{}/{size}", part.first, part.last)).ok()
}

/// Returns `attachment; filename="…"; filename*=UTF-8''…`. Programs that do not support `filename*` read `filename`
/// (RFC 6266).
fn disposition(name: Option<&str>) -> HeaderValue {
    let text = name.and_then(safe_name).map(|name| {
        let plain = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
        let fallback: String = name.chars().map(plain).collect();
        format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, ATTRIBUTE))
    });
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("attachment"))
}

/// Returns the name in a form that is safe to save a file under; `None` if it is empty.
///
/// The result is a single path segment, not a hidden file, not a command-line option, and has no control or
/// bidirectional formatting characters. Programs save files under this name, and anyone may have chosen it.
fn safe_name(name: &str) -> Option<String> {
    let is_unsafe = |c: char| {
        matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || c.is_control()
    };
    let name = name.trim();
    let rest = name.trim_start_matches(['.', '-']);
    let leading = "_".repeat(name.len() - rest.len());
    let safe: String = rest.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    (!name.is_empty()).then(|| leading + &safe)
}

#[cfg(test)]
mod tests {
    use polyhost_domain::{IdAlphabet, IdGrammar, Origin};

    use super::*;

    #[test]
    fn any_name_is_encoded_in_disposition() {
        let cases = [
            ("clip.mp4", "attachment; filename=\"clip.mp4\"; filename*=UTF-8''clip.mp4"),
            ("a \"b\" 100%.mp4", "attachment; filename=\"a _b_ 100_.mp4\"; filename*=UTF-8''a%20%22b%22%20100%25.mp4"),
            ("夏.mp4", "attachment; filename=\"_.mp4\"; filename*=UTF-8''%E5%A4%8F.mp4"),
            ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a__X%3A%20y"),
        ];
        for (name, header) in cases {
            assert_eq!(disposition(Some(name)), header, "{name}");
        }
        assert_eq!(disposition(None), "attachment");
        assert_eq!(disposition(Some(" ")), "attachment");
    }

    #[test]
    fn name_in_disposition_is_safe_to_save() {
        for (name, safe) in [
            ("../../.bashrc", "___.._.bashrc"),
            ("..\\..\\x.exe", "___.._x.exe"),
            (".hidden.mp4", "_hidden.mp4"),
            (" .ssh/x", "_ssh_x"),
            ("-rf", "_rf"),
            ("..", "__"),
            ("/etc/passwd", "_etc_passwd"),
            ("a\0b\u{85}c", "a_b_c"),
            ("exe.\u{202e}4pm", "exe._4pm"),
            ("a..b.", "a..b."),
        ] {
            let expected = format!("attachment; filename=\"{safe}\"; filename*=UTF-8''{safe}");
            assert_eq!(disposition(Some(name)), expected, "{name:?}");
        }
    }

    #[test]
    fn unknown_content_type_is_octet_stream() {
        let file = |content_type: Option<&str>| {
            let origin = Origin { account: "main".parse().unwrap(), provider: "plays".parse().unwrap() };
            let id = IdGrammar::new(IdAlphabet::UrlSafe, "0").file("1").unwrap();
            File { content_type: content_type.map(str::to_owned), ..File::bare(&origin, id) }
        };
        for (stated, sent, expected) in [
            (Some("video/mp4"), Some("text/plain"), "video/mp4"),
            (Some("jpg"), Some("image/jpeg"), "image/jpeg"),
            (Some("a/b/c"), None, "application/octet-stream"),
            (Some("vidéo/mp4"), Some("mp4"), "application/octet-stream"),
            (None, Some("video/webm; codecs=vp8,opus"), "video/webm"),
            (None, None, "application/octet-stream"),
        ] {
            assert_eq!(content_type(&file(stated), sent), expected, "{stated:?} {sent:?}");
        }
    }
}
