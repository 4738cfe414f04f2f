//! What is said of a file's bytes in header fields.

use axum::http::HeaderValue;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName,
    X_CONTENT_TYPE_OPTIONS,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use polyhost_domain::{ContentRange, File};

/// A caller may keep the bytes, and asks each time whether they are still the file's.
pub(super) const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What `filename*` need not escape (RFC 8187, section 3.2.1).
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

pub(super) fn content_type(file: &File, told: Option<String>) -> HeaderValue {
    let text = file.content_type.clone().or(told);
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// The fields of a head.
pub(super) type Fields = Vec<(HeaderName, HeaderValue)>;

/// What is said of a file's bytes. They come from anybody, so no browser shall take them for a page of the gateway's.
pub(super) fn described(
    file: &File,
    etag: Option<HeaderValue>,
    content_type: HeaderValue,
    length: Option<u64>,
) -> Fields {
    let fixed = [
        (CONTENT_TYPE, content_type),
        (CONTENT_DISPOSITION, disposition(file.name.as_deref())),
        // Where a part would end is not known without a size.
        (ACCEPT_RANGES, HeaderValue::from_static(if file.size.is_some() { "bytes" } else { "none" })),
        (CACHE_CONTROL, REVALIDATE),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let known = [etag.map(|etag| (ETAG, etag)), length.map(|length| (CONTENT_LENGTH, length.into()))];
    fixed.into_iter().chain(known.into_iter().flatten()).collect()
}

pub(super) fn content_range(part: ContentRange, size: Option<u64>) -> Option<HeaderValue> {
    let size = part.size.or(size).map_or("*".to_owned(), |size| size.to_string());
    HeaderValue::try_from(format!("bytes {}-{}/{size}", part.first, part.last)).ok()
}

/// `attachment; filename="…"; filename*=UTF-8''…`: the first for programs that do not know the second (RFC 6266).
fn disposition(name: Option<&str>) -> HeaderValue {
    let text = name.map(|name| {
        let plain = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
        let fallback: String = name.chars().map(plain).collect();
        format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE))
    });
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_in_a_header_whatever_it_is_made_of() {
        let cases = [
            ("clip.mp4", "attachment; filename=\"clip.mp4\"; filename*=UTF-8''clip.mp4"),
            ("a \"b\" 100%.mp4", "attachment; filename=\"a _b_ 100_.mp4\"; filename*=UTF-8''a%20%22b%22%20100%25.mp4"),
            ("夏.mp4", "attachment; filename=\"_.mp4\"; filename*=UTF-8''%E5%A4%8F.mp4"),
            ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ];
        for (name, header) in cases {
            assert_eq!(disposition(Some(name)), header, "{name}");
        }
        assert_eq!(disposition(None), "attachment");
    }
}
