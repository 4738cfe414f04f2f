//! The health of an account: its last successful and its last failed call to the site. Only answers and failures of the
//! site count, not errors that the gateway caused itself.

use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind};
use polyhost_upstream::CircuitState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, problem_code};

/// The health of an account's calls to its site, as this process has observed it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "circuit": "closed", "last_success_at": "2026-01-31T12:00:00Z",
    "last_error": {"code": "upstream_timeout", "at": "2026-01-31T11:58:00Z"}
}))]
pub struct AccountHealth {
    /// The state of the circuit breaker.
    pub circuit: Circuit,
    /// The time of the site's last regular answer. An error about one file or one request counts as regular.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    /// The last failure of the site.
    pub last_error: Option<LastError>,
}

/// The state of a site's circuit breaker: which calls are sent to the site. New values may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Every call is sent.
    Closed,
    /// No call is sent for a while, because the site has failed repeatedly.
    Open,
    /// One call at a time is sent, to test whether the circuit is closed: the site works again.
    HalfOpen,
}

impl From<CircuitState> for Circuit {
    fn from(state: CircuitState) -> Self {
        match state {
            CircuitState::Closed => Self::Closed,
            CircuitState::Open => Self::Open,
            CircuitState::HalfOpen => Self::HalfOpen,
        }
    }
}

/// The last failure of a site.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"code": "upstream_timeout", "at": "2026-01-31T11:58:00Z"}))]
pub struct LastError {
    /// The code of the resulting problem.
    #[schema(value_type = String, example = "upstream_timeout")]
    pub code: Code,
    /// The time of the failure.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The observed results of an account's calls.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    last_success_at: Option<Timestamp>,
    last_error: Option<LastError>,
}

impl Observed {
    /// Records the result of a call: its error, or `None` for a success.
    pub(crate) fn note(&mut self, error: Option<&Error>) {
        let at = now();
        match error {
            Some(error) if !error.is_of_the_site() => {}
            Some(error) if is_site_failure(error.kind()) => {
                self.last_error = Some(LastError { code: problem_code(error.kind()), at });
            }
            // An error about one request or one file is a regular answer: the site works.
            Some(_) | None => self.last_success_at = Some(at),
        }
    }

    /// Returns the health as the API shows it.
    pub(crate) fn report(&self, circuit: CircuitState) -> AccountHealth {
        AccountHealth {
            circuit: circuit.into(),
            last_success_at: self.last_success_at,
            last_error: self.last_error.clone(),
        }
    }
}

/// Returns whether an error is a failure of the site or the account, and not of one request or one file.
fn is_site_failure(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::CredentialsRejected
            | ErrorKind::SessionContended
            | ErrorKind::RateLimited
            | ErrorKind::InvalidResponse
            | ErrorKind::SiteFailed
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::OutcomeUnknown
    )
}

/// Returns the current time in whole seconds.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polyhost_domain::{TransportFault, UpstreamAnswer};

    #[test]
    fn health_counts_site_answers_and_ignores_unsent_calls() {
        let health_after = |error: Option<Error>| {
            let mut health = Observed::default();
            health.note(error.as_ref());
            (health.last_success_at.is_some(), health.last_error.map(|error| error.code.as_str()))
        };
        let answered = |kind: ErrorKind, http_status: u16| {
            Some(Error::new(kind).with_answer(UpstreamAnswer { http_status: Some(http_status), ..Default::default() }))
        };
        let cut = |kind: ErrorKind, fault: TransportFault| Some(Error::new(kind).with_transport(fault));
        assert_eq!(health_after(None), (true, None));
        assert_eq!(health_after(answered(ErrorKind::FileNotFound, 404)), (true, None));
        assert_eq!(health_after(answered(ErrorKind::RateLimited, 429)), (false, Some("upstream_rate_limited")));
        assert_eq!(health_after(Some(Error::new(ErrorKind::SessionContended))).1, Some("upstream_session_contended"));
        let timeout = cut(ErrorKind::Timeout, TransportFault::ResponseTimeout);
        assert_eq!(health_after(timeout), (false, Some("upstream_timeout")));
        for never_sent in [
            Some(Error::new(ErrorKind::Overloaded)),
            Some(Error::new(ErrorKind::RateLimited)),
            Some(Error::new(ErrorKind::Timeout)),
            Some(Error::new(ErrorKind::Rejected)),
            Some(Error::new(ErrorKind::BodyIncomplete)),
            cut(ErrorKind::Unavailable, TransportFault::DestinationUnavailable),
        ] {
            assert_eq!(health_after(never_sent.clone()), (false, None), "{never_sent:?}");
        }
    }
}
