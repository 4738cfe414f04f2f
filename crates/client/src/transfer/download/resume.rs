//! The decisions for resuming a download: the request to send, given the existing bytes, and the meaning of the answer.

use reqwest::StatusCode;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};

/// The existing beginning of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PartialFile {
    /// The number of existing bytes.
    pub(super) length: u64,
    /// The entity tag of the file that the existing bytes belong to.
    pub(super) etag: Option<String>,
    /// The size of the whole file.
    pub(super) size: Option<u64>,
}

/// The request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// The whole file.
    Whole,
    /// The bytes after the existing ones, if these still belong to the file.
    Rest { first: u64, etag: String },
    /// No bytes: only a check whether the existing bytes, which are complete, still belong to the file.
    Confirmation { etag: String },
}

/// The meaning of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Append the bytes of the answer to the existing ones.
    Append,
    /// The bytes of the answer are the file from its beginning.
    Restart { etag: Option<String>, size: Option<u64> },
    /// The file is complete.
    Complete,
    /// The existing bytes cannot be used: request the whole file.
    RequestWhole,
    /// The answer is an error.
    Error,
}

impl Request {
    /// Returns the request to send, given the existing bytes. Without a strong entity tag the whole file is requested,
    /// because the file may have changed.
    pub(super) fn after(kept: &PartialFile) -> Self {
        let strong = kept.etag.as_ref().filter(|etag| etag.starts_with('"'));
        match (kept.length, kept.size, strong) {
            (0, _, _) | (_, _, None) => Self::Whole,
            (length, Some(size), _) if length > size => Self::Whole,
            (length, Some(size), Some(etag)) if length == size => Self::Confirmation { etag: etag.clone() },
            (first, _, Some(etag)) => Self::Rest { first, etag: etag.clone() },
        }
    }

    /// Returns the header fields of the request.
    pub(super) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let fields = match self {
            Self::Whole => Vec::new(),
            Self::Rest { first, etag } => vec![(RANGE, format!("bytes={first}-")), (IF_RANGE, etag.clone())],
            Self::Confirmation { etag } => vec![(IF_NONE_MATCH, etag.clone())],
        };
        // The conversion succeeds, because the entity tag comes from a header field.
        fields.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))).collect()
    }

    /// Returns the meaning of an answer to this request.
    pub(super) fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Verdict {
        match (status, self) {
            (StatusCode::PARTIAL_CONTENT, Self::Rest { first, etag }) => {
                let begins = text(headers, &CONTENT_RANGE).and_then(first_byte) == Some(*first);
                let same = text(headers, &ETAG).is_none_or(|answered| answered == etag);
                if begins && same { Verdict::Append } else { Verdict::RequestWhole }
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Self::Rest { .. }) => Verdict::RequestWhole,
            (StatusCode::NOT_MODIFIED, Self::Confirmation { .. }) => Verdict::Complete,
            (StatusCode::OK, _) => Verdict::Restart {
                etag: text(headers, &ETAG).map(str::to_owned),
                size: text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            },
            _ => Verdict::Error,
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the position of the first byte in a `Content-Range`.
fn first_byte(range: &str) -> Option<u64> {
    range.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG_TEXT: &str = "\"e\"";

    fn kept(length: u64, etag: Option<&str>, size: Option<u64>) -> PartialFile {
        PartialFile { length, etag: etag.map(str::to_owned), size }
    }

    fn rest(first: u64) -> Request {
        Request::Rest { first, etag: ETAG_TEXT.to_owned() }
    }

    fn judge(request: &Request, status: u16, fields: &[(HeaderName, &'static str)]) -> Verdict {
        let headers = fields.iter().map(|(name, text)| (name.clone(), HeaderValue::from_static(text))).collect();
        request.judge(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn download_is_resumed_only_with_a_strong_entity_tag() {
        let strong = Some(ETAG_TEXT);
        assert_eq!(Request::after(&kept(0, strong, Some(9))), Request::Whole);
        assert_eq!(Request::after(&kept(4, strong, Some(9))), rest(4));
        assert_eq!(Request::after(&kept(4, strong, None)), rest(4));
        assert_eq!(Request::after(&kept(4, None, Some(9))), Request::Whole);
        assert_eq!(Request::after(&kept(4, Some("W/\"e\""), Some(9))), Request::Whole);
        assert_eq!(Request::after(&kept(9, strong, Some(9))), Request::Confirmation { etag: ETAG_TEXT.to_owned() });
        assert_eq!(Request::after(&kept(10, strong, Some(9))), Request::Whole);
    }

    #[test]
    fn rest_is_requested_with_if_range() {
        let headers = rest(4).headers();
        assert_eq!(headers, [(RANGE, "bytes=4-".parse().unwrap()), (IF_RANGE, "\"e\"".parse().unwrap())]);
        assert!(Request::Whole.headers().is_empty());
    }

    #[test]
    fn answer_other_than_the_rest_is_not_appended() {
        let part = |range, etag| judge(&rest(4), 206, &[(CONTENT_RANGE, range), (ETAG, etag)]);
        assert_eq!(part("bytes 4-8/9", ETAG_TEXT), Verdict::Append);
        assert_eq!(judge(&rest(4), 206, &[(CONTENT_RANGE, "bytes 4-8/9")]), Verdict::Append);
        assert_eq!(part("bytes 0-8/9", ETAG_TEXT), Verdict::RequestWhole);
        assert_eq!(part("bytes 4-8/9", "\"other\""), Verdict::RequestWhole);
        assert_eq!(part("nonsense", ETAG_TEXT), Verdict::RequestWhole);
        assert_eq!(judge(&rest(4), 206, &[]), Verdict::RequestWhole);
        assert_eq!(judge(&rest(4), 416, &[]), Verdict::RequestWhole);
        // A 206 to a request without `Range` is an error.
        assert_eq!(judge(&Request::Whole, 206, &[(CONTENT_RANGE, "bytes 0-8/9")]), Verdict::Error);
    }

    #[test]
    fn whole_file_instead_of_the_rest_restarts_the_download() {
        let restart = Verdict::Restart { etag: Some("\"f\"".to_owned()), size: Some(12) };
        let fields = [(ETAG, "\"f\""), (CONTENT_LENGTH, "12")];
        assert_eq!(judge(&rest(4), 200, &fields), restart);
        assert_eq!(judge(&Request::Whole, 200, &fields), restart);
        assert_eq!(judge(&Request::Whole, 200, &[]), Verdict::Restart { etag: None, size: None });
    }

    #[test]
    fn complete_bytes_are_confirmed_or_downloaded_again() {
        let confirmation = Request::Confirmation { etag: ETAG_TEXT.to_owned() };
        assert_eq!(judge(&confirmation, 304, &[]), Verdict::Complete);
        assert_eq!(judge(&confirmation, 200, &[]), Verdict::Restart { etag: None, size: None });
        assert_eq!(judge(&Request::Whole, 304, &[]), Verdict::Error);
        for status in [301, 400, 401, 403, 404, 422, 429, 500, 502, 503] {
            assert_eq!(judge(&confirmation, status, &[]), Verdict::Error);
            assert_eq!(judge(&rest(4), status, &[]), Verdict::Error);
        }
    }
}
