//! Extractors for the header fields that control the response: `Cache-Control` and the preconditions.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use polyhost_engine::catalogue::Freshness;
use polyhost_engine::preconditions::Preconditions;

use crate::problem::Failure;

/// The freshness that the caller requires of the response.
pub(crate) struct CacheControl(pub Freshness);

impl<S: Sync> FromRequestParts<S> for CacheControl {
    type Rejection = Infallible;

    /// Reads `Cache-Control: no-cache`, which requires a new request to the site.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(freshness(&parts.headers)))
    }
}

/// Returns the freshness that the header fields of a request require.
pub(crate) fn freshness(headers: &HeaderMap) -> Freshness {
    // The crate `headers` would read the directives only in lower case.
    let fields = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let anew = fields.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case("no-cache"));
    if anew { Freshness::NoCache } else { Freshness::Cached }
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
    async fn no_cache_is_read_in_any_case_and_position() {
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
            assert_eq!(freshness == Freshness::NoCache, anew, "{fields:?}");
        }
    }
}
