//! The context that accompanies a client's request through this crate. The crates below use a [`Scope`] instead.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use polyhost_config::Client;
use polyhost_engine::problem::{Occurrence, Problem};
use polyhost_engine::roster::Roster;
use polyhost_upstream::Scope;
use uuid::Uuid;

use crate::limits::RateLimitStatus;
use crate::operation::{Operation, Rules};
use crate::problem::Failure;

/// The context of a request whose client is known. Clones share the same context.
#[derive(Clone)]
pub(crate) struct RequestContext(Arc<Shared>);

pub(crate) struct Shared {
    /// The request's id and path, for the body of a problem.
    pub(crate) occurrence: Occurrence,
    /// The address of the caller, if it is known.
    pub(crate) address: Option<IpAddr>,
    /// The operation of the request; `None` if the request matches no operation of the API.
    pub(crate) operation: Option<Arc<Operation>>,
    /// The rules of the operation, or those of a request for none.
    pub(crate) rules: Rules,
    pub(crate) client: Arc<Client>,
    /// The roster at the time the request arrived. The whole request uses this one, even if the configuration is
    /// reloaded meanwhile.
    pub(crate) roster: Arc<Roster>,
    /// The state of the client's rate limit; `None` if the client has none or the shared state is unreachable.
    pub(crate) rate_limit: Option<RateLimitStatus>,
    /// The scope that all work for the request shares in the crates below.
    pub(crate) scope: Scope,
}

impl RequestContext {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for RequestContext {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Failure;

    /// Takes the context that the pipeline inserts before any handler of the API runs.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(parts.extensions.get().cloned().ok_or_else(Problem::internal)?)
    }
}

/// The id of a request: the one that the caller sent if it is usable, else a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Returns the value of `X-Request-Id` if it is 1 to 128 visible ASCII characters, else a new id.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let usable = |id: &&[u8]| (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
        let given = headers.get("x-request-id").map(axum::http::HeaderValue::as_bytes).filter(usable);
        let text = given.and_then(|id| std::str::from_utf8(id).ok()).map(Arc::from);
        Self(
            text.unwrap_or_else(|| {
                Arc::from(&*Uuid::now_v7().as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }),
        )
    }

    /// Returns the id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id with a path, below a prefix that a proxy has removed.
    pub(crate) fn at(&self, path: &str, prefix: String) -> Occurrence {
        Occurrence { request_id: Arc::clone(&self.0), path: path.to_owned(), prefix }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_request_id_is_replaced() {
        let of =
            |id: &str| RequestId::of(&HeaderMap::from_iter([("x-request-id".parse().unwrap(), id.parse().unwrap())]));
        assert_eq!(of("abc-123").as_str(), "abc-123");
        for bad in ["", "a b", &"x".repeat(129)] {
            assert_ne!(of(bad).as_str(), bad);
        }
    }
}
