//! Preconditions of requests (RFC 9110, section 13): read once, and evaluated in the order of section 13.2.2, for every
//! operation on something that has an `ETag`.
//!
//! Malformed fields:
//! - `If-Match` is rejected, because its client relies on it.
//! - `If-None-Match` is rejected in a write. In a read it is ignored: the only cost is a full response.
//! - Invalid dates are ignored, as the RFC demands.

use std::time::SystemTime;

use headers::{ETag, Header, HeaderMapExt as _, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince};
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;

use crate::problem::{Code, Fault, Problem};

/// The preconditions of one request.
#[derive(Debug, Default)]
pub struct Preconditions {
    reads: bool,
    if_match: Option<IfMatch>,
    if_unmodified_since: Option<IfUnmodifiedSince>,
    if_none_match: Option<IfNoneMatch>,
    if_modified_since: Option<IfModifiedSince>,
    if_range: Option<Result<IfRange, headers::Error>>,
}

/// The validators of a resource's current state, against which preconditions are evaluated.
#[derive(Debug, Clone, Default)]
pub struct Validators {
    /// Its strong entity tag, if it has one.
    pub etag: Option<ETag>,
    /// The time of its last change; `None` if it is not known exactly.
    pub modified: Option<SystemTime>,
    /// The time of a change. There may have been later changes.
    pub changed: Option<SystemTime>,
}

/// The result of preconditions that do not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request is carried out.
    Proceed,
    /// The client of a read already has the current state: 304.
    NotModified,
}

impl Validators {
    /// Returns validators of an entity tag without its quotes, and of the time of a change that may not be the last.
    #[must_use]
    pub fn of(etag: Option<&str>, changed: Option<Timestamp>) -> Self {
        let etag = etag.and_then(|etag| format!("\"{etag}\"").parse().ok());
        Self { etag, modified: None, changed: changed.map(SystemTime::from) }
    }

    /// Returns the same validators, if the known change was the last one.
    #[must_use]
    pub fn unchanged_since(self) -> Self {
        Self { modified: self.changed, ..self }
    }
}

impl Preconditions {
    /// Reads the preconditions of a request.
    ///
    /// # Errors
    /// `invalid_request` for a malformed field that must not be ignored.
    pub fn read(method: &Method, headers: &HeaderMap) -> Result<Self, Problem> {
        let reads = method.is_safe();
        let if_match = tags::<IfMatch>(headers, &IF_MATCH)?;
        let if_none_match = match tags::<IfNoneMatch>(headers, &IF_NONE_MATCH) {
            Err(_) if reads => None,
            read => read?,
        };
        Ok(Self {
            reads,
            if_match,
            if_unmodified_since: headers.typed_get(),
            if_none_match,
            if_modified_since: headers.typed_get(),
            if_range: headers.contains_key(IF_RANGE).then(|| if_range(headers)),
        })
    }

    /// Returns whether a write has preconditions, so that the current state must be read before it.
    #[must_use]
    pub(crate) fn guard_write(&self) -> bool {
        self.if_match.is_some() || self.if_unmodified_since.is_some() || self.if_none_match.is_some()
    }

    /// Evaluates all preconditions except `If-Range`. `current` runs only if there are any.
    ///
    /// # Errors
    /// `precondition_failed`
    pub fn evaluate(&self, current: impl FnOnce() -> Validators) -> Result<Outcome, Problem> {
        if !self.guard_write() && self.if_modified_since.is_none() {
            return Ok(Outcome::Proceed);
        }
        let current = current();
        if let Some(condition) = &self.if_match {
            let holds = |etag: &ETag| condition.precondition_passes(etag);
            if !condition.is_any() && !current.etag.as_ref().is_some_and(holds) {
                return Err(failed("If-Match"));
            }
        } else if let Some((condition, changed)) = self.if_unmodified_since.zip(current.changed)
            && !condition.precondition_passes(changed)
        {
            return Err(failed("If-Unmodified-Since"));
        }
        if let Some(condition) = &self.if_none_match {
            // A resource without a tag matches only `*`. The empty tag stands in for its tag.
            let etag = current.etag.clone().or_else(|| "\"\"".parse().ok());
            let holds = etag.is_none_or(|etag| condition.precondition_passes(&etag));
            return match (holds, self.reads) {
                (true, _) => Ok(Outcome::Proceed),
                (false, true) => Ok(Outcome::NotModified),
                (false, false) => Err(failed("If-None-Match")),
            };
        }
        let since = self.if_modified_since.filter(|_| self.reads).zip(current.modified);
        let is_unmodified = since.is_some_and(|(condition, modified)| !condition.is_modified(modified));
        Ok(if is_unmodified { Outcome::NotModified } else { Outcome::Proceed })
    }

    /// Returns whether `If-Range` allows a `Range` for the current state. A malformed one or a date never does: the
    /// sites' dates are not strong validators.
    #[must_use]
    pub fn admit_range(&self, current: &Validators) -> bool {
        match &self.if_range {
            None => true,
            Some(Ok(condition)) => !condition.is_modified(current.etag.as_ref(), None),
            Some(Err(_)) => false,
        }
    }
}

fn failed(field: &str) -> Problem {
    let detail = format!("The current state of the resource does not match {field}. Nothing was done. Read it again.");
    Problem::new(Code::PreconditionFailed, detail)
}

/// Parses a field that is `*` or a list of entity tags.
///
/// # Errors
/// `invalid_request` for a malformed field.
fn tags<H: Header>(headers: &HeaderMap, name: &HeaderName) -> Result<Option<H>, Problem> {
    let values: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    if values.is_empty() {
        return Ok(None);
    }
    let is_any = values.len() == 1 && values.iter().all(|value| value.as_bytes().trim_ascii() == b"*");
    let well_formed = is_any || values.iter().all(|value| are_tags(value.as_bytes()));
    let read = well_formed.then(|| H::decode(&mut values.into_iter()).ok()).flatten();
    let fault = || Problem::invalid(vec![Fault::parameter(name.as_str(), "is neither * nor a list of entity tags")]);
    read.map(Some).ok_or_else(fault)
}

/// Returns whether a text is a list of entity tags. It may have empty elements (RFC 9110, section 5.6.1.2).
fn are_tags(text: &[u8]) -> bool {
    let is_separator = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
    let past_separators = |text: &[u8]| text.iter().take_while(|byte| is_separator(byte)).count();
    let mut rest = &text[past_separators(text)..];
    if rest.is_empty() {
        return false;
    }
    loop {
        rest = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(tag) = rest.strip_prefix(b"\"") else { return false };
        let Some(end) = tag.iter().position(|byte| *byte == b'"') else { return false };
        if !tag[..end].iter().all(|byte| matches!(byte, 0x21..=0x7e | 0x80..)) {
            return false;
        }
        rest = tag[end + 1..].trim_ascii_start();
        match rest.strip_prefix(b",").map(|next| &next[past_separators(next)..]) {
            None => return rest.is_empty(),
            Some([]) => return true,
            Some(next) => rest = next,
        }
    }
}

fn if_range(headers: &HeaderMap) -> Result<IfRange, headers::Error> {
    let value = headers.get(IF_RANGE).map(HeaderValue::as_bytes).unwrap_or_default();
    // A value in quotes must be a tag. A date begins with the name of a weekday.
    if value.starts_with(b"\"") && !are_tags(value) {
        return Err(headers::Error::invalid());
    }
    headers.typed_try_get().and_then(|field| field.ok_or_else(headers::Error::invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: &str = "Wed, 21 Oct 2015 07:27:59 GMT";
    const THEN: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    const LATER: &str = "Wed, 21 Oct 2015 07:28:01 GMT";

    fn current() -> Validators {
        Validators::of(Some("a"), "2015-10-21T07:28:00.5Z".parse().ok())
    }

    fn read(method: &Method, fields: &[(&'static str, &'static str)]) -> Result<Preconditions, Code> {
        let pairs = fields.iter().map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        Preconditions::read(method, &pairs.collect()).map_err(|problem| problem.code())
    }

    fn evaluated(
        method: &Method,
        fields: &[(&'static str, &'static str)],
        current: &Validators,
    ) -> Result<Outcome, Code> {
        read(method, fields)?.evaluate(|| current.clone()).map_err(|problem| problem.code())
    }

    #[test]
    fn preconditions_are_evaluated_in_the_order_of_the_rfc() {
        use Outcome::{NotModified, Proceed};
        let failed = Err(Code::PreconditionFailed);
        type Row<'a> = (&'a [(&'static str, &'static str)], Result<Outcome, Code>, Result<Outcome, Code>);
        // Fields; then the expected results for GET and for PATCH.
        let rows: &[Row<'_>] = &[
            (&[], Ok(Proceed), Ok(Proceed)),
            (&[("if-match", "\"a\"")], Ok(Proceed), Ok(Proceed)),
            (&[("if-match", "\"b\", \"a\"")], Ok(Proceed), Ok(Proceed)),
            // Proxies that join fields leave empty elements in a list.
            (&[("if-match", ", \"b\",, \"a\" ,")], Ok(Proceed), Ok(Proceed)),
            (&[("if-none-match", "\"a\",")], Ok(NotModified), failed),
            (&[("if-match", "*")], Ok(Proceed), Ok(Proceed)),
            (&[("if-match", "\"b\"")], failed, failed),
            (&[("if-match", "W/\"a\"")], failed, failed),
            (&[("if-unmodified-since", THEN)], Ok(Proceed), Ok(Proceed)),
            (&[("if-unmodified-since", LATER)], Ok(Proceed), Ok(Proceed)),
            (&[("if-unmodified-since", EARLIER)], failed, failed),
            (&[("if-unmodified-since", "yesterday")], Ok(Proceed), Ok(Proceed)),
            // If-Match takes precedence over If-Unmodified-Since.
            (&[("if-match", "\"a\""), ("if-unmodified-since", EARLIER)], Ok(Proceed), Ok(Proceed)),
            (&[("if-none-match", "\"a\"")], Ok(NotModified), failed),
            (&[("if-none-match", "W/\"a\"")], Ok(NotModified), failed),
            (&[("if-none-match", "*")], Ok(NotModified), failed),
            (&[("if-none-match", "\"b\"")], Ok(Proceed), Ok(Proceed)),
            // If-Match is evaluated first. If it holds, If-None-Match is evaluated as well.
            (&[("if-match", "\"b\""), ("if-none-match", "\"a\"")], failed, failed),
            (&[("if-match", "\"a\""), ("if-none-match", "\"a\"")], Ok(NotModified), failed),
            (&[("if-modified-since", LATER)], Ok(NotModified), Ok(Proceed)),
            (&[("if-modified-since", THEN)], Ok(NotModified), Ok(Proceed)),
            (&[("if-modified-since", EARLIER)], Ok(Proceed), Ok(Proceed)),
            // If-None-Match takes precedence over If-Modified-Since.
            (&[("if-none-match", "\"b\""), ("if-modified-since", LATER)], Ok(Proceed), Ok(Proceed)),
        ];
        let current = current().unchanged_since();
        for (fields, reads, writes) in rows {
            assert_eq!(evaluated(&Method::GET, fields, &current), *reads, "GET {fields:?}");
            assert_eq!(evaluated(&Method::HEAD, fields, &current), *reads, "HEAD {fields:?}");
            assert_eq!(evaluated(&Method::PATCH, fields, &current), *writes, "PATCH {fields:?}");
        }
    }

    #[test]
    fn missing_validators_match_any_tag_and_no_date() {
        let none = Validators::default();
        let get = |fields: &[(&'static str, &'static str)]| evaluated(&Method::GET, fields, &none);
        assert_eq!(get(&[("if-match", "*")]), Ok(Outcome::Proceed));
        assert_eq!(get(&[("if-match", "\"a\"")]), Err(Code::PreconditionFailed));
        assert_eq!(get(&[("if-none-match", "*")]), Ok(Outcome::NotModified));
        assert_eq!(get(&[("if-none-match", "\"a\"")]), Ok(Outcome::Proceed));
        assert_eq!(get(&[("if-unmodified-since", EARLIER)]), Ok(Outcome::Proceed));
        assert_eq!(get(&[("if-modified-since", LATER)]), Ok(Outcome::Proceed));
        // A change that may not be the last proves that there was a change, but not that there was no later one.
        assert_eq!(evaluated(&Method::GET, &[("if-modified-since", LATER)], &current()), Ok(Outcome::Proceed));
        let unmodified = [("if-unmodified-since", EARLIER)];
        assert_eq!(evaluated(&Method::GET, &unmodified, &current()), Err(Code::PreconditionFailed));
    }

    #[test]
    fn malformed_tags_are_rejected_unless_ignoring_is_safe() {
        for malformed in ["", "a", "\"a", "\"a\" \"b\"", "\"a b\"", "*, \"a\"", "w/\"a\"", "\"a\"b", ",", " , "] {
            for method in [Method::GET, Method::DELETE] {
                let refused = read(&method, &[("if-match", malformed)]).map(|_| ());
                assert_eq!(refused, Err(Code::InvalidRequest), "{malformed}");
            }
            let of_write = read(&Method::DELETE, &[("if-none-match", malformed)]).map(|_| ());
            assert_eq!(of_write, Err(Code::InvalidRequest), "{malformed}");
            let of_read = evaluated(&Method::GET, &[("if-none-match", malformed)], &current());
            assert_eq!(of_read, Ok(Outcome::Proceed), "{malformed}");
        }
        for well_formed in ["\"\"", "W/\"a\"", "\"a\",\"b,c\"", "\"a\" , W/\"b\"", "\"é\"", " * "] {
            assert!(read(&Method::PATCH, &[("if-match", well_formed)]).is_ok(), "{well_formed}");
        }
    }

    #[test]
    fn if_range_admits_a_range_only_for_the_strong_tag() {
        let admitted = |value| read(&Method::GET, &[("if-range", value)]).unwrap().admit_range(&current());
        assert!(admitted("\"a\""));
        for other in ["\"b\"", "W/\"a\"", THEN, "a", "\"a b\"", "\"a\", \"b\"", ""] {
            assert!(!admitted(other), "{other}");
        }
        assert!(read(&Method::GET, &[]).unwrap().admit_range(&current()));
    }
}
