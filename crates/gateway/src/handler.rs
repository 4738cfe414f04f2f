//! The handlers behind the router, as the pipeline runs them.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use polyhost_engine::problem::Problem;
use tower::ServiceExt as _;

use crate::problem::Failure;

/// The handlers of all routes.
#[derive(Clone)]
pub(crate) struct Handler(pub(crate) Router);

impl Handler {
    /// Runs the handler of a request's route. A panic fails only this request, which is counted, audited and recorded
    /// like any other.
    pub(crate) async fn run(self, request: Request) -> Response {
        match AssertUnwindSafe(self.0.oneshot(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => panicked(&*panic),
        }
    }
}

/// Logs a panic and returns the `internal` problem as the response.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("unknown"), "a handler panicked");
    Failure(Problem::internal()).into_response()
}
