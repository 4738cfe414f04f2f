//! Problems as responses.
//!
//! A handler returns a [`Failure`]. Only [`render()`] serializes the problem as a body, because only its caller knows
//! the path and the request id.

mod examples;
mod render;
mod responses;

use axum::response::{IntoResponse, Response};
use polyhost_domain::Error;
use polyhost_engine::problem::{Faults, Problem};

pub(crate) use examples::example;
pub(crate) use render::PAGE_STYLE;
pub(crate) use render::{MEDIA_TYPE, page, render};
pub(crate) use responses::*;

/// A problem as the result of a handler.
#[derive(Debug, Clone)]
pub(crate) struct Failure(pub Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error.into())
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self(faults.into())
    }
}

impl IntoResponse for Failure {
    /// Returns a response that carries the problem as an extension, for [`render()`].
    fn into_response(self) -> Response {
        let mut response = self.0.code().status().into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}
