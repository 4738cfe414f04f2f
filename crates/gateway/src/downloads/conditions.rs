//! Which bytes a caller wants, and which it has already.

use axum::http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue};
use headers::{HeaderMapExt as _, IfNoneMatch};
use polyhost_domain::{ByteRange, File};
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;
use crate::problem::Problem;

/// Sites give changed bytes a new id, so that a file and its size tell the bytes. Without a size nothing does.
pub(super) fn etag(account: &Account, file: &File) -> Option<HeaderValue> {
    let profile = account.profile();
    let mut digest = Sha256::new();
    for part in [profile.base_url.as_str(), profile.origin.account.as_str(), file.id.as_str()] {
        digest.update(part);
        digest.update([0]);
    }
    digest.update(file.size?.to_be_bytes());
    let text: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{text}\"")).ok()
}

/// Whether the caller has these bytes already.
pub(super) fn is_known(conditions: &HeaderMap, etag: Option<&HeaderValue>) -> bool {
    let etag = etag.and_then(|etag| etag.to_str().ok()?.parse().ok());
    let wanted = conditions.contains_key(IF_NONE_MATCH).then(|| conditions.typed_get::<IfNoneMatch>()).flatten();
    wanted.zip(etag).is_some_and(|(condition, etag)| !condition.precondition_passes(&etag))
}

/// The range to ask the site for: its ends are put where the file's are, as far as they are known.
pub(super) fn range(
    conditions: &HeaderMap,
    etag: Option<&HeaderValue>,
    size: Option<u64>,
) -> Result<Option<ByteRange>, Problem> {
    let Some(size) = size else { return Ok(None) };
    let Some(text) = conditions.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    // Dates are no strong validators here, so a condition that is one never holds.
    if conditions.get(IF_RANGE).is_some_and(|condition| Some(condition) != etag) {
        return Ok(None);
    }
    let (first, end) = match one_range(text) {
        Some(ByteRange::From(first, last)) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
        Some(ByteRange::Last(count)) => (size.saturating_sub(count), size),
        None => return Ok(None),
    };
    if first < end { Ok(Some(ByteRange::From(first, Some(end - 1)))) } else { Err(Problem::beyond(size)) }
}

/// The range of a `Range` that is well formed, counts bytes and names one part (RFC 9110, section 14.1). A number that
/// is too large for any file stands for the largest.
fn one_range(text: &str) -> Option<ByteRange> {
    let (unit, set) = text.split_once('=')?;
    let (first, last) = set.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    let number = |digits: &str| {
        let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(digits.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", "") => None,
        ("", count) => number(count).map(ByteRange::Last),
        (first, "") => Some(ByteRange::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(ByteRange::From(first, Some(last)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    #[test]
    fn a_range_is_one_part_of_this_file_or_none() {
        let etag = HeaderValue::from_static("\"e\"");
        let range = |text: &'static str, condition: Option<&'static str>| {
            let fields = [Some((RANGE, text)), condition.map(|condition| (IF_RANGE, condition))];
            let headers = fields.into_iter().flatten().map(|(name, text)| (name, HeaderValue::from_static(text)));
            range(&headers.collect(), Some(&etag), Some(100)).map_err(|problem| problem.code())
        };
        let part = |first, last| Ok(Some(ByteRange::From(first, Some(last))));
        assert_eq!(range("bytes=0-9", None), part(0, 9));
        assert_eq!(range("bytes=90-", None), part(90, 99));
        assert_eq!(range("bytes=-7", None), part(93, 99));
        assert_eq!(range("bytes=-700", None), part(0, 99));
        assert_eq!(range("bytes=90-700", None), part(90, 99));
        assert_eq!(range("bytes=0-9", Some("\"e\"")), part(0, 9));
        assert_eq!(range("bytes=0-9", Some("\"other\"")), Ok(None));
        assert_eq!(range("bytes=0-9", Some("Wed, 21 Oct 2015 07:28:00 GMT")), Ok(None));
        assert_eq!(range("Bytes=0-99999999999999999999999", None), part(0, 99));
        assert_eq!(range("bytes=-0", None), Err(Code::RangeNotSatisfiable));
        for none in ["bytes=0-1,5-6", "bytes=9-1", "bytes=", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=+1-2", "bytes"]
        {
            assert_eq!(range(none, None), Ok(None), "{none}");
        }
        assert_eq!(range("bytes=100-", None), Err(Code::RangeNotSatisfiable));
        assert_eq!(range("bytes=500-600", None), Err(Code::RangeNotSatisfiable));
    }
}
