//! Renders problems: the JSON body, its header fields, and the page that explains a code.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use headers::{ContentRange, HeaderMapExt as _};
use polyhost_domain::TransportFault;
use polyhost_engine::problem::{Code, Facts, Occurrence, Problem, ProblemBody, Upstream, whole_seconds};

/// The style of the pages that explain codes. Their content security policy permits only this style.
pub(crate) const PAGE_STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;\
    padding:0 1rem}code{background:#8882;padding:.1rem .3rem;border-radius:.2rem}";

/// The media type of problems.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// Gives a response that carries a [`Problem`] its body and header fields.
pub(crate) fn render(mut response: Response, request: &Occurrence) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    // Cannot fail: the body consists of strings and numbers.
    let json = serde_json::to_vec(&ProblemBody::new(&problem, request)).unwrap_or_default();
    let headers = response.headers_mut();
    // The router has set the length of the empty body.
    headers.insert(CONTENT_LENGTH, HeaderValue::from(json.len()));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    describe(problem.facts(), headers);
    *response.body_mut() = Body::from(json);
    response.extensions_mut().insert(problem.code());
    response
}

fn describe(problem: &Facts, headers: &mut HeaderMap) {
    if problem.code == Code::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(wait) = problem.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    if let Some(size) = problem.file_size {
        headers.typed_insert(ContentRange::unsatisfied_bytes(size));
    }
    let status = problem.upstream.as_ref().map(proxy_status);
    if let Some(Ok(value)) = status.map(HeaderValue::try_from) {
        headers.insert(PROXY_STATUS, value);
    }
}

/// Returns the value of `Proxy-Status` (RFC 9209).
fn proxy_status(upstream: &Upstream) -> String {
    let error = upstream.transport.map(|fault| format!("; error={}", error_type(fault))).unwrap_or_default();
    let received = upstream.answer.http_status.map(|status| format!("; received-status={status}")).unwrap_or_default();
    // A provider's id may begin with a digit, which a token of RFC 9651 may not. `next_hop` then returns a string.
    format!("polyhost{error}; next-hop={}{received}", next_hop(upstream.provider.as_str()))
}

fn next_hop(provider: &str) -> String {
    if provider.starts_with(|first: char| first.is_ascii_alphabetic()) {
        provider.to_owned()
    } else {
        format!("\"{provider}\"")
    }
}

/// Returns the error type of RFC 9209, section 2.3.
fn error_type(fault: TransportFault) -> &'static str {
    match fault {
        TransportFault::DnsError => "dns_error",
        TransportFault::ConnectionRefused => "connection_refused",
        TransportFault::ConnectionTimeout => "connection_timeout",
        TransportFault::ConnectionTerminated => "connection_terminated",
        TransportFault::ResponseTimeout => "http_response_timeout",
        TransportFault::ResponseTooLarge => "http_response_body_size",
        TransportFault::ProtocolError => "http_protocol_error",
        TransportFault::DestinationProhibited => "destination_ip_prohibited",
        TransportFault::DestinationUnavailable => "destination_unavailable",
    }
}

/// Returns the HTML page that explains a code to people.
#[must_use]
pub(crate) fn page(code: Code) -> Response {
    let (name, title, status) = (code.as_str(), code.title(), code.status().as_u16());
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{PAGE_STYLE}</style>\
         <h1>{title}</h1><p><code>{name}</code>, answered with HTTP status {status}.</p><p>{}</p>\
         <p><a href=\"../docs/\">The API</a></p></html>",
        escape(code.explanation()),
    );
    Html(html).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Failure;
    use polyhost_domain::{Error, ErrorKind, UpstreamAnswer};

    #[test]
    fn proxy_status_has_error_next_hop_and_received_status() {
        let provider = "pstream".parse().unwrap();
        let answer = UpstreamAnswer { http_status: Some(200), ..UpstreamAnswer::default() };
        let error = Error::new(ErrorKind::Timeout)
            .at(&provider, "file/info")
            .with_transport(TransportFault::ResponseTimeout)
            .with_answer(answer);
        let response = render(Failure::from(error).into_response(), &Occurrence::default());
        assert_eq!(
            response.headers()["proxy-status"],
            "polyhost; error=http_response_timeout; next-hop=pstream; received-status=200"
        );
    }
}
