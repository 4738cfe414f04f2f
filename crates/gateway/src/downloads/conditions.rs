//! The byte range that a request asks for.

use axum::http::HeaderMap;
use axum::http::header::RANGE;
use polyhost_domain::ByteRange;
use polyhost_engine::preconditions::{Preconditions, Validators};
use polyhost_engine::problem::Problem;

/// Returns the range to request from the site, clamped to the file's size; `None` for the whole file. A file of unknown
/// size is always sent whole.
///
/// # Errors
/// `range_not_satisfiable` if the range lies outside the file.
pub(super) fn range(
    headers: &HeaderMap,
    conditions: &Preconditions,
    current: &Validators,
    size: Option<u64>,
) -> Result<Option<ByteRange>, Problem> {
    let Some(size) = size else { return Ok(None) };
    let Some(text) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    if !conditions.admit_range(current) {
        return Ok(None);
    }
    let (first, end) = match one_range(text) {
        Some(ByteRange::From(first, last)) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
        Some(ByteRange::Last(count)) => (size.saturating_sub(count), size),
        None => return Ok(None),
    };
    if first < end { Ok(Some(ByteRange::From(first, Some(end - 1)))) } else { Err(Problem::beyond(size)) }
}

/// Parses a `Range` that is well formed, has the unit `bytes` and names one part (RFC 9110, section 14.1); returns
/// `None` for any other. A number that does not fit into 64 bits is read as the largest one.
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
    use axum::http::header::IF_RANGE;
    use axum::http::{HeaderValue, Method};

    use super::*;
    use polyhost_engine::problem::Code;

    #[test]
    fn range_is_one_satisfiable_part_or_the_whole_file() {
        let current = Validators::of(Some("e"), None);
        let range = |text: &'static str, condition: Option<&'static str>| {
            let fields = [Some((RANGE, text)), condition.map(|condition| (IF_RANGE, condition))];
            let headers = fields.into_iter().flatten().map(|(name, text)| (name, HeaderValue::from_static(text)));
            let headers: HeaderMap = headers.collect();
            let conditions = Preconditions::read(&Method::GET, &headers).unwrap();
            range(&headers, &conditions, &current, Some(100)).map_err(|problem| problem.code())
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
