//! Answers from the cache that need no waiting. They take none of the steps that only calls to sites need: a span in
//! the log, a time limit, a task. The handlers give the same answers.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use polyhost_config::Client;
use polyhost_engine::catalogue::Freshness;
use polyhost_engine::preconditions::Preconditions;
use polyhost_engine::roster::Roster;
use polyhost_upstream::trace::TracePosition;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::extract::{Access, Grantee, freshness, parameters};
use crate::operation::Operation;
use crate::server_span::name_account;

/// Answers a request from the cache. `None` if the cache has no fresh answer, or if the request has any fault: the
/// handler reports it.
pub(crate) type FromCache = fn(&CachedRead<'_>, &Access) -> Option<Response>;

/// A request that the cache may answer, and its client.
pub(crate) struct CachedRead<'a> {
    pub(crate) app: &'a App,
    pub(crate) request: &'a Request,
    pub(crate) client: &'a Arc<Client>,
    pub(crate) roster: &'a Roster,
    pub(crate) operation: &'a Operation,
    pub(crate) trace: &'a TracePosition,
}

impl CachedRead<'_> {
    /// Returns the answer. The request counts towards its client's concurrency limit until the answer is sent.
    pub(crate) fn answer(&self) -> Option<Response> {
        let from_cache = self.operation.from_cache.filter(|_| *self.request.method() == Method::GET)?;
        if freshness(self.request.headers()) == Freshness::NoCache {
            return None;
        }
        let permit = self.app.limits().acquire(self.client).ok()?;
        let access = self.access()?;
        let response = from_cache(self, &access)?;
        name_account(self.trace, &access);
        Some(match permit {
            Some(permit) => permit.hold(response),
            None => response,
        })
    }

    /// Returns the account in the path, if the client may use it for the operation.
    fn access(&self) -> Option<Access> {
        let grantee = Grantee { client: self.client, roster: self.roster, rules: self.operation.rules };
        let access = Access::of(self.request.uri().path(), grantee).ok()?;
        access.require_capability(self.operation.rules).ok()?;
        Some(access)
    }

    /// Returns the query parameters.
    pub(crate) fn parameters<T: DeserializeOwned>(&self) -> Option<T> {
        parameters(self.request.uri()).ok()
    }

    /// Returns the preconditions.
    pub(crate) fn conditions(&self) -> Option<Preconditions> {
        Preconditions::read(self.request.method(), self.request.headers()).ok()
    }
}
