//! A circuit breaker: a site that has failed so often in a row is left alone for a while, and tried with one request
//! after that. The crates that were looked at let every request through once the while is over, or count by clocks that
//! tests cannot stop; ADR 8 says more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::ProviderId;
use tokio::time::Instant;

use crate::Settings;
use crate::measure::circuit_changed;

/// What is told to whoever comes while a request tries the site out.
const TRIED_OUT: Duration = Duration::from_secs(1);

/// Whether requests to one address are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// They are.
    Closed,
    /// None is, for a while.
    Open,
    /// One at a time is, to see whether the site works again.
    HalfOpen,
}

/// The circuit of one address.
#[derive(Debug)]
pub(crate) struct Circuit {
    provider: ProviderId,
    address: String,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// So many requests have failed in a row.
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// A request is on its way to see. If nothing is known of it by then, another may go: it may be an upload of hours.
    Probing {
        until: Instant,
    },
}

/// What a request has shown of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It works, whatever it has answered.
    Works,
    /// It fails.
    Fails,
}

/// Leave to send one request.
#[derive(Debug)]
#[must_use = "a request that shows nothing leaves the circuit as it was"]
pub(crate) struct Pass {
    circuit: Arc<Circuit>,
    failures: u32,
    open: Duration,
    /// Of a request that is to see: until when it is the only one. No two of one circuit have the same.
    probe: Option<Instant>,
}

impl Circuit {
    pub(crate) fn new(provider: ProviderId, address: String) -> Self {
        Self { provider, address, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Whether requests are let through.
    pub(crate) fn state(&self) -> CircuitState {
        match *self.lock() {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { until } if until > Instant::now() => CircuitState::Open,
            State::Open { .. } | State::Probing { .. } => CircuitState::HalfOpen,
        }
    }

    /// For how long nothing will be let through.
    pub(crate) fn closed_to_all(&self) -> Option<Duration> {
        self.lock().closed_to_all(Instant::now())
    }

    /// Leave to send a request, or how long to wait for it.
    pub(crate) fn enter(self: &Arc<Self>, settings: &Settings) -> Result<Pass, Duration> {
        let (mut state, now) = (self.lock(), Instant::now());
        if let Some(wait) = state.closed_to_all(now) {
            return Err(wait);
        }
        let probe = match *state {
            State::Closed { .. } => None,
            State::Open { .. } | State::Probing { .. } => Some(now + settings.attempt_timeout),
        };
        if let Some(until) = probe {
            *state = State::Probing { until };
        }
        let circuit = Arc::clone(self);
        Ok(Pass { circuit, failures: settings.circuit_failures, open: settings.circuit_open, probe })
    }

    fn open(&self, state: &mut State, open: Duration) {
        if matches!(state, State::Closed { .. }) {
            circuit_changed(&self.provider, true);
        }
        tracing::warn!(provider = %self.provider, address = self.address, ?open, "the site fails and is left alone");
        *state = State::Open { until: Instant::now() + open };
    }

    fn close(&self, state: &mut State) {
        if !matches!(state, State::Closed { .. }) {
            circuit_changed(&self.provider, false);
            tracing::info!(provider = %self.provider, address = self.address, "the site works again");
        }
        *state = State::Closed { failures: 0 };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// For how long nothing will be let through.
    fn closed_to_all(self, now: Instant) -> Option<Duration> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { until } => Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero()),
            Self::Probing { until } => (until > now).then_some(TRIED_OUT),
        }
    }
}

/// Forgotten circuits are not counted as open.
impl Drop for Circuit {
    fn drop(&mut self) {
        if !matches!(*self.lock(), State::Closed { .. }) {
            circuit_changed(&self.provider, false);
        }
    }
}

impl Pass {
    /// Tells what the request has shown. What shows nothing is dropped instead.
    pub(crate) fn tell(self, shown: Shown) {
        let circuit = Arc::clone(&self.circuit);
        let mut state = circuit.lock();
        match (*state, shown) {
            // Also if another one is to see by now: each of them went after the site was left alone.
            (State::Probing { .. }, Shown::Works) if self.probe.is_some() => circuit.close(&mut state),
            (State::Probing { .. }, Shown::Fails) if self.probe.is_some() => circuit.open(&mut state, self.open),
            (State::Closed { .. }, Shown::Works) => *state = State::Closed { failures: 0 },
            (State::Closed { failures }, Shown::Fails) if self.failures > 0 => {
                *state = State::Closed { failures: failures + 1 };
                if failures + 1 >= self.failures {
                    circuit.open(&mut state, self.open);
                }
            }
            // What was sent before the circuit opened says nothing about now.
            _ => {}
        }
    }
}

/// A request to see that has shown nothing: the next one is to, unless another sees already.
impl Drop for Pass {
    fn drop(&mut self) {
        let Some(own) = self.probe else { return };
        let mut state = self.circuit.lock();
        if matches!(*state, State::Probing { until } if until == own) {
            *state = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn circuit() -> Arc<Circuit> {
        Arc::new(Circuit::new("site".parse().unwrap(), "site.example".to_owned()))
    }

    fn limits() -> Settings {
        Settings { circuit_failures: 3, circuit_open: Duration::from_secs(15), ..Settings::default() }
    }

    fn tell(circuit: &Arc<Circuit>, all: &[Shown]) {
        all.iter().for_each(|shown| circuit.enter(&limits()).unwrap().tell(*shown));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_success_between_them_does_not_let_it() {
        use Shown::{Fails, Works};
        let circuit = circuit();
        tell(&circuit, &[Fails, Fails, Works, Fails, Fails]);
        assert_eq!(circuit.state(), CircuitState::Closed);
        tell(&circuit, &[Fails]);
        assert_eq!(circuit.state(), CircuitState::Open);
        advance(Duration::from_secs(5)).await;
        assert_eq!(circuit.enter(&limits()).unwrap_err(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_at_a_time_tries_the_site_out_and_its_outcome_decides() {
        let circuit = circuit();
        tell(&circuit, &[Shown::Fails; 3]);
        advance(Duration::from_secs(15)).await;
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        let probe = circuit.enter(&limits()).unwrap();
        assert_eq!(circuit.enter(&limits()).unwrap_err(), TRIED_OUT);
        probe.tell(Shown::Fails);
        assert_eq!(circuit.enter(&limits()).unwrap_err(), Duration::from_secs(15));

        advance(Duration::from_secs(15)).await;
        drop(circuit.enter(&limits()).unwrap());
        let probe = circuit.enter(&limits()).expect("a probe that was given up leaves its place to the next");
        probe.tell(Shown::Works);
        assert_eq!(circuit.state(), CircuitState::Closed);
        tell(&circuit, &[Shown::Fails, Shown::Fails]);
        assert_eq!(circuit.state(), CircuitState::Closed, "the count begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_before_it_opened_decides_nothing() {
        let circuit = circuit();
        let old: Vec<_> = (0..4).map(|_| circuit.enter(&limits()).unwrap()).collect();
        tell(&circuit, &[Shown::Fails; 3]);
        let [first, second, third, fourth] = <[Pass; 4]>::try_from(old).unwrap();
        first.tell(Shown::Works);
        assert_eq!(circuit.state(), CircuitState::Open);
        advance(Duration::from_secs(14)).await;
        second.tell(Shown::Fails);
        advance(Duration::from_secs(1)).await;
        let probe = circuit.enter(&limits()).unwrap();
        third.tell(Shown::Works);
        drop(fourth);
        assert_eq!(circuit.enter(&limits()).unwrap_err(), TRIED_OUT);
        probe.tell(Shown::Works);
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_long_to_show_anything_keeps_no_other_from_trying() {
        let circuit = circuit();
        let attempt = limits().attempt_timeout;
        for shown in [Shown::Works, Shown::Fails] {
            tell(&circuit, &[Shown::Fails; 3]);
            advance(Duration::from_secs(15)).await;
            let upload = circuit.enter(&limits()).unwrap();
            advance(attempt - Duration::from_millis(1)).await;
            assert_eq!(circuit.enter(&limits()).unwrap_err(), TRIED_OUT);
            advance(Duration::from_millis(1)).await;
            assert_eq!(circuit.closed_to_all(), None);
            let given_up = circuit.enter(&limits()).expect("another may try");
            assert_eq!(circuit.enter(&limits()).unwrap_err(), TRIED_OUT, "one at a time");
            advance(attempt).await;
            let other = circuit.enter(&limits()).unwrap();
            drop(given_up);
            assert_eq!(circuit.enter(&limits()).unwrap_err(), TRIED_OUT, "it was not its turn any more");
            upload.tell(shown);
            let decided = if shown == Shown::Works { CircuitState::Closed } else { CircuitState::Open };
            assert_eq!(circuit.state(), decided, "the first one has seen, too");
            drop(other);
            assert_eq!(circuit.state(), decided);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_it_never_opens() {
        let (circuit, never) = (circuit(), Settings { circuit_failures: 0, ..limits() });
        for _ in 0..1000 {
            circuit.enter(&never).unwrap().tell(Shown::Fails);
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
    }
}
