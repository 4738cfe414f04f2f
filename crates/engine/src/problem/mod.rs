//! Problems (RFC 9457): the description of a failed request, as plain values. The gateway crate turns them into
//! responses.

mod body;
mod carried;
mod code;
mod fault;
mod from_domain;

use std::time::Duration;

use polyhost_domain::{Capability, FileId, ProviderId, TransportFault, UpstreamAnswer};

pub use body::{Occurrence, ProblemBody, UpstreamBody};
pub use code::Code;
pub use fault::{Fault, Faults};
pub use from_domain::code as problem_code;

/// The detail of every internal error.
const INTERNAL: &str = "The gateway has failed. Its operator can find the cause in the log by the request id.";

/// The reason of a failed request.
#[derive(Debug, Clone)]
pub struct Problem(Box<Facts>);

/// The contents of a problem.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The kind of the problem, for programs.
    pub code: Code,
    /// A description of the problem, for people.
    pub detail: String,
    /// Whether nothing was changed, so that the same request may be sent again.
    pub retryable: bool,
    /// The wait before the next attempt.
    pub retry_after: Option<Duration>,
    /// The faults of the request that were found.
    pub errors: Vec<Fault>,
    /// The fields that had been changed before the request failed.
    pub applied: Vec<&'static str>,
    /// Whether an unwanted copy remains at the site.
    pub left_behind: bool,
    /// The call to a site that caused the problem.
    pub upstream: Option<Upstream>,
    /// The size of the file whose range was requested.
    pub file_size: Option<u64>,
    /// The adapter's error. It is only logged.
    pub cause: Option<polyhost_domain::Error>,
}

/// The call to a site that caused a problem.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The provider.
    pub provider: ProviderId,
    /// The site's name of the operation.
    pub operation: &'static str,
    /// The site's answer.
    pub answer: UpstreamAnswer,
    /// The failure of the connection, if it failed.
    pub transport: Option<TransportFault>,
}

impl Problem {
    /// Returns a problem with a code and a description for people.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            code,
            detail: detail.into(),
            retryable: false,
            retry_after: None,
            errors: Vec::new(),
            applied: Vec::new(),
            left_behind: false,
            upstream: None,
            file_size: None,
            cause: None,
        }))
    }

    /// Returns the problem of an invalid request. It lists the first [`Fault::MOST_REPORTED`] faults.
    #[must_use]
    pub fn invalid(mut errors: Vec<Fault>) -> Self {
        let more = if errors.len() > Fault::MOST_REPORTED { "; and more" } else { "" };
        errors.truncate(Fault::MOST_REPORTED);
        let named: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let mut problem =
            Self::new(Code::InvalidRequest, format!("The request is invalid: {}{more}.", named.join("; ")));
        problem.0.errors = errors;
        problem
    }

    /// Returns the problem of a capability that the account's site does not support.
    #[must_use]
    pub fn unsupported(capability: Capability) -> Self {
        Self::new(Code::CapabilityUnsupported, format!("The account's site does not support \"{capability}\"."))
    }

    /// Returns the problem of a path without a route.
    #[must_use]
    pub fn no_route() -> Self {
        Self::new(Code::RouteNotFound, "The API has no route with this path. See /docs for all routes.")
    }

    /// Returns an internal error of the gateway. The caller gets only the request id.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(Code::Internal, INTERNAL)
    }

    /// Marks that nothing was changed, so that the same request may be sent again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    /// Marks that something was changed, so that the request may not simply be sent again.
    #[must_use]
    pub(crate) fn not_retryable(mut self) -> Self {
        self.0.retryable = false;
        self
    }

    /// Sets the wait before the next attempt.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds fields that were changed before the request failed. With such fields it is no longer retryable.
    #[must_use]
    pub fn applied(mut self, fields: &[&'static str]) -> Self {
        self.0.applied.extend_from_slice(fields);
        self.0.retryable &= fields.is_empty();
        self
    }

    /// Marks that an unwanted copy remains at the site, and adds its id to the detail.
    #[must_use]
    pub fn left_behind(mut self, file: &FileId) -> Self {
        self.0.left_behind = true;
        self.and(&format!("The site still has the file \"{file}\"."))
    }

    /// Marks that an unwanted copy may remain at the site, which did not report the copy's id.
    #[must_use]
    pub(crate) fn left_behind_unnamed(mut self) -> Self {
        self.0.left_behind = true;
        self.and("The site did not report the id of its copy, so the copy may still be there.")
    }

    /// Sets the provider and the operation that caused the problem, although the site's answer was not an error.
    #[must_use]
    pub(crate) fn caused_at(mut self, provider: &ProviderId, operation: &'static str) -> Self {
        let (provider, answer) = (provider.clone(), UpstreamAnswer::default());
        self.0.upstream = Some(Upstream { provider, operation, answer, transport: None });
        self
    }

    /// Sets the provider that caused the problem by a transport fault, without an answer.
    #[must_use]
    pub(crate) fn caused_on_the_way_to(mut self, provider: &ProviderId, fault: TransportFault) -> Self {
        let (provider, answer) = (provider.clone(), UpstreamAnswer::default());
        self.0.upstream = Some(Upstream { provider, operation: "request", answer, transport: Some(fault) });
        self
    }

    /// Returns the problem of a range that begins after the end of the file.
    #[must_use]
    pub fn beyond(file_size: u64) -> Self {
        let detail = format!("The range begins after the end of the file, which has {file_size} bytes.");
        let mut problem = Self::new(Code::RangeNotSatisfiable, detail);
        problem.0.file_size = Some(file_size);
        problem
    }

    /// Adds a sentence to the detail.
    #[must_use]
    pub fn and(mut self, sentence: &str) -> Self {
        self.0.detail = format!("{} {sentence}", self.0.detail);
        self
    }

    /// Returns the adapter's error that caused the problem, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&polyhost_domain::Error> {
        self.0.cause.as_ref()
    }

    /// Returns the sources of that error, the nearest first, for the log.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let first = self.cause().and_then(std::error::Error::source);
        std::iter::successors(first, |cause| (*cause).source()).map(ToString::to_string).collect()
    }

    /// Returns the faults of the request that were found.
    #[must_use]
    pub fn errors(&self) -> &[Fault] {
        &self.0.errors
    }

    /// Returns the description for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Returns whether nothing was changed, so that the same request may be sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the contents of the problem.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.0
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::invalid(faults.into_vec())
    }
}

/// Returns a wait in seconds, rounded up, so that a client does not retry too early.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_to_whole_seconds() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
