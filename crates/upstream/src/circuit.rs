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
    pub(crate) provider: ProviderId,
    /// The scheme, host and port.
    pub(crate) address: String,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// The consecutive failures that this replica has seen.
    failures: u32,
    /// The time until which another replica's circuit of the address is open. Until then, one failure opens this one.
    suspected_until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// All requests pass.
    Closed,
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
        Self { provider, address, state: Mutex::new(State::WORKING) }
    }

    /// Returns the state as seen from outside.
    pub(crate) fn state(&self) -> CircuitState {
        match self.lock().phase {
            Phase::Closed => CircuitState::Closed,
            Phase::Open { until } if until > Instant::now() => CircuitState::Open,
            Phase::Open { .. } | Phase::Probing { .. } => CircuitState::HalfOpen,
        }
    }

    /// Records that another replica's circuit of the address is open for `left`. The next failure within this time
    /// opens this one, too, unless a success precedes it. A circuit that is not closed stays as it is: then this
    /// returns `false`.
    pub(crate) fn suspect(&self, left: Duration) -> bool {
        let mut state = self.lock();
        let is_closed = matches!(state.phase, Phase::Closed);
        if is_closed {
            state.suspected_until = state.suspected_until.max(Some(Instant::now() + left));
        }
        is_closed
    }

    /// Returns the time for which the circuit will reject requests; `None` if it admits one now.
    pub(crate) fn rejects_for(&self) -> Option<Duration> {
        self.lock().phase.rejects_for(Instant::now())
    }

    /// Returns the pass for one request, or the wait for one.
    pub(crate) fn enter(self: &Arc<Self>, settings: &Settings) -> Result<Pass, Duration> {
        let (mut state, now) = (self.lock(), Instant::now());
        if let Some(wait) = state.phase.rejects_for(now) {
            return Err(wait);
        }
        let probe = match state.phase {
            Phase::Closed => None,
            Phase::Open { .. } | Phase::Probing { .. } => Some(now + settings.attempt_timeout),
        };
        if let Some(until) = probe {
            state.phase = Phase::Probing { until };
        }
        let circuit = Arc::clone(self);
        Ok(Pass { circuit, failures: settings.circuit_failures, open: settings.circuit_open, probe })
    }

    fn open(&self, state: &mut State, open: Duration) {
        if matches!(state.phase, Phase::Closed) {
            circuit_changed(&self.provider, true);
        }
        tracing::warn!(provider = %self.provider, address = self.address, ?open, "the circuit is open: the site fails, and requests are rejected");
        state.phase = Phase::Open { until: Instant::now() + open };
    }

    fn close(&self, state: &mut State) {
        if !matches!(state.phase, Phase::Closed) {
            circuit_changed(&self.provider, false);
            tracing::info!(provider = %self.provider, address = self.address, "the circuit is closed: the site works again");
        }
        *state = State::WORKING;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The state of a circuit whose site works.
    const WORKING: Self = Self { phase: Phase::Closed, failures: 0, suspected_until: None };

    /// Returns whether a closed circuit opens after the failures so far, if `most` consecutive ones are too many.
    fn has_failed(&self, most: u32) -> bool {
        self.failures >= most || self.suspected_until.is_some_and(|until| until > Instant::now())
    }
}

impl Phase {
    /// Returns the time for which requests will be rejected; `None` if one is admitted now.
    fn rejects_for(self, now: Instant) -> Option<Duration> {
        match self {
            Self::Closed => None,
            Self::Open { until } => Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero()),
            Self::Probing { until } => (until > now).then_some(PROBE_RETRY_AFTER),
        }
    }
}

/// Removes an evicted circuit from the metric of open circuits.
impl Drop for Circuit {
    fn drop(&mut self) {
        if !matches!(self.lock().phase, Phase::Closed) {
            circuit_changed(&self.provider, false);
        }
    }
}

impl Pass {
    /// Reports the site's health after the request. If the outcome does not show the health, drop the pass instead.
    ///
    /// Returns whether this opened the circuit and other replicas should know it: this replica alone has seen as many
    /// failures as the settings allow. Otherwise one replica's hint could pass from replica to replica for ever.
    pub(crate) fn report(self, health: Health) -> bool {
        let circuit = Arc::clone(&self.circuit);
        let mut state = circuit.lock();
        let opens = match (state.phase, health) {
            // Holds even if another probe has replaced this one: both were sent after the pause.
            (Phase::Probing { .. }, Health::Works) if self.probe.is_some() => {
                circuit.close(&mut state);
                false
            }
            (Phase::Probing { .. }, Health::Fails) if self.probe.is_some() => {
                state.failures = state.failures.saturating_add(1);
                true
            }
            (Phase::Closed, Health::Works) => {
                *state = State::WORKING;
                false
            }
            (Phase::Closed, Health::Fails) if self.failures > 0 => {
                state.failures = state.failures.saturating_add(1);
                state.has_failed(self.failures)
            }
            // A request that was sent before the circuit opened does not show the present state.
            _ => false,
        };
        if opens {
            circuit.open(&mut state, self.open);
        }
        opens && (1..=state.failures).contains(&self.failures)
    }
}

/// Ends a probe that has shown nothing: the next request may probe, unless another probe has replaced this one.
impl Drop for Pass {
    fn drop(&mut self) {
        let Some(own) = self.probe else { return };
        let mut state = self.circuit.lock();
        if matches!(state.phase, Phase::Probing { until } if until == own) {
            state.phase = Phase::Open { until: Instant::now() };
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
        all.iter().for_each(|health| {
            circuit.enter(&limits()).unwrap().report(*health);
        });
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
    async fn suspected_circuit_opens_at_its_first_failure() {
        let circuit = circuit();
        circuit.suspect(Duration::from_secs(10));
        circuit.suspect(Duration::from_secs(5));
        assert_eq!(circuit.state(), CircuitState::Closed, "a suspicion alone rejects nothing");
        advance(Duration::from_secs(9)).await;
        assert!(!circuit.enter(&limits()).unwrap().report(Health::Fails), "the others are not informed");
        assert_eq!(circuit.state(), CircuitState::Open);
        for expected in [false, true, true] {
            advance(Duration::from_secs(15)).await;
            let probe = circuit.enter(&limits()).unwrap();
            assert_eq!(probe.report(Health::Fails), expected, "three own failures are shared");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn success_or_time_ends_a_suspicion() {
        let (succeeded, expired) = (circuit(), circuit());
        succeeded.suspect(Duration::from_secs(10));
        report(&succeeded, &[Health::Works, Health::Fails, Health::Fails]);
        assert_eq!(succeeded.state(), CircuitState::Closed);
        expired.suspect(Duration::from_secs(10));
        advance(Duration::from_secs(10)).await;
        report(&expired, &[Health::Fails, Health::Fails]);
        assert_eq!(expired.state(), CircuitState::Closed);
        assert!(expired.enter(&limits()).unwrap().report(Health::Fails), "three own failures are shared");
    }

    #[tokio::test(start_paused = true)]
    async fn suspicion_changes_no_open_circuit() {
        let circuit = circuit();
        report(&circuit, &[Health::Fails; 3]);
        circuit.suspect(Duration::from_secs(3600));
        assert_eq!(circuit.rejects_for(), Some(Duration::from_secs(15)));
        advance(Duration::from_secs(15)).await;
        report(&circuit, &[Health::Works, Health::Fails, Health::Fails]);
        assert_eq!(circuit.state(), CircuitState::Closed, "the probe was the last word");
    }

    #[tokio::test(start_paused = true)]
    async fn circuit_without_a_limit_never_opens() {
        let (circuit, never) = (circuit(), Settings { circuit_failures: 0, ..limits() });
        circuit.suspect(Duration::from_secs(3600));
        for _ in 0..1000 {
            circuit.enter(&never).unwrap().report(Health::Fails);
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
    }
}
