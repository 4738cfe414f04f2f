//! Answers that replace an operation: a firewall's page, a broken or missing endpoint, or a redirect of the API. The
//! operation is not performed. The request's body is read first, except for [`InterceptAnswer::Hang`].

use std::future::pending;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{HOST, LOCATION, RETRY_AFTER};
use http::{StatusCode, Uri};

use crate::protocol::Protocol;
use crate::serve;

/// An answer that replaces some operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intercept {
    /// The operations, as the journal names them. An empty list means every operation of the API.
    pub operations: Vec<String>,
    /// The answer.
    pub answer: InterceptAnswer,
}

/// The answer of an intercepted operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterceptAnswer {
    /// A firewall's HTML page with an HTTP status. 429 and 503 have `Retry-After: 30`.
    Firewall(u16),
    /// The web server's own error page, with an HTTP status.
    ErrorPage(u16),
    /// An HTML page with HTTP 200, as during maintenance.
    Html,
    /// No answer: the connection stays open.
    Hang,
    /// HTTP 404 with the site's own error in JSON.
    NotFound,
    /// The answer for an operation that the site does not have.
    NoMethod,
    /// A redirect of the whole API.
    Redirect {
        /// 301, 302, 307 or 308.
        status: u16,
        /// The target: the same path and query at another origin.
        to: RedirectTarget,
    },
}

/// The target of a redirect of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectTarget {
    /// The same host, by https.
    Https,
    /// The same host with the prefix `www.`. An IP address becomes `www.localhost`.
    Www,
    /// An origin such as `http://127.0.0.1:7009`.
    Origin(String),
}

impl Intercept {
    /// Replaces every operation of the API.
    pub fn all(answer: InterceptAnswer) -> Self {
        Self { operations: Vec::new(), answer }
    }

    /// Replaces one operation, such as `file/info`.
    pub fn of(operation: &str, answer: InterceptAnswer) -> Self {
        Self { operations: vec![operation.to_owned()], answer }
    }

    fn covers(&self, protocol: &Protocol, path: &str) -> bool {
        if self.operations.is_empty() {
            return path.starts_with(protocol.api);
        }
        let requested = (protocol.operation)(path);
        self.operations.iter().any(|operation| *operation == requested)
    }
}

/// Answers a request by the first intercept that covers it, or passes it on if none does.
pub(crate) async fn intercept(
    State((protocol, intercepts)): State<(Protocol, Arc<[Intercept]>)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let Some(found) = intercepts.iter().find(|intercept| intercept.covers(&protocol, path)) else {
        return next.run(request).await;
    };
    let operation = (protocol.operation)(path).into_owned();
    let (head, body) = request.into_parts();
    if found.answer == InterceptAnswer::Hang {
        let _unread = body;
        return pending().await;
    }
    serve::drain(body).await;
    match &found.answer {
        InterceptAnswer::Firewall(status) => page(*status, "Access denied"),
        InterceptAnswer::ErrorPage(status) => serve::error_page(code(*status)),
        InterceptAnswer::Html => page(200, "We will be back soon"),
        InterceptAnswer::NotFound => {
            let envelope = (protocol.envelope)(404, protocol.not_found);
            (StatusCode::NOT_FOUND, axum::Json(envelope)).into_response()
        }
        InterceptAnswer::NoMethod | InterceptAnswer::Hang => (protocol.no_method)(&operation),
        InterceptAnswer::Redirect { status, to } => {
            let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            redirect(*status, to, host, &head.uri)
        }
    }
}

fn page(status: u16, title: &str) -> Response {
    let html = Html(format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    ));
    let mut response = (code(status), html).into_response();
    if matches!(status, 429 | 503) {
        response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from_static("30"));
    }
    response
}

fn redirect(status: u16, to: &RedirectTarget, host: &str, requested: &Uri) -> Response {
    let origin = match to {
        RedirectTarget::Https => format!("https://{host}"),
        RedirectTarget::Www => format!("http://{}", with_www(host)),
        RedirectTarget::Origin(origin) => origin.clone(),
    };
    let path = requested.path_and_query().map_or("/", |path| path.as_str());
    (code(status), [(LOCATION, format!("{origin}{path}"))]).into_response()
}

fn with_www(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let is_address = name.starts_with('[') || name.parse::<std::net::Ipv4Addr>().is_ok();
    format!("www.{}{port}", if is_address { "localhost" } else { name })
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::with_www;

    #[test]
    fn www_keeps_the_port_and_replaces_an_address() {
        assert_eq!(with_www("files.example:8080"), "www.files.example:8080");
        assert_eq!(with_www("127.0.0.1:7001"), "www.localhost:7001");
        assert_eq!(with_www("[::1]:7001"), "www.localhost:7001");
        assert_eq!(with_www("files.example"), "www.files.example");
    }
}
