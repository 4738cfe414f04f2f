//! The origin check for a gateway without API keys: it serves only programs of this machine, and no web page of another
//! site.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};
use polyhost_engine::problem::{Code, Problem};

use crate::app::App;
use crate::forwarded;

/// Returns the problem for a request from a web page of another site, if callers need no key.
///
/// A browser of this machine may show such a page; then its `Origin` is foreign. Or the page's host name resolves to
/// this machine (DNS rebinding); then its `Host` is foreign.
pub(crate) fn refusal(app: &App, request: &Request) -> Option<Problem> {
    if !app.rosters().current().callers().are_keyless() {
        return None;
    }
    let host = host(request.headers(), request.uri());
    let is_local_host = |host: &str| host.parse().is_ok_and(|host| is_local(&host));
    let local = host.as_ref().is_some_and(is_local)
        && request.uri().authority().is_none_or(is_local)
        && forwarded::hosts(request).into_iter().all(is_local_host);
    if local && !is_foreign(request.headers(), host.as_ref()) {
        return None;
    }
    let detail = "Without API keys, only programs of this machine may call the gateway, not web pages of other sites.";
    Some(Problem::new(Code::Forbidden, detail))
}

fn host(headers: &HeaderMap, uri: &Uri) -> Option<Authority> {
    let field = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    field.or_else(|| uri.authority().cloned())
}

fn is_local(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let itself =
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    itself && !authority.as_str().contains('@')
}

fn is_foreign(headers: &HeaderMap, host: Option<&Authority>) -> bool {
    let cross_site =
        headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    let own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok()?.split_once("://")?.1;
        Some(origin.eq_ignore_ascii_case(host?.as_str()))
    };
    cross_site || headers.get(ORIGIN).is_some_and(|origin| own(origin) != Some(true))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn only_this_machine_and_its_own_pages_are_local() {
        let authority = |text: &str| text.parse::<Authority>().unwrap();
        for local in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"] {
            assert!(is_local(&authority(local)), "{local}");
        }
        for foreign in
            ["example.org", "10.0.0.1:8080", "localhost.example.org", "127.0.0.1.example.org", "example.org@localhost"]
        {
            assert!(!is_local(&authority(foreign)), "{foreign}");
        }
        let host = authority("127.0.0.1:8080");
        let foreign = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            is_foreign(&headers, Some(&host))
        };
        assert!(!foreign("origin", "http://127.0.0.1:8080"));
        assert!(!foreign("sec-fetch-site", "same-origin"));
        for origin in ["http://127.0.0.1:3000", "https://example.org", "null", "http://localhost:8080"] {
            assert!(foreign("origin", origin), "{origin}");
        }
        assert!(foreign("sec-fetch-site", "cross-site") && foreign("sec-fetch-site", "Cross-Site"));
    }
}
