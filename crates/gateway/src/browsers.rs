//! What answers say to browsers: what a page of ours may load, what nobody may guess, and which other pages may call.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, ACCEPT_RANGES, AGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LOCATION, RANGE, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polyhost_config::CorsOrigins;
use sha2::{Digest as _, Sha256};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::problem::PAGE_STYLE;

/// For JSON: whatever a browser makes of it, it loads nothing, runs nothing and is shown in no frame.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// For the bytes of files, which strangers may have chosen: a page among them runs nothing and belongs to no origin.
const FILE: &str = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";
/// For Swagger UI, which writes styles into its elements and draws its pictures from `data:` addresses.
const SWAGGER_UI: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For the pages on problems: their one style, and nothing else.
static PROBLEM_PAGE: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(PAGE_STYLE));
    let policy = format!("{NOTHING}; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(NOTHING))
});

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Adds to the answer of a route what keeps browsers from taking it for something else.
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
        _ => HeaderValue::from_static(NOTHING),
    }
}

/// Lets web pages of other origins call, where there are any that may. They still need a key, which a browser adds by
/// itself to nothing: so no origin needs to be trusted with what the browser holds.
pub(crate) fn cors(origins: &CorsOrigins) -> Option<CorsLayer> {
    let allowed = match origins {
        CorsOrigins::Any => AllowOrigin::any(),
        CorsOrigins::These(origins) if origins.is_empty() => return None,
        CorsOrigins::These(origins) => AllowOrigin::list(origins.clone()),
    };
    let name = HeaderName::from_static;
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];
    let asked = [ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RANGE];
    let conditions = [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE];
    let asked_here = ["idempotency-key", "last-event-id", "traceparent", "x-api-key", "x-request-id"].map(name);
    let told = [ACCEPT_RANGES, AGE, ALLOW, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, LOCATION, RETRY_AFTER];
    let told_here =
        ["cache-status", "idempotency-replayed", "proxy-status", "ratelimit", "ratelimit-policy", "x-request-id"];
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(methods)
        .allow_headers(asked.into_iter().chain(conditions).chain(asked_here).collect::<Vec<_>>())
        .expose_headers(told.into_iter().chain(told_here.map(name)).chain([WWW_AUTHENTICATE]).collect::<Vec<_>>())
        .max_age(REMEMBERED);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_answer_has_its_policy() {
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
    fn nobody_may_call_from_elsewhere_unless_told() {
        assert!(cors(&CorsOrigins::default()).is_none());
        assert!(cors(&CorsOrigins::Any).is_some());
    }
}
