//! A circuit breaker. After a number of consecutive failures it rejects requests to the address for a while, and then
//! probes it with one request at a time. The existing crates that were evaluated let every request through once that
//! time is over, or use clocks that tests cannot pause; see ADR 8.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::ProviderId;
use tokio::time::Instant;

use crate::Settings;
use crate::measure::circuit_changed;

/// The `Retry-After` of requests that are rejected while another one probes the address.
const PROBE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether the circuit breaker lets requests to one address through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// All requests pass.
    Closed,
    /// No request passes, for a while.
    Open,
    /// One request at a time passes, to probe whether the circuit is closed: the site works again.
    HalfOpen,
}

/// The circuit breaker of one address.
#[derive(Debug)]
pub(crate) struct Circuit {
    provider: ProviderId,
    address: String,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// All requests pass. `failures` counts the consecutive failures.
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// A request probes the address. If it has no outcome at `until`, another may probe: the first may be an upload
    /// that takes hours.
    Probing {
        until: Instant,
    },
}

/// The health of the site, as the outcome of a request shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// The site works. Its answer may still be an error.
    Works,
    /// The site fails.
    Fails,
}

/// The permission to send one request.
#[derive(Debug)]
#[must_use = "a request that shows nothing leaves the circuit as it was"]
pub(crate) struct Pass {
    circuit: Arc<Circuit>,
    failures: u32,
    open: Duration,
    /// For a probe: the time until which it is the only one. It also identifies the probe, because no two have the same
    /// time.
    probe: Option<Instant>,
}

impl Circuit {
    pub(crate) fn new(provider: ProviderId, address: String) -> Self {
        Self { provider, address, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Returns the state as seen from outside.
    pub(crate) fn state(&self) -> CircuitState {
        match *self.lock() {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { until } if until > Instant::now() => CircuitState::Open,
            State::Open { .. } | State::Probing { .. } => CircuitState::HalfOpen,
        }
    }

    /// Returns the time for which the circuit will reject requests; `None` if it admits one now.
    pub(crate) fn rejects_for(&self) -> Option<Duration> {
        self.lock().rejects_for(Instant::now())
    }

    /// Returns the pass for one request, or the wait for one.
    pub(crate) fn enter(self: &Arc<Self>, settings: &Settings) -> Result<Pass, Duration> {
        let (mut state, now) = (self.lock(), Instant::now());
        if let Some(wait) = state.rejects_for(now) {
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
        tracing::warn!(provider = %self.provider, address = self.address, ?open, "the circuit is open: the site fails, and requests are rejected");
        *state = State::Open { until: Instant::now() + open };
    }

    fn close(&self, state: &mut State) {
        if !matches!(state, State::Closed { .. }) {
            circuit_changed(&self.provider, false);
            tracing::info!(provider = %self.provider, address = self.address, "the circuit is closed: the site works again");
        }
        *state = State::Closed { failures: 0 };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the time for which requests will be rejected; `None` if one is admitted now.
    fn rejects_for(self, now: Instant) -> Option<Duration> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { until } => Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero()),
            Self::Probing { until } => (until > now).then_some(PROBE_RETRY_AFTER),
        }
    }
}

/// Removes an evicted circuit from the metric of open circuits.
impl Drop for Circuit {
    fn drop(&mut self) {
        if !matches!(*self.lock(), State::Closed { .. }) {
            circuit_changed(&self.provider, false);
        }
    }
}

impl Pass {
    /// Reports the site's health after the request. If the outcome does not show the health, drop the pass instead.
    pub(crate) fn report(self, health: Health) {
        let circuit = Arc::clone(&self.circuit);
        let mut state = circuit.lock();
        match (*state, health) {
            // Holds even if another probe has replaced this one: both were sent after the pause.
            (State::Probing { .. }, Health::Works) if self.probe.is_some() => circuit.close(&mut state),
            (State::Probing { .. }, Health::Fails) if self.probe.is_some() => circuit.open(&mut state, self.open),
            (State::Closed { .. }, Health::Works) => *state = State::Closed { failures: 0 },
            (State::Closed { failures }, Health::Fails) if self.failures > 0 => {
                *state = State::Closed { failures: failures + 1 };
                if failures + 1 >= self.failures {
                    circuit.open(&mut state, self.open);
                }
            }
            // A request that was sent before the circuit opened does not show the present state.
            _ => {}
        }
    }
}

/// Ends a probe that has shown nothing: the next request may probe, unless another probe has replaced this one.
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

    fn report(circuit: &Arc<Circuit>, all: &[Health]) {
        all.iter().for_each(|health| circuit.enter(&limits()).unwrap().report(*health));
    }

    #[tokio::test(start_paused = true)]
    async fn consecutive_failures_open_it_and_a_success_resets() {
        use Health::{Fails, Works};
        let circuit = circuit();
        report(&circuit, &[Fails, Fails, Works, Fails, Fails]);
        assert_eq!(circuit.state(), CircuitState::Closed);
        report(&circuit, &[Fails]);
        assert_eq!(circuit.state(), CircuitState::Open);
        advance(Duration::from_secs(5)).await;
        assert_eq!(circuit.enter(&limits()).unwrap_err(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn single_probe_decides_whether_the_circuit_closes() {
        let circuit = circuit();
        report(&circuit, &[Health::Fails; 3]);
        advance(Duration::from_secs(15)).await;
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        let probe = circuit.enter(&limits()).unwrap();
        assert_eq!(circuit.enter(&limits()).unwrap_err(), PROBE_RETRY_AFTER);
        probe.report(Health::Fails);
        assert_eq!(circuit.enter(&limits()).unwrap_err(), Duration::from_secs(15));

        advance(Duration::from_secs(15)).await;
        drop(circuit.enter(&limits()).unwrap());
        let probe = circuit.enter(&limits()).expect("a dropped probe lets the next request probe");
        probe.report(Health::Works);
        assert_eq!(circuit.state(), CircuitState::Closed);
        report(&circuit, &[Health::Fails, Health::Fails]);
        assert_eq!(circuit.state(), CircuitState::Closed, "the count of failures has been reset");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_sent_before_it_opened_do_not_change_it() {
        let circuit = circuit();
        let old: Vec<_> = (0..4).map(|_| circuit.enter(&limits()).unwrap()).collect();
        report(&circuit, &[Health::Fails; 3]);
        let [first, second, third, fourth] = <[Pass; 4]>::try_from(old).unwrap();
        first.report(Health::Works);
        assert_eq!(circuit.state(), CircuitState::Open);
        advance(Duration::from_secs(14)).await;
        second.report(Health::Fails);
        advance(Duration::from_secs(1)).await;
        let probe = circuit.enter(&limits()).unwrap();
        third.report(Health::Works);
        drop(fourth);
        assert_eq!(circuit.enter(&limits()).unwrap_err(), PROBE_RETRY_AFTER);
        probe.report(Health::Works);
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_probe_does_not_block_the_next_probe() {
        let circuit = circuit();
        let attempt = limits().attempt_timeout;
        for health in [Health::Works, Health::Fails] {
            report(&circuit, &[Health::Fails; 3]);
            advance(Duration::from_secs(15)).await;
            let upload = circuit.enter(&limits()).unwrap();
            advance(attempt - Duration::from_millis(1)).await;
            assert_eq!(circuit.enter(&limits()).unwrap_err(), PROBE_RETRY_AFTER);
            advance(Duration::from_millis(1)).await;
            assert_eq!(circuit.rejects_for(), None);
            let dropped = circuit.enter(&limits()).expect("another request may probe");
            assert_eq!(circuit.enter(&limits()).unwrap_err(), PROBE_RETRY_AFTER, "one at a time");
            advance(attempt).await;
            let other = circuit.enter(&limits()).unwrap();
            drop(dropped);
            assert_eq!(circuit.enter(&limits()).unwrap_err(), PROBE_RETRY_AFTER, "another probe has replaced it");
            upload.report(health);
            let decided = if health == Health::Works { CircuitState::Closed } else { CircuitState::Open };
            assert_eq!(circuit.state(), decided, "the outcome of the first probe still counts");
            drop(other);
            assert_eq!(circuit.state(), decided);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn circuit_without_a_limit_never_opens() {
        let (circuit, never) = (circuit(), Settings { circuit_failures: 0, ..limits() });
        for _ in 0..1000 {
            circuit.enter(&never).unwrap().report(Health::Fails);
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
    }
}
