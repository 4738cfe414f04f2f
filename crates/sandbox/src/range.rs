//! The part of a file that a request asks for.

use std::ops::Range;

/// The meaning of a `Range` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Requested {
    /// The whole file: there is no such header, or one that is ignored.
    Whole,
    /// A part: 206.
    Part(Range<u64>),
    /// A part that the file does not have: 416.
    Beyond,
}

/// Parses a header such as `bytes=0-499`, `bytes=500-` or `bytes=-500`. Several ranges in one header are ignored.
pub(crate) fn wanted(header: Option<&str>, length: u64) -> Requested {
    let Some((first, last)) = header.and_then(|header| header.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Requested::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        _ => return Requested::Whole,
    };
    if range.is_empty() { Requested::Beyond } else { Requested::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::{Requested, wanted};

    #[test]
    fn range_header_is_parsed() {
        let pairs = [
            ("bytes=0-4", Requested::Part(0..5)),
            ("bytes=5-", Requested::Part(5..10)),
            ("bytes=-3", Requested::Part(7..10)),
            ("bytes=-30", Requested::Part(0..10)),
            ("bytes=8-99", Requested::Part(8..10)),
            ("bytes=10-", Requested::Beyond),
            ("bytes=-0", Requested::Beyond),
            ("bytes=4-3", Requested::Whole),
            ("bytes=0-1,3-4", Requested::Whole),
            ("lines=0-1", Requested::Whole),
        ];
        for (header, expected) in pairs {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Requested::Whole);
    }
}
