//! Header fields that change the meaning of a body.
//!
//! An unsupported field is rejected. If it were ignored, the body would be stored or read wrongly.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use polyhost_domain::MediaType;
use polyhost_engine::problem::{Code, Fault, Problem};

/// A header field that changes the meaning of a body.
pub(crate) struct BodyField {
    /// Its name, as it is usually written.
    pub(crate) name: &'static str,
    /// The values that do not change the body's meaning.
    supported: &'static [&'static str],
    /// The fault of all other values.
    pub(crate) fault: &'static str,
}

const WHOLE: &str = "is not supported: send the whole body in one request";

/// The fields, for requests and for the parts of a form.
const FIELDS: [BodyField; 7] = [
    BodyField { name: "Content-Encoding", supported: &["identity"], fault: "must be identity: bodies are not decoded" },
    BodyField {
        name: "Content-Transfer-Encoding",
        supported: &["7bit", "8bit", "binary"],
        fault: "must be 7bit, 8bit or binary: bodies are not decoded",
    },
    BodyField { name: "Content-Range", supported: &[], fault: WHOLE },
    // Resumable uploads: drafts of the IETF, old and new, and tus.
    BodyField { name: "Upload-Complete", supported: &["?1"], fault: WHOLE },
    BodyField { name: "Upload-Incomplete", supported: &["?0"], fault: WHOLE },
    BodyField { name: "Upload-Offset", supported: &["0"], fault: WHOLE },
    BodyField { name: "Tus-Resumable", supported: &[], fault: WHOLE },
];

impl BodyField {
    fn supports(&self, value: &str) -> bool {
        // An empty item of a list stands for nothing (RFC 9110, section 5.6.1.2).
        let mut items = value.split(',').map(str::trim).filter(|item| self.supported.is_empty() || !item.is_empty());
        items.all(|item| self.supported.iter().any(|supported| supported.eq_ignore_ascii_case(item)))
    }
}

/// Returns the fields of a request or of a form's part that have an unsupported value.
pub(crate) fn unsupported_fields(headers: &HeaderMap) -> impl Iterator<Item = &'static BodyField> + '_ {
    FIELDS.iter().filter(|field| {
        let mut values = headers.get_all(field.name).iter();
        values.any(|value| !value.to_str().is_ok_and(|text| field.supports(text)))
    })
}

/// Rejects a request with a header field that changes the meaning of its body.
///
/// # Errors
/// 415 for a `Content-Encoding`, as RFC 9110 requires; 400 for every other field.
pub(crate) fn check_body_fields(headers: &HeaderMap) -> Result<(), Problem> {
    let mut faults = Vec::new();
    for field in unsupported_fields(headers) {
        if CONTENT_ENCODING.as_str().eq_ignore_ascii_case(field.name) {
            let detail = format!("The header field {} {}.", field.name, field.fault);
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        faults.push(Fault::parameter(field.name, field.fault));
    }
    if headers.get_all(CONTENT_TYPE).iter().count() > 1 {
        faults.push(Fault::parameter("Content-Type", "must not be repeated"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// Returns whether a body of this media type is one file, and not several files, a piece of a file, or the address of
/// one.
pub(crate) fn is_one_file(media: &MediaType) -> bool {
    !(media.has_type("multipart") || media.is("message/partial") || media.is("message/external-body"))
}

/// Returns whether a text of this media type is UTF-8, judged by its parameter `charset`.
pub(crate) fn is_utf8(media: &MediaType) -> bool {
    let known = ["utf-8", "utf8", "us-ascii"];
    media.parameters("charset").all(|charset| known.iter().any(|known| known.eq_ignore_ascii_case(&charset)))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn check(fields: &[(&'static str, &'static str)]) -> Option<(Code, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::try_from(*name).unwrap(), value);
        }
        check_body_fields(&headers).err().map(|problem| (problem.code(), problem.detail().to_owned()))
    }

    #[test]
    fn fields_that_do_not_change_the_body_pass() {
        for fields in [
            &[][..],
            &[("Content-Type", "video/mp4"), ("Content-Encoding", "identity")],
            &[("Content-Encoding", "Identity, identity,")],
            &[("Content-Encoding", "")],
            &[("Content-Transfer-Encoding", "BINARY"), ("Upload-Complete", "?1"), ("Upload-Offset", "0")],
            &[("Content-Language", "de"), ("Content-Location", "/x"), ("Content-Disposition", "attachment")],
        ] {
            assert_eq!(check(fields), None, "{fields:?}");
        }
    }

    #[test]
    fn content_coding_is_unsupported() {
        for fields in [
            &[("Content-Encoding", "gzip")][..],
            &[("content-encoding", "GZIP")],
            &[("Content-Encoding", "identity, br")],
            &[("Content-Encoding", "identity"), ("Content-Encoding", "zstd")],
            &[("Content-Encoding", "gzip"), ("Content-Range", "bytes 0-1/2")],
            &[("Content-Encoding", "é")],
        ] {
            let (code, detail) = check(fields).unwrap();
            assert_eq!(code, Code::UnsupportedMediaType, "{fields:?}");
            assert!(detail.contains("Content-Encoding"), "{detail}");
        }
    }

    #[test]
    fn other_field_that_changes_the_body_is_invalid() {
        for (name, value) in [
            ("Content-Range", "bytes 0-4/10"),
            ("Content-Range", "bytes */10"),
            ("Content-Range", ""),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Transfer-Encoding", "quoted-printable"),
            ("Upload-Complete", "?0"),
            ("Upload-Incomplete", "?1"),
            ("Upload-Offset", "100"),
            ("Tus-Resumable", "1.0.0"),
        ] {
            let (code, detail) = check(&[(name, value)]).unwrap();
            assert_eq!(code, Code::InvalidRequest, "{name}: {value}");
            assert!(detail.contains(name), "{detail}");
        }
        let twice = check(&[("Content-Type", "video/mp4"), ("Content-Type", "text/plain")]).unwrap();
        assert_eq!(twice.0, Code::InvalidRequest);
    }

    #[test]
    fn charset_other_than_utf8_is_found() {
        let is_utf8 = |text: &str| is_utf8(&text.parse().unwrap());
        for good in ["text/plain", "text/plain; charset=UTF-8", "text/plain;charset=\"utf8\"", "a/b; charset=us-ascii"]
        {
            assert!(is_utf8(good), "{good}");
        }
        for bad in ["text/plain; charset=utf-16", "a/b; charset=\"ISO-8859-1\"", "a/b; charset=utf-8; charset=utf-7"] {
            assert!(!is_utf8(bad), "{bad}");
        }
    }
}
