//! How the calls of an account to its site fare: what was seen last of either kind, and what of it is the site's doing.

use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind};
use polyhost_upstream::CircuitState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, problem_code};

/// How an account's calls to its site fare, as this process has seen it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "circuit": "closed", "last_success_at": "2026-01-31T12:00:00Z",
    "last_error": {"code": "upstream_timeout", "at": "2026-01-31T11:58:00Z"}
}))]
pub struct AccountHealth {
    /// Whether calls are let through.
    pub circuit: Circuit,
    /// When the site last answered as it should.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    /// How the site last failed.
    pub last_error: Option<LastError>,
}

/// Whether calls to a site are let through. New words may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Every call is let through.
    Closed,
    /// None is: the site has failed again and again, and is left alone for a while.
    Open,
    /// One at a time is, to see whether the site works again.
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

/// How a site last failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"code": "upstream_timeout", "at": "2026-01-31T11:58:00Z"}))]
pub struct LastError {
    /// The code of the problem that it led to.
    #[schema(value_type = String, example = "upstream_timeout")]
    pub code: Code,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What was seen of an account's calls.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    last_success_at: Option<Timestamp>,
    last_error: Option<LastError>,
}

impl Observed {
    /// Notes how a call has ended: with an error, or well.
    pub(crate) fn note(&mut self, error: Option<&Error>) {
        let at = now();
        match error {
            Some(error) if !error.is_of_the_site() => {}
            Some(error) if is_told_as_last_error(error.kind()) => {
                self.last_error = Some(LastError { code: problem_code(error.kind()), at });
            }
            // What it says about a request or a file is an answer as it should be.
            Some(_) | None => self.last_success_at = Some(at),
        }
    }

    /// How the account fares, as callers are told it.
    pub(crate) fn told(&self, circuit: CircuitState) -> AccountHealth {
        AccountHealth {
            circuit: circuit.into(),
            last_success_at: self.last_success_at,
            last_error: self.last_error.clone(),
        }
    }
}

/// Whether it tells how the account fares at its site, and not how one request or one file does.
fn is_told_as_last_error(kind: ErrorKind) -> bool {
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

/// The time, in whole seconds.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polyhost_domain::{TransportFault, UpstreamAnswer};

    #[test]
    fn health_is_what_the_site_has_shown_and_nothing_that_was_never_sent() {
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
