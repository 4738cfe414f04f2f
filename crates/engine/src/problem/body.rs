//! A problem as JSON.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Fault, Problem};

/// A problem: RFC 9457 `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(title = "Problem", as = Problem, example = json!({
    "type": "/problems/file_not_found", "title": "File not found", "status": 404,
    "detail": "No file has the id \"x\" in account \"main\".", "instance": "/v1/accounts/main/files/x",
    "code": "file_not_found", "request_id": "0198c5a2-7f9e-7c3b-9a51-2f6d0b8e4c11", "retryable": false,
    "retry_after": null, "errors": [], "applied": [], "left_behind": false,
    "upstream": {"provider": "pstream", "operation": "file/info", "http_status": 200, "status": "404",
        "message": "Video not found"}
}))]
pub struct ProblemBody {
    /// The address of a page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short name for people.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened, for people.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// What happened, for programs. New codes may appear.
    pub code: &'static str,
    /// The id of the request, as in the header `X-Request-Id` and in the gateway's log.
    pub request_id: String,
    /// True: nothing was done at the site, and the same request may be sent again.
    pub retryable: bool,
    /// How long to wait before that, in seconds.
    pub retry_after: Option<u64>,
    /// The faults of the request that were found.
    pub errors: Vec<Fault>,
    /// The fields of a PATCH that had been changed before it failed.
    pub applied: Vec<&'static str>,
    /// True: a corrupted or unwanted copy of an upload stays at the site.
    pub left_behind: bool,
    /// The call to the site that was the cause, where one was.
    pub upstream: Option<UpstreamBody>,
}

/// The call to a site that was the cause of a problem.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(title = "Upstream", as = Upstream, example = json!({
    "provider": "pstream", "operation": "file/info", "http_status": 200, "status": "404", "message": "Video not found"
}))]
pub struct UpstreamBody {
    /// The provider that was called.
    pub provider: String,
    /// The site's name for the operation; `request` where all of the request's together took too long.
    pub operation: &'static str,
    /// The HTTP status of its answer; `null` where none came.
    pub http_status: Option<u16>,
    /// The status inside the answer's body.
    pub status: Option<String>,
    /// The site's words: at most 300 characters, secrets masked.
    pub message: Option<String>,
}

/// The request that a problem happened to.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// Its id.
    pub request_id: Arc<str>,
    /// The path that was asked for.
    pub path: String,
}

impl ProblemBody {
    /// The body of a problem that happened to this request.
    #[must_use]
    pub fn new(problem: &Problem, instance: &str, request_id: &str) -> Self {
        let inner = &problem.0;
        Self {
            kind: inner.code.page(),
            title: inner.code.title(),
            status: inner.code.status().as_u16(),
            detail: inner.detail.clone(),
            instance: instance.to_owned(),
            code: inner.code.as_str(),
            request_id: request_id.to_owned(),
            retryable: inner.retryable,
            retry_after: inner.retry_after.map(super::whole_seconds),
            errors: inner.errors.clone(),
            applied: inner.applied.clone(),
            left_behind: inner.left_behind,
            upstream: inner.upstream.as_ref().map(|upstream| UpstreamBody {
                provider: upstream.provider.to_string(),
                operation: upstream.operation,
                http_status: upstream.answer.http_status,
                status: upstream.answer.status.clone(),
                message: upstream.answer.message.clone(),
            }),
        }
    }
}
