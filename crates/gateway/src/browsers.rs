//! The response header fields for browsers: content security policies, protection against MIME sniffing, and CORS.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, ACCEPT_RANGES, AGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LOCATION,
    CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LOCATION, RANGE, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polyhost_config::CorsOrigins;
use sha2::{Digest as _, Sha256};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::problem::PAGE_STYLE;

/// The policy for JSON: even if a browser renders it, it loads nothing, runs nothing and appears in no frame.
const LOAD_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The policy for the bytes of files, which may be hostile: an HTML page among them runs nothing and has no origin.
const FILE: &str = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";
/// The policy for Swagger UI, which uses inline styles and images from `data:` URLs.
const SWAGGER_UI: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The policy for the pages that explain problems: it permits only their one style.
static PROBLEM_PAGE: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(PAGE_STYLE));
    let policy = format!("{LOAD_NOTHING}; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(LOAD_NOTHING))
});

/// The time for which a browser may cache the response to a CORS preflight request.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

/// Adds the header fields that protect browsers to the response of a route.
pub(crate) fn protect(route: &str, headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, policy(route, headers));
}

fn policy(route: &str, headers: &HeaderMap) -> HeaderValue {
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match route {
        "/problems/{code}" if is_page => PROBLEM_PAGE.clone(),
        _ if route == "/docs" || route.starts_with("/docs/") => HeaderValue::from_static(SWAGGER_UI),
        _ if route.ends_with("/content") => HeaderValue::from_static(FILE),
        _ => HeaderValue::from_static(LOAD_NOTHING),
    }
}

/// Returns the CORS layer that lets web pages of the configured origins call; `None` if there are none.
///
/// Such a page still needs an API key. Unlike cookies, a browser never adds the key by itself. So an origin gains no
/// access that the page does not already have.
pub(crate) fn cors(origins: &CorsOrigins) -> Option<CorsLayer> {
    let allowed = match origins {
        CorsOrigins::Any => AllowOrigin::any(),
        CorsOrigins::These(origins) if origins.is_empty() => return None,
        CorsOrigins::These(origins) => AllowOrigin::list(origins.clone()),
    };
    let name = HeaderName::from_static;
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];
    let request_fields = [ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RANGE];
    let conditions = [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE];
    let own_request_fields = ["idempotency-key", "last-event-id", "traceparent", "x-api-key", "x-request-id"].map(name);
    let response_fields =
        [ACCEPT_RANGES, AGE, ALLOW, CONTENT_DISPOSITION, CONTENT_LOCATION, CONTENT_RANGE, ETAG, LOCATION, RETRY_AFTER];
    let own_response_fields =
        ["cache-status", "idempotency-replayed", "proxy-status", "ratelimit", "ratelimit-policy", "x-request-id"];
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(methods)
        .allow_headers(request_fields.into_iter().chain(conditions).chain(own_request_fields).collect::<Vec<_>>())
        .expose_headers(
            response_fields
                .into_iter()
                .chain(own_response_fields.map(name))
                .chain([WWW_AUTHENTICATE])
                .collect::<Vec<_>>(),
        )
        .max_age(PREFLIGHT_MAX_AGE);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_response_has_its_policy() {
        let of = |route: &str, kind: &'static str| {
            let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
            protect(route, &mut headers);
            assert_eq!(headers["x-content-type-options"], "nosniff");
            headers["content-security-policy"].to_str().unwrap().to_owned()
        };
        let json = of("/v1/me", "application/json");
        assert_eq!(json, "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(of("/problems/{code}", "application/problem+json"), json);
        assert!(of("/problems/{code}", "text/html; charset=utf-8").contains("style-src 'sha256-"));
        assert!(of("/docs/{*rest}", "text/html").contains("script-src 'self';"));
        assert!(of("/v1/accounts/{account}/files/{id}/content", "text/html").ends_with("; sandbox"));
    }

    #[test]
    fn cors_is_off_unless_configured() {
        assert!(cors(&CorsOrigins::default()).is_none());
        assert!(cors(&CorsOrigins::Any).is_some());
    }
}
