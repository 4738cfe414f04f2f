//! The checks of a request's head, before anything else reads it: its size, its framing, its host, and fields that must
//! not be repeated. A repeated field is refused, because another program, such as a proxy, may use the other value.

use std::net::Ipv6Addr;

use crate::problem::Failure;
use axum::extract::Request;
use axum::http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Uri, Version};
use axum::response::{IntoResponse as _, Response};
use polyhost_engine::problem::{Code, Fault, Problem};
use polyhost_listener::Ambiguity;

/// The largest request line and the largest header fields, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The largest number of header fields. On HTTP/1, the HTTP library itself refuses more.
const MAX_FIELDS: usize = 100;

/// The fields that must not be repeated. List fields such as If-Match may be.
const SINGLE: [&str; 14] = [
    "Access-Control-Request-Method",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Host",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Event-ID",
    "Origin",
    "Range",
    "Sec-Fetch-Site",
    "X-API-Key",
];

/// Returns the response to a head that is too large, ambiguous or malformed; `None` if the head is good.
pub(crate) fn refusal(request: &Request) -> Option<Response> {
    if let Some(ambiguity) = request.extensions().get::<Ambiguity>() {
        let (field, what) = ambiguity.fault();
        return Some(ambiguous(Fault::parameter(field, what)));
    }
    // The HTTP library looks only at the last transfer coding. It would take a body that is still encoded by the others
    // for the decoded one.
    let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !request.headers().get_all(TRANSFER_ENCODING).iter().all(is_chunked) {
        return Some(ambiguous(Fault::parameter("Transfer-Encoding", "must be chunked")));
    }
    let fields: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if fields > MAX_HEAD || request.headers().len() > MAX_FIELDS {
        return refuse(fields_too_large());
    }
    if length(request.uri()) > MAX_HEAD {
        return refuse(line_too_long());
    }
    let mut faults = repeated(request);
    faults.extend(host_fault(request));
    if faults.is_empty() { None } else { refuse(Problem::invalid(faults)) }
}

/// Returns the problem of header fields that are too large, or too many.
pub(crate) fn fields_too_large() -> Problem {
    Problem::new(Code::HeaderFieldsTooLarge, "The header fields are larger than 64 KiB, or more than 100.")
}

/// Returns the problem of a request line that is too long.
pub(crate) fn line_too_long() -> Problem {
    Problem::new(Code::UriTooLong, "The request line is longer than 64 KiB.")
}

fn refuse(problem: Problem) -> Option<Response> {
    Some(Failure(problem).into_response())
}

/// Returns the response to a head after which the start of the next request is ambiguous. Closes the connection.
fn ambiguous(fault: Fault) -> Response {
    let mut response = Failure(Problem::invalid(vec![fault])).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns the length of a request target.
fn length(target: &Uri) -> usize {
    let scheme = target.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let authority = target.authority().map_or(0, |authority| authority.as_str().len());
    scheme + authority + target.path_and_query().map_or(0, |path| path.as_str().len())
}

/// Returns a fault for each field of [`SINGLE`] that is repeated.
fn repeated(request: &Request) -> Vec<Fault> {
    let headers = request.headers();
    // Most requests repeat no field at all.
    if headers.len() == headers.keys_len() {
        return Vec::new();
    }
    let is_repeated = |name: &&str| headers.get_all(*name).iter().nth(1).is_some();
    SINGLE.into_iter().filter(is_repeated).map(|name| Fault::parameter(name, "must not be repeated")).collect()
}

/// Returns the fault of the request's host: in `Host`, in the request target, or between the two.
fn host_fault(request: &Request) -> Option<Fault> {
    let target = request.uri().authority();
    if target.is_some_and(|authority| !is_authority(authority.as_str().as_bytes())) {
        return Some(Fault::parameter("request target", "must name a host, and a port if any"));
    }
    let fault = |what| Some(Fault::parameter("Host", what));
    match (request.headers().get(HOST), target, request.version()) {
        (Some(host), _, _) if !is_authority(host.as_bytes()) => fault("must be a host, and a port if any"),
        (Some(host), Some(target), Version::HTTP_2)
            if !host.as_bytes().eq_ignore_ascii_case(target.as_str().as_bytes()) =>
        {
            fault("must equal the field \":authority\"")
        }
        (None, _, Version::HTTP_11) => fault("is missing"),
        _ => None,
    }
}

/// Returns whether a text is a host with an optional port (RFC 3986), without user information.
fn is_authority(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = rest.strip_prefix(':');
        return address.parse::<Ipv6Addr>().is_ok() && port.map_or(rest.is_empty(), is_port);
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    is_name(host.as_bytes()) && port.is_none_or(is_port)
}

fn is_name(host: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte);
    let mut rest = host;
    while let Some((first, behind)) = rest.split_first() {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => behind,
            (first, behind) if is_plain(first) => behind,
            _ => return false,
        };
    }
    !host.is_empty()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn host_is_a_name_or_an_address_with_optional_port() {
        for good in ["a", "a.b-c_d", "a:0", "a:65535", "127.0.0.1:80", "[::1]", "[::1]:8080", "a%20b", "xn--bcher-kva"]
        {
            assert!(is_authority(good.as_bytes()), "{good}");
        }
        for bad in [
            "", ":80", "a b", "a/b", "a@b", "a?b", "a#b", "a\\b", "a:", "a:b", "a:-1", "a:+1", "a:65536", "a:80:80",
            "[::1", "[]", "[a]", "[::1]a", "[::1]:x", "::1", "a%2", "a%zz", "a\"b", "<a>", "a\tb", "bücher",
        ] {
            assert!(!is_authority(bad.as_bytes()), "{bad}");
        }
        assert!(!is_authority(b"a\x80"));
    }

    #[test]
    fn hundred_fields_are_accepted_and_no_more() {
        let refused = |count: usize| {
            let first = Request::builder().header(HOST, "a");
            let all = (1..count).fold(first, |request, number| request.header(format!("x-{number}"), "a"));
            refusal(&all.body(Body::empty()).unwrap()).map(|response| response.extensions().get::<Problem>().cloned())
        };
        assert!(refused(MAX_FIELDS).is_none());
        assert_eq!(refused(MAX_FIELDS + 1).unwrap().unwrap().code(), Code::HeaderFieldsTooLarge);
    }

    #[test]
    fn every_repeated_field_is_named() {
        let request = Request::builder().header("origin", "a").header("Range", "a").header("if-match", "a");
        let request = request.header("origin", "a").header("range", "b").header("if-match", "b").header("host", "a");
        let faults = repeated(&request.body(Body::empty()).unwrap());
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn target_with_another_host_is_refused_in_http_2() {
        let request = |target: &str, host: &str, version| {
            let request = Request::builder().uri(target).header(HOST, host).version(version);
            host_fault(&request.body(Body::empty()).unwrap()).is_some()
        };
        assert!(request("http://a/", "b", Version::HTTP_2));
        assert!(!request("http://a/", "A", Version::HTTP_2));
        assert!(!request("http://a/", "b", Version::HTTP_11));
        assert!(request("http://a@b/", "b", Version::HTTP_11));
    }
}
