//! The record of a request: its id, its spans in the log and in the trace, its log line and its metrics.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, LOCATION};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use polyhost_config::{AccessLog, Client, ServerConfig};
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_upstream::{Scope, TraceParent};
use tracing::Span;

use crate::access_log::Line;
use crate::context::RequestId;
use crate::measure::{Answered, Meter};
use crate::operation::{Operation, Rules};
use crate::problem::render;
use crate::routing::{Route, Routes};
use crate::server_span::{Described, ServerSpan};
use crate::{browsers, forwarded};

/// The header field with a request's id, in requests and responses.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The record of one request.
pub(crate) struct Record {
    /// Its span in the log. Most answers from the cache need none.
    span: OnceLock<Span>,
    /// The id of its trace; empty without one.
    trace_id: String,
    /// Its span in the trace.
    pub(crate) exported: ServerSpan,
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) rules: Rules,
    pub(crate) occurrence: Occurrence,
    /// The route; `None` if no route matches.
    route: Option<Arc<Route>>,
    method: Method,
    began: Instant,
    access_log: AccessLog,
    /// Set once the client is known.
    client: OnceLock<Arc<Client>>,
    /// Set when the request begins to run.
    scope: OnceLock<Scope>,
}

impl Record {
    pub(crate) fn begin(request: &Request, routes: &Routes, server: &ServerConfig) -> Self {
        let route = routes.find(request.uri().path()).cloned();
        let pattern = pattern(route.as_ref());
        let (id, method) = (RequestId::of(request.headers()), request.method().clone());
        let occurrence = id.at(request.uri().path(), forwarded::prefix(request));
        let operation = route.as_ref().and_then(|route| route.operation(&method)).cloned();
        let caller = TraceParent::of(request.headers());
        let scheme = if server.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        let described = Described { id: &id, method: &method, route: pattern, operation: operation.as_deref(), scheme };
        let exported = ServerSpan::start(&described, caller);
        let callers_trace = || caller.map_or_else(String::new, |caller| caller.trace_id().to_owned());
        Self {
            span: OnceLock::new(),
            trace_id: exported.trace_id().unwrap_or_else(callers_trace),
            exported,
            // A request for no operation costs and may do no more than the cheapest read.
            rules: operation.as_ref().map_or(Rules::OPEN, |operation| operation.rules),
            operation,
            occurrence,
            route,
            method,
            began: Instant::now(),
            access_log: server.access_log,
            client: OnceLock::new(),
            scope: OnceLock::new(),
        }
    }

    /// Stores the client.
    pub(crate) fn identified(&self, client: &Arc<Client>) {
        let _ = self.client.set(Arc::clone(client));
    }

    /// Stores the scope of the request's work.
    pub(crate) fn running(&self, scope: &Scope) {
        let _ = self.scope.set(scope.clone());
    }

    /// Returns the span of the request in the log.
    pub(crate) fn span(&self) -> Span {
        let span = || {
            let (id, method, route) = (&*self.occurrence.request_id, self.method.as_str(), self.route());
            tracing::info_span!("request", id, method, route, trace_id = self.trace_id)
        };
        self.span.get_or_init(span).clone()
    }

    /// Returns the pattern of the route; empty if no route matches.
    fn route(&self) -> &str {
        pattern(self.route.as_ref())
    }

    /// Writes the body of a problem, logs the request and counts it.
    pub(crate) fn end(self, mut response: Response) -> Response {
        if let Some(problem) = problem_without_body(&response, &self.method) {
            response.extensions_mut().insert(problem);
        }
        self.log_cause(&response);
        let mut response = render(response, &self.occurrence);
        if let Ok(value) = HeaderValue::try_from(&*self.occurrence.request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        self.restore_prefix(response.headers_mut());
        let route = self.route();
        browsers::protect(route, response.headers_mut());
        let (status, took) = (response.status(), self.began.elapsed());
        let waited = self.scope.get().map_or(Duration::ZERO, Scope::waited);
        self.count(&Answered { route, method: &self.method, status: status.as_u16(), took, waited });
        let code = response.extensions().get::<Code>();
        if self.access_log.includes(status) {
            let (occurrence, method, trace_id) = (&self.occurrence, &self.method, &*self.trace_id);
            let client = self.client.get().map_or("", |client| &client.name);
            Line { occurrence, route, method, status, code, took, client, trace_id }.write();
        }
        self.exported.finish(status, code);
        if self.method == Method::HEAD { without_body(response) } else { response }
    }

    /// Logs the error behind a problem with its chain of causes. No other place logs it.
    fn log_cause(&self, response: &Response) {
        let Some(problem) = response.extensions().get::<Problem>() else { return };
        let Some(error) = problem.cause() else { return };
        let _in_span = self.span().entered();
        let causes = problem.causes();
        if response.status().is_server_error() {
            tracing::warn!(%error, ?causes, "request failed");
        } else {
            tracing::debug!(%error, ?causes, "request rejected");
        }
    }

    fn count(&self, answered: &Answered<'_>) {
        match &self.operation {
            // The operation of GET is also that of HEAD, but the methods are counted apart.
            Some(operation) if self.method != Method::HEAD => {
                operation.meter.get_or_init(|| Meter::new(answered.route, answered.method)).count(answered);
            }
            _ => answered.count(),
        }
    }

    /// Adds the removed prefix to a `Location` or `Content-Location` that is a path of the gateway.
    fn restore_prefix(&self, headers: &mut HeaderMap) {
        if self.occurrence.prefix.is_empty() {
            return;
        }
        for name in [LOCATION, CONTENT_LOCATION] {
            let Some(location) = headers.get_mut(name) else { continue };
            let path = location.to_str().ok().filter(|location| location.starts_with('/'));
            if let Some(Ok(restored)) = path.map(|path| HeaderValue::try_from(self.occurrence.with_prefix(path))) {
                *location = restored;
            }
        }
    }
}

/// Returns the pattern of a route; empty if no route matches.
fn pattern(route: Option<&Arc<Route>>) -> &str {
    route.map_or("", |route| &route.pattern)
}

/// Removes the body of the response to HEAD. Its length stays in the header fields, except that of a 304: the router sets
/// the length of the body that a 304 does not have.
fn without_body(mut response: Response) -> Response {
    if response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(CONTENT_LENGTH);
    } else if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        // An empty body does not show the length: the router has already removed the bodies of its responses.
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    response.map(|_| Body::empty())
}

/// Returns the problem for a response that has a status but no body: the router and Swagger UI send such responses.
fn problem_without_body(response: &Response, method: &Method) -> Option<Problem> {
    if response.extensions().get::<Problem>().is_some() || response.headers().contains_key(CONTENT_TYPE) {
        return None;
    }
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            Some(Problem::new(Code::MethodNotAllowed, format!("The path exists, but not with {method}.")))
        }
        StatusCode::NOT_FOUND => Some(Problem::no_route()),
        _ => None,
    }
}
