//! Traces: the spans of requests of callers, of requests to sites, and of background work. They are exported only if the
//! program has called [`install`]. Until then, no function here allocates memory.
//!
//! Spans are separate from the log: no field of a log line, and no error text, becomes an attribute of a span.

use std::borrow::Cow;
use std::sync::OnceLock;

use http::HeaderMap;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind, SpanRef, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};

use crate::measure::ABANDONED;
use crate::traceparent::{self, TraceParent};

/// The attribute with the reason of a failure.
const ERROR_TYPE: &str = "error.type";

static TRACING: OnceLock<Tracing> = OnceLock::new();

#[derive(Debug)]
struct Tracing {
    tracer: BoxedTracer,
    propagation: Propagation,
}

/// Whether requests to sites carry a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They carry one.
    ToSites,
    /// They carry none.
    None,
}

/// Turns on traces for the rest of the process. Only the first call has an effect.
pub fn install(tracer: BoxedTracer, propagation: Propagation) {
    // A second call can only come from a test that starts two gateways in one process.
    drop(TRACING.set(Tracing { tracer, propagation }));
}

/// The position of some work in a trace: the parent of the spans that the work starts. It is empty for work outside of
/// any trace, and if traces are off.
#[derive(Debug, Clone, Default)]
pub struct TracePosition(Option<Context>);

impl TracePosition {
    /// Returns the position that a caller's `traceparent` describes.
    #[must_use]
    pub fn of_caller(traceparent: Option<TraceParent<'_>>) -> Self {
        let parent = TRACING.get().and(traceparent).and_then(|parent| parent.span_context());
        Self(parent.map(|parent| Context::new().with_remote_span_context(parent)))
    }

    /// Adds attributes to the span at this position, if it is recorded.
    pub fn describe(&self, describe: impl FnOnce(&Attributes<'_>)) {
        if let Some(context) = self.0.as_ref().filter(|context| context.span().is_recording()) {
            describe(&Attributes(context.span()));
        }
    }
}

/// The attributes of a span that is recorded.
pub struct Attributes<'a>(SpanRef<'a>);

impl Attributes<'_> {
    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        self.0.set_attribute(KeyValue::new(name, value));
    }

    /// Sets the reason why the work of the span is not a success.
    pub fn set_error(&self, reason: &'static str) {
        self.set(ERROR_TYPE, reason);
    }

    /// Marks the span as failed.
    pub fn fail(&self) {
        // Without a description: it could contain text of a site or a caller.
        self.0.set_status(Status::error(""));
    }
}

/// A span in progress. It ends when it is dropped.
#[derive(Debug)]
pub struct Span {
    position: TracePosition,
    outcome_is_known: bool,
}

impl Span {
    /// Starts the span of a caller's request. `name` runs only if traces are on.
    pub fn server(parent: &TracePosition, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        Self::start(parent, SpanKind::Server, name)
    }

    /// Starts the span of background work. It has no parent.
    pub(crate) fn background(name: &'static str) -> Self {
        Self::start(&TracePosition::default(), SpanKind::Internal, || name.into())
    }

    /// Starts the span of a request to a site.
    pub(crate) fn client(parent: &TracePosition, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        Self::start(parent, SpanKind::Client, name)
    }

    fn start(parent: &TracePosition, kind: SpanKind, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        let context = TRACING.get().map(|tracing| {
            let root = Context::new();
            let parent = parent.0.as_ref().unwrap_or(&root);
            let span = tracing.tracer.build_with_context(SpanBuilder::from_name(name()).with_kind(kind), parent);
            root.with_span(span)
        });
        Self { position: TracePosition(context), outcome_is_known: false }
    }

    /// Returns the position below this span.
    #[must_use]
    pub fn position(&self) -> &TracePosition {
        &self.position
    }

    /// Returns the trace id, as 32 hexadecimal digits; `None` if traces are off.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.context().map(|context| context.trace_id().to_string())
    }

    /// Ends the span with the attributes of its outcome.
    pub fn finish(mut self, describe: impl FnOnce(&Attributes<'_>)) {
        self.outcome_is_known = true;
        self.position.describe(describe);
    }

    /// Sets `traceparent` in a request to a site, if the configuration allows it.
    pub(crate) fn propagate(&self, headers: &mut HeaderMap) {
        let propagates = TRACING.get().is_some_and(|tracing| tracing.propagation == Propagation::ToSites);
        if let Some(context) = self.context().filter(|_| propagates) {
            traceparent::insert(headers, &context);
        }
    }

    fn context(&self) -> Option<SpanContext> {
        let context = self.position.0.as_ref()?.span().span_context().clone();
        context.is_valid().then_some(context)
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if !self.outcome_is_known {
            self.position.describe(|span| {
                span.set_error(ABANDONED);
                span.fail();
            });
        }
        // Other work may still hold the position, so the span is ended here.
        if let Some(context) = &self.position.0 {
            context.span().end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_without_installed_tracer_is_empty() {
        let name = || unreachable!("the name of a span that is not exported");
        let span = Span::server(&TracePosition::of_caller(None), name);
        assert!(span.trace_id().is_none() && span.position().0.is_none());
        let mut headers = HeaderMap::new();
        Span::client(span.position(), name).propagate(&mut headers);
        assert!(headers.is_empty());
        span.finish(|_| unreachable!("the outcome of a span that is not exported"));
    }
}
