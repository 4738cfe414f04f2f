//! How a download goes on: what to ask for, given what is there, and what an answer means for it. Decisions alone.

use reqwest::StatusCode;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};

/// What is there of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// So many of its first bytes.
    pub(super) length: u64,
    /// The entity tag of the bytes that they are the beginning of.
    pub(super) etag: Option<String>,
    /// How many bytes there are in all.
    pub(super) size: Option<u64>,
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// All of it.
    Whole,
    /// What comes after the bytes that are there, if they are still the file's.
    Rest { first: u64, etag: String },
    /// Whether the bytes that are there, which are all, are still the file's.
    Confirmation { etag: String },
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The bytes that come go behind those that are there.
    Append,
    /// The bytes that come are the file from its beginning.
    Anew { etag: Option<String>, size: Option<u64> },
    /// All of it is there.
    Complete,
    /// What is there is of no use: ask for the whole.
    AskForWhole,
    /// It is an error.
    Refused,
}

impl Ask {
    /// What to ask for, given what is there. Without a strong entity tag nothing says that bytes belong together.
    pub(super) fn after(kept: &Kept) -> Self {
        let strong = kept.etag.as_ref().filter(|etag| etag.starts_with('"'));
        match (kept.length, kept.size, strong) {
            (0, _, _) | (_, _, None) => Self::Whole,
            (length, Some(size), _) if length > size => Self::Whole,
            (length, Some(size), Some(etag)) if length == size => Self::Confirmation { etag: etag.clone() },
            (first, _, Some(etag)) => Self::Rest { first, etag: etag.clone() },
        }
    }

    /// The header fields that ask for it.
    pub(super) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let fields = match self {
            Self::Whole => Vec::new(),
            Self::Rest { first, etag } => vec![(RANGE, format!("bytes={first}-")), (IF_RANGE, etag.clone())],
            Self::Confirmation { etag } => vec![(IF_NONE_MATCH, etag.clone())],
        };
        // An entity tag came as the value of a header field, so it can be one.
        fields.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))).collect()
    }

    /// What an answer to this means.
    pub(super) fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Verdict {
        match (status, self) {
            (StatusCode::PARTIAL_CONTENT, Self::Rest { first, etag }) => {
                let begins = text(headers, &CONTENT_RANGE).and_then(first_byte) == Some(*first);
                let same = text(headers, &ETAG).is_none_or(|told| told == etag);
                if begins && same { Verdict::Append } else { Verdict::AskForWhole }
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Self::Rest { .. }) => Verdict::AskForWhole,
            (StatusCode::NOT_MODIFIED, Self::Confirmation { .. }) => Verdict::Complete,
            (StatusCode::OK, _) => Verdict::Anew {
                etag: text(headers, &ETAG).map(str::to_owned),
                size: text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            },
            _ => Verdict::Refused,
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The first byte that a `Content-Range` names.
fn first_byte(range: &str) -> Option<u64> {
    range.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG_TEXT: &str = "\"e\"";

    fn kept(length: u64, etag: Option<&str>, size: Option<u64>) -> Kept {
        Kept { length, etag: etag.map(str::to_owned), size }
    }

    fn rest(first: u64) -> Ask {
        Ask::Rest { first, etag: ETAG_TEXT.to_owned() }
    }

    fn judge(ask: &Ask, status: u16, fields: &[(HeaderName, &'static str)]) -> Verdict {
        let headers = fields.iter().map(|(name, text)| (name.clone(), HeaderValue::from_static(text))).collect();
        ask.judge(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn what_is_there_is_gone_on_with_only_if_it_can_be_told_apart() {
        let strong = Some(ETAG_TEXT);
        assert_eq!(Ask::after(&kept(0, strong, Some(9))), Ask::Whole);
        assert_eq!(Ask::after(&kept(4, strong, Some(9))), rest(4));
        assert_eq!(Ask::after(&kept(4, strong, None)), rest(4));
        assert_eq!(Ask::after(&kept(4, None, Some(9))), Ask::Whole);
        assert_eq!(Ask::after(&kept(4, Some("W/\"e\""), Some(9))), Ask::Whole);
        assert_eq!(Ask::after(&kept(9, strong, Some(9))), Ask::Confirmation { etag: ETAG_TEXT.to_owned() });
        assert_eq!(Ask::after(&kept(10, strong, Some(9))), Ask::Whole);
    }

    #[test]
    fn the_rest_is_asked_for_on_the_condition_that_the_file_is_the_same() {
        let headers = rest(4).headers();
        assert_eq!(headers, [(RANGE, "bytes=4-".parse().unwrap()), (IF_RANGE, "\"e\"".parse().unwrap())]);
        assert!(Ask::Whole.headers().is_empty());
    }

    #[test]
    fn only_exactly_the_rest_is_put_behind_what_is_there() {
        let part = |range, etag| judge(&rest(4), 206, &[(CONTENT_RANGE, range), (ETAG, etag)]);
        assert_eq!(part("bytes 4-8/9", ETAG_TEXT), Verdict::Append);
        assert_eq!(judge(&rest(4), 206, &[(CONTENT_RANGE, "bytes 4-8/9")]), Verdict::Append);
        assert_eq!(part("bytes 0-8/9", ETAG_TEXT), Verdict::AskForWhole);
        assert_eq!(part("bytes 4-8/9", "\"other\""), Verdict::AskForWhole);
        assert_eq!(part("nonsense", ETAG_TEXT), Verdict::AskForWhole);
        assert_eq!(judge(&rest(4), 206, &[]), Verdict::AskForWhole);
        assert_eq!(judge(&rest(4), 416, &[]), Verdict::AskForWhole);
        // A part that nobody asked for is no file.
        assert_eq!(judge(&Ask::Whole, 206, &[(CONTENT_RANGE, "bytes 0-8/9")]), Verdict::Refused);
    }

    #[test]
    fn the_whole_in_place_of_the_rest_begins_anew() {
        let anew = Verdict::Anew { etag: Some("\"f\"".to_owned()), size: Some(12) };
        let fields = [(ETAG, "\"f\""), (CONTENT_LENGTH, "12")];
        assert_eq!(judge(&rest(4), 200, &fields), anew);
        assert_eq!(judge(&Ask::Whole, 200, &fields), anew);
        assert_eq!(judge(&Ask::Whole, 200, &[]), Verdict::Anew { etag: None, size: None });
    }

    #[test]
    fn all_that_is_there_is_confirmed_or_fetched_anew() {
        let confirmation = Ask::Confirmation { etag: ETAG_TEXT.to_owned() };
        assert_eq!(judge(&confirmation, 304, &[]), Verdict::Complete);
        assert_eq!(judge(&confirmation, 200, &[]), Verdict::Anew { etag: None, size: None });
        assert_eq!(judge(&Ask::Whole, 304, &[]), Verdict::Refused);
        for status in [301, 400, 401, 403, 404, 422, 429, 500, 502, 503] {
            assert_eq!(judge(&confirmation, status, &[]), Verdict::Refused);
            assert_eq!(judge(&rest(4), status, &[]), Verdict::Refused);
        }
    }
}
