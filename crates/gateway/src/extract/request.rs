//! What is known of a request before anybody handles it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Request};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Uri};
use polyhost_engine::catalogue::Freshness;
use polyhost_engine::preconditions::Preconditions;
use polyhost_engine::problem::Occurrence;
use uuid::Uuid;

use crate::problem::Failure;

/// The id of a request: the caller's own where it is usable, else a new one.
#[derive(Debug, Clone)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Takes `X-Request-Id`: 1 to 128 visible ASCII characters. Anything else is replaced.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let usable = |id: &&[u8]| (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
        let given = headers.get("x-request-id").map(axum::http::HeaderValue::as_bytes).filter(usable);
        let text = given.and_then(|id| std::str::from_utf8(id).ok()).map(str::to_owned);
        Self(Arc::from(text.unwrap_or_else(|| Uuid::now_v7().to_string())))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which request a problem inside an answer belongs to.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The request's id.
    pub id: RequestId,
    /// The request's path, without its query.
    pub path: String,
}

impl RequestContext {
    /// That of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self::told_by(request.headers(), request.extensions(), request.uri())
    }

    /// What a problem inside the answer says of the request.
    #[must_use]
    pub fn occurrence(&self) -> Occurrence {
        Occurrence { request_id: Arc::clone(&self.id.0), path: self.path.clone() }
    }

    fn told_by(headers: &HeaderMap, extensions: &Extensions, uri: &Uri) -> Self {
        let id = extensions.get::<RequestId>().cloned().unwrap_or_else(|| RequestId::of(headers));
        let path = extensions.get::<OriginalUri>().map_or_else(|| uri.path(), |uri| uri.path());
        Self { id, path: path.to_owned() }
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::told_by(&parts.headers, &parts.extensions, &parts.uri))
    }
}

/// How fresh the caller wants the answer to be.
pub(crate) struct CacheControl(pub Freshness);

impl<S: Sync> FromRequestParts<S> for CacheControl {
    type Rejection = Infallible;

    /// `Cache-Control: no-cache` wants the site to be asked.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // The crate `headers` reads the directives in lower case alone.
        let fields = parts.headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        let anew = fields.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case("no-cache"));
        Ok(Self(if anew { Freshness::Anew } else { Freshness::Cached }))
    }
}

/// The preconditions of the request.
pub(crate) struct Conditions(pub Preconditions);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(Preconditions::read(&parts.method, &parts.headers)?))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[tokio::test]
    async fn no_cache_is_read_however_it_is_written() {
        for (fields, anew) in [
            (&["no-cache"][..], true),
            (&["No-Cache"], true),
            (&["max-age=0, NO-CACHE"], true),
            (&["max-age=0", "no-cache ,no-store"], true),
            (&["max-age=0", "no-store, no-cached"], false),
            (&[], false),
        ] {
            let request =
                fields.iter().fold(Request::builder(), |request, field| request.header(CACHE_CONTROL, *field));
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let CacheControl(freshness) = CacheControl::from_request_parts(&mut parts, &()).await.unwrap();
            assert_eq!(freshness == Freshness::Anew, anew, "{fields:?}");
        }
    }

    #[test]
    fn a_callers_request_id_is_kept_only_where_it_is_usable() {
        let of =
            |id: &str| RequestId::of(&HeaderMap::from_iter([("x-request-id".parse().unwrap(), id.parse().unwrap())]));
        assert_eq!(of("abc-123").as_str(), "abc-123");
        for bad in ["", "a b", &"x".repeat(129)] {
            assert_ne!(of(bad).as_str(), bad);
        }
    }
}
