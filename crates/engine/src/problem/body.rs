//! The JSON body of a problem.

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
    /// The path of a page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short name for people.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// A description of the problem, for people.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// The kind of the problem, for programs. New codes may appear.
    pub code: &'static str,
    /// The id of the request, as in the header `X-Request-Id` and in the gateway's log.
    pub request_id: String,
    /// If true, nothing was changed at the site, and the same request may be sent again.
    pub retryable: bool,
    /// The time to wait before the next attempt, in seconds.
    pub retry_after: Option<u64>,
    /// The faults of the request that were found.
    pub errors: Vec<Fault>,
    /// The fields that a PATCH had changed before it failed.
    pub applied: Vec<&'static str>,
    /// If true, a corrupted or unwanted copy of an upload remains at the site.
    pub left_behind: bool,
    /// The call to the site that caused the problem, if there was one.
    pub upstream: Option<UpstreamBody>,
}

/// The call to a site that caused a problem.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(title = "Upstream", as = Upstream, example = json!({
    "provider": "pstream", "operation": "file/info", "http_status": 200, "status": "404", "message": "Video not found"
}))]
pub struct UpstreamBody {
    /// The provider that was called.
    pub provider: String,
    /// The site's name of the operation; `request` if the request's calls together exceeded the time limit.
    pub operation: &'static str,
    /// The HTTP status of the site's response; `null` if there was none.
    pub http_status: Option<u16>,
    /// The status inside the body of the site's response.
    pub status: Option<String>,
    /// The site's message: at most 300 characters, with secrets masked.
    pub message: Option<String>,
}

/// The request in which a problem occurred.
#[derive(Debug, Clone, Default)]
pub struct Occurrence {
    /// The request id.
    pub request_id: Arc<str>,
    /// The path of the request.
    pub path: String,
    /// The path prefix that a proxy has removed; empty if there is none.
    pub prefix: String,
}

impl Occurrence {
    /// Returns a path of the gateway with the prefix, as the caller must request it.
    #[must_use]
    pub fn with_prefix(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl ProblemBody {
    /// Returns the body of a problem that occurred in a request.
    #[must_use]
    pub fn new(problem: &Problem, request: &Occurrence) -> Self {
        let inner = &problem.0;
        Self {
            kind: request.with_prefix(&inner.code.page()),
            title: inner.code.title(),
            status: inner.code.status().as_u16(),
            detail: inner.detail.clone(),
            instance: request.with_prefix(&request.path),
            code: inner.code.as_str(),
            request_id: request.request_id.to_string(),
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
