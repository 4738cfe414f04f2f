//! The middleware in front of a simulated site: the journal, the intercepts and the faults.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::Method;

use crate::intercept::{Intercept, intercept};
use crate::journal::{Journal, Received};
use crate::protocol::Protocol;
use crate::serve::{headers, pairs};
use crate::watched::{self, InProgress};

/// The middleware of a simulator.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) protocol: Protocol,
    pub(crate) journal: Journal,
    /// The answers that replace operations.
    intercepts: Arc<[Intercept]>,
    #[cfg(feature = "faults")]
    pub(crate) faults: crate::faults::Faults,
}

impl Front {
    pub(crate) fn new(protocol: Protocol, intercepts: &[Intercept]) -> Self {
        Self {
            protocol,
            journal: Journal::default(),
            intercepts: intercepts.into(),
            #[cfg(feature = "faults")]
            faults: crate::faults::Faults::default(),
        }
    }

    /// Returns the site's routes with the middleware: recorded, intercepted by the site's options, and subject to
    /// faults.
    pub(crate) fn wrap(&self, site: Router) -> Router {
        #[cfg(feature = "faults")]
        let site = site.layer(from_fn_with_state((self.protocol, self.faults.clone()), crate::faults::inject));
        let site = site.layer(from_fn_with_state((self.protocol, Arc::clone(&self.intercepts)), intercept));
        let site = site.layer(from_fn_with_state(self.clone(), record));
        #[cfg(feature = "faults")]
        let site = site.merge(crate::faults::control(&self.faults, &self.journal));
        site
    }
}

async fn record(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let entry = front.journal.add(Received {
        operation: (front.protocol.operation)(&path).into_owned(),
        method: request.method().to_string(),
        query: pairs(request.uri().query().unwrap_or_default().as_bytes()),
        headers: headers(request.headers()),
        path,
        ..Received::default()
    });
    let in_progress = InProgress::new(entry.clone());
    let is_head = request.method() == Method::HEAD;
    request.extensions_mut().insert(entry.clone());
    let answer = next.run(request.map(|body| watched::request(body, entry))).await;
    in_progress.answer(answer, is_head)
}
