//! The header field `traceparent` of W3C Trace Context, in requests of callers and in requests to sites.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

const NAME: HeaderName = HeaderName::from_static("traceparent");

/// A valid `traceparent`: the span of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    flags: u8,
}

impl<'a> TraceParent<'a> {
    /// Returns the field of a request; `None` if it is missing or invalid.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        Self::parse(headers.get(NAME)?.to_str().ok()?)
    }

    /// Parses a value. Versions after 00 may have more parts at the end, which are ignored.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version, trace_id, span_id, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let lengths = [version, trace_id, span_id, flags].map(str::len);
        let is_hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        let is_valid = lengths == [2, 32, 16, 2]
            && [version, trace_id, span_id, flags].into_iter().all(is_hexadecimal)
            && version != "ff"
            && (version != "00" || parts.next().is_none())
            && [trace_id, span_id].into_iter().all(|id| id.bytes().any(|byte| byte != b'0'));
        let flags = u8::from_str_radix(flags, 16).ok()?;
        is_valid.then_some(Self { trace_id, span_id, flags })
    }

    /// Returns the trace id, as 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &'a str {
        self.trace_id
    }

    /// Returns the sender's span, as the parent of ours. `tracestate` is not kept: it describes other systems.
    pub(crate) fn span_context(&self) -> Option<SpanContext> {
        let (trace_id, span_id) = (TraceId::from_hex(self.trace_id).ok()?, SpanId::from_hex(self.span_id).ok()?);
        // Only the flag for sampling has a meaning here.
        let flags = TraceFlags::new(self.flags) & TraceFlags::SAMPLED;
        Some(SpanContext::new(trace_id, span_id, flags, true, TraceState::default()))
    }
}

/// Sets the field in a request, so that the receiver's spans become children of this span.
pub(crate) fn insert(headers: &mut HeaderMap, span: &SpanContext) {
    let text = format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags());
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(NAME, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn valid_field_names_the_span_of_the_sender() {
        let texts = [format!("00-{TRACE}-{SPAN}-01"), format!("01-{TRACE}-{SPAN}-03-more")];
        for text in texts {
            let parsed = TraceParent::parse(&text).unwrap();
            assert_eq!((parsed.trace_id(), parsed.span_id), (TRACE, SPAN));
            let span = parsed.span_context().unwrap();
            assert!(span.is_sampled() && span.is_remote() && span.is_valid());
            let mut headers = HeaderMap::new();
            insert(&mut headers, &span);
            assert_eq!(headers[NAME], format!("00-{TRACE}-{SPAN}-01"));
        }
        assert!(!TraceParent::parse(&format!("00-{TRACE}-{SPAN}-00")).unwrap().span_context().unwrap().is_sampled());
    }

    #[test]
    fn invalid_field_is_ignored() {
        let (no_trace, no_span) = ("0".repeat(32), "0".repeat(16));
        let texts = [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-short-{SPAN}-01"),
            format!("00-{no_trace}-{SPAN}-01"),
            format!("00-{TRACE}-{no_span}-01"),
            format!("00-{TRACE}-{SPAN}-é"),
        ];
        for text in texts {
            assert_eq!(TraceParent::parse(&text), None, "{text}");
        }
    }
}
