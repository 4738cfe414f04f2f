//! Everything that a caller is told when a request fails: RFC 9457 problems, as plain values. What makes responses of
//! them is no part of the engine.

mod body;
mod code;
mod fault;
mod from_domain;

use std::time::Duration;

use polyhost_domain::{Capability, FileId, ProviderId, TransportFault, UpstreamAnswer};

pub use body::{Occurrence, ProblemBody, UpstreamBody};
pub use code::Code;
pub use fault::{Fault, Faults};
pub use from_domain::code as problem_code;

/// What callers are told of a fault of the gateway's own.
const INTERNAL: &str = "The gateway failed. Its operator finds the cause by the request id.";

/// Why a request failed.
#[derive(Debug, Clone)]
pub struct Problem(Box<Facts>);

/// All that is known of a problem.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What happened, for programs.
    pub code: Code,
    /// What happened, for people.
    pub detail: String,
    /// Whether nothing was done, and the same request may be sent again.
    pub retryable: bool,
    /// How long to wait before that.
    pub retry_after: Option<Duration>,
    /// The faults of the request that were found.
    pub errors: Vec<Fault>,
    /// What had been done before it failed.
    pub applied: Vec<&'static str>,
    /// Whether an unwanted copy stays at the site.
    pub left_behind: bool,
    /// The call that was the cause.
    pub upstream: Option<Upstream>,
    /// The size of the file that a range was asked of.
    pub file_size: Option<u64>,
    /// For the log alone.
    pub cause: Option<polyhost_domain::Error>,
}

/// Which upstream call was the cause.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The provider.
    pub provider: ProviderId,
    /// What it was asked for.
    pub operation: &'static str,
    /// What it has answered.
    pub answer: UpstreamAnswer,
    /// What became of the connection.
    pub transport: Option<TransportFault>,
}

impl Problem {
    /// A problem of a code, with a sentence for people.
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

    /// A request with faults in it, of which the first [`Fault::MOST_TOLD`] are told.
    #[must_use]
    pub fn invalid(mut errors: Vec<Fault>) -> Self {
        let more = if errors.len() > Fault::MOST_TOLD { "; and more" } else { "" };
        errors.truncate(Fault::MOST_TOLD);
        let named: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let mut problem = Self::new(Code::InvalidRequest, format!("The request is wrong: {}{more}.", named.join("; ")));
        problem.0.errors = errors;
        problem
    }

    /// What the account's site cannot do.
    #[must_use]
    pub fn unsupported(capability: Capability) -> Self {
        Self::new(Code::CapabilityUnsupported, format!("The account's site does not support \"{capability}\"."))
    }

    /// A path that leads nowhere.
    #[must_use]
    pub fn no_route() -> Self {
        Self::new(Code::RouteNotFound, "The API has nothing at this path. See /docs for what there is.")
    }

    /// A fault of the gateway's own: the request id is all that the caller learns.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(Code::Internal, INTERNAL)
    }

    /// Says that nothing was done, and that the same request may be sent again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Says what had been done before it failed. Then the same request must not simply be sent again.
    #[must_use]
    pub fn applied(mut self, fields: &[&'static str]) -> Self {
        self.0.applied.extend_from_slice(fields);
        self.0.retryable &= fields.is_empty();
        self
    }

    /// Says that an unwanted copy stays at the site.
    #[must_use]
    pub fn left_behind(mut self, file: &FileId) -> Self {
        self.0.left_behind = true;
        self.and(&format!("The site still has the file \"{file}\"."))
    }

    /// Says that an unwanted copy stays at the site, which did not report its id.
    #[must_use]
    pub(crate) fn left_behind_unnamed(mut self) -> Self {
        self.0.left_behind = true;
        self.and("The site did not tell the copy's id, so it may still be there.")
    }

    /// Says that a site was the cause although its answer was no error: the provider, and what it was asked for.
    #[must_use]
    pub(crate) fn caused_at(mut self, provider: &ProviderId, operation: &'static str) -> Self {
        let (provider, answer) = (provider.clone(), UpstreamAnswer::default());
        self.0.upstream = Some(Upstream { provider, operation, answer, transport: None });
        self
    }

    /// Says that the cause was no answer of a site's, to whatever it was asked for.
    #[must_use]
    pub(crate) fn caused_on_the_way_to(mut self, provider: &ProviderId, fault: TransportFault) -> Self {
        let (provider, answer) = (provider.clone(), UpstreamAnswer::default());
        self.0.upstream = Some(Upstream { provider, operation: "request", answer, transport: Some(fault) });
        self
    }

    /// A range that the file does not reach.
    #[must_use]
    pub fn beyond(file_size: u64) -> Self {
        let detail = format!("The file has {file_size} bytes, and ends before the range begins.");
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

    /// The adapter's error that it was made of, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&polyhost_domain::Error> {
        self.0.cause.as_ref()
    }

    /// What led to that error, the nearest cause first, for the log.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let first = self.cause().and_then(std::error::Error::source);
        std::iter::successors(first, |cause| (*cause).source()).map(ToString::to_string).collect()
    }

    /// The faults of the request that were found.
    #[must_use]
    pub fn errors(&self) -> &[Fault] {
        &self.0.errors
    }

    /// What happened, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Whether nothing was done, and the same request may be sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// All that is known of it.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.0
    }

    /// The code.
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

/// Seconds, rounded up: who waits so long has waited long enough.
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
