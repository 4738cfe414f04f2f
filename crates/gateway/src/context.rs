//! Everything that travels with a client's request through this crate. Below it, a [`Scope`] does.

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

use crate::limits::Standing;
use crate::operation::Operation;
use crate::problem::Failure;

/// The context of a request whose client is known. Clones are the same one.
#[derive(Clone)]
pub(crate) struct RequestContext(Arc<Shared>);

pub(crate) struct Shared {
    /// The request's id and path, which a problem names.
    pub(crate) occurrence: Occurrence,
    /// The operation that the request is for; `None` if it is for none of the API's.
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) client: Arc<Client>,
    /// The roster as it was when the request came. The whole request keeps to it.
    pub(crate) roster: Arc<Roster>,
    /// The state of the client's rate limit; `None` if it has none.
    pub(crate) standing: Option<Standing>,
    /// What the work for the request shares below this crate.
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

    /// The pipeline puts it there before any handler of the API runs.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(parts.extensions.get().cloned().ok_or_else(Problem::internal)?)
    }
}

/// The id of a request: the caller's own if it is usable, else a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Takes `X-Request-Id`: 1 to 128 visible ASCII characters. Anything else is replaced.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let usable = |id: &&[u8]| (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
        let given = headers.get("x-request-id").map(axum::http::HeaderValue::as_bytes).filter(usable);
        let text = given.and_then(|id| std::str::from_utf8(id).ok()).map(Arc::from);
        Self(text.unwrap_or_else(|| Uuid::now_v7().to_string().into()))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id and a path.
    pub(crate) fn at(&self, path: &str) -> Occurrence {
        Occurrence { request_id: Arc::clone(&self.0), path: path.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_request_id_is_kept_only_if_it_is_usable() {
        let of =
            |id: &str| RequestId::of(&HeaderMap::from_iter([("x-request-id".parse().unwrap(), id.parse().unwrap())]));
        assert_eq!(of("abc-123").as_str(), "abc-123");
        for bad in ["", "a b", &"x".repeat(129)] {
            assert_ne!(of(bad).as_str(), bad);
        }
    }
}
