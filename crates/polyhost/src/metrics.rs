//! All metrics in one table: names, help, labels and buckets. Each is counted where the event happens. Without an admin
//! listener, nothing is recorded.
//!
//! Labels contain only fixed words, and names from the configuration. So the number of series is bounded.

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, set_global_recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use polyhost_engine::measure::{CACHE, CACHE_BYTES, CACHE_EVICTIONS, ERRORS};
use polyhost_gateway::measure::{OWN_SECONDS, REQUEST_SECONDS, REQUESTS};
use polyhost_state::{Replicas, StoreStatus};
use polyhost_upstream::measure;

const SPOOL: &str = "polyhost_spool_bytes";
const CONNECTED: &str = "polyhost_state_connected";
const REPLICAS: &str = "polyhost_state_replicas";
const FALLBACKS: &str = "polyhost_state_fallback_total";
const RELOADS: &str = "polyhost_config_reloads_total";
const SPANS: &str = "polyhost_telemetry_spans_total";

/// The description of one metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its help text.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Counter(Unit),
    Gauge(Unit),
    /// Seconds, with the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// The buckets for answers to callers.
const REQUEST_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// The buckets for the gateway's own time, which should be short.
const OWN_BUCKETS: &[f64] =
    &[0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0];
/// The buckets for calls to sites. Uploads may take minutes.
const CALL_BUCKETS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 300.0, 900.0];

/// All metrics.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS,
        help: "Answered requests.",
        labels: &["route", "method", "status"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: REQUEST_SECONDS,
        help: "Time of requests until the head of their answer.",
        labels: &["route", "method"],
        kind: Kind::Histogram(REQUEST_BUCKETS),
    },
    Metric {
        name: OWN_SECONDS,
        help: "Time of requests until the head of their answer, without waits for sites.",
        labels: &["route", "method"],
        kind: Kind::Histogram(OWN_BUCKETS),
    },
    Metric {
        name: measure::CALLS,
        help: "Finished requests to sites, by their outcome.",
        labels: &["provider", "operation", "outcome"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CALL_SECONDS,
        help: "Time of requests to sites: until the end of the answer, for downloads until its head.",
        labels: &["provider", "operation"],
        kind: Kind::Histogram(CALL_BUCKETS),
    },
    Metric {
        name: ERRORS,
        help: "Failed operations at sites, by the meaning of the site's answer.",
        labels: &["provider", "operation", "kind"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::BYTES,
        help: "Bytes of files sent to sites and received from them.",
        labels: &["provider", "direction"],
        kind: Kind::Counter(Unit::Bytes),
    },
    Metric {
        name: measure::IN_FLIGHT,
        help: "Requests to sites under way, including running downloads.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::WAITING,
        help: "Requests in the queues of accounts: they wait for the request rate, or for another request to end.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::RETRIES,
        help: "Failed requests that were sent again, or were not because the retry budget was used up.",
        labels: &["provider", "operation", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CIRCUITS_OPEN,
        help: "Addresses of sites whose circuit is open or half open.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::CIRCUIT_OPENINGS,
        help: "Circuits of addresses that opened.",
        labels: &["provider"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::LOGINS,
        help: "Attempted logins, by their outcome.",
        labels: &["provider", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CHECKS_SKIPPED,
        help: "Checks before a write, or of a session, that were skipped because the site could not answer them.",
        labels: &["provider", "operation"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::DRIFT,
        help: "Fields of site answers that are missing, undocumented or in another format than documented.",
        labels: &["dialect", "operation", "field"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE,
        help: "Cache lookups, by the source of the answer.",
        labels: &["kind", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE_EVICTIONS,
        help: "Removed cache entries: for lack of room, or after their time.",
        labels: &["kind", "cause"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE_BYTES,
        help: "Size of the cache, as compared with its maximum.",
        labels: &[],
        kind: Kind::Gauge(Unit::Bytes),
    },
    Metric { name: SPOOL, help: "Bytes of spooled uploads.", labels: &[], kind: Kind::Gauge(Unit::Bytes) },
    Metric {
        name: CONNECTED,
        help: "Whether the store that replicas share answers.",
        labels: &[],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: REPLICAS,
        help: "Replicas that were seen last, with this one.",
        labels: &[],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: FALLBACKS,
        help: "Calls that this process's memory answered, because the shared store did not.",
        labels: &["port"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: RELOADS,
        help: "Reloads of the configuration, successful or rejected.",
        labels: &["result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: SPANS,
        help: "Spans that were sent to the collector, by whether it took them.",
        labels: &["result"],
        kind: Kind::Counter(Unit::Count),
    },
];

/// Records the metrics of this process from now on.
///
/// # Errors
/// If a recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    set_global_recorder(recorder)?;
    METRICS.iter().for_each(describe);
    Ok(handle)
}

/// Creates the recorder, with the buckets of each metric.
fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let with_buckets = |builder: PrometheusBuilder, metric: &Metric| match metric.kind {
        Kind::Histogram(buckets) => builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets),
        Kind::Counter(_) | Kind::Gauge(_) => Ok(builder),
    };
    Ok(METRICS.iter().try_fold(PrometheusBuilder::new(), with_buckets)?.build_recorder())
}

fn describe(metric: &Metric) {
    let Metric { name, help, kind, .. } = metric;
    match kind {
        Kind::Counter(unit) => describe_counter!(*name, *unit, *help),
        Kind::Gauge(unit) => describe_gauge!(*name, *unit, *help),
        Kind::Histogram(_) => describe_histogram!(*name, Unit::Seconds, *help),
    }
}

/// Sets the number of spooled bytes.
pub(crate) fn spooled(bytes: u64) {
    #[allow(clippy::cast_precision_loss, reason = "a gauge needs no 53rd bit")]
    gauge!(SPOOL).set(bytes as f64);
}

/// Sets the view of the replicas, if they share a store.
pub(crate) fn replicas(replicas: &dyn Replicas) {
    let connected = match replicas.store() {
        StoreStatus::Memory => return,
        StoreStatus::Connected => 1.0,
        StoreStatus::Away => 0.0,
    };
    gauge!(CONNECTED).set(connected);
    gauge!(REPLICAS).set(f64::from(replicas.count()));
}

/// Counts a reload of the configuration: `ok` or `refused`.
pub(crate) fn reloaded(result: &'static str) {
    counter!(RELOADS, "result" => result).increment(1);
}

/// Counts spans that the collector has taken (`exported`) or not (`lost`).
pub(crate) fn spans_exported(result: &'static str, count: usize) {
    counter!(SPANS, "result" => result).increment(count as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use ::metrics::with_local_recorder;
    use axum::http::Method;
    use polyhost_domain::{Error, ErrorKind, TransportFault, UpstreamAnswer};
    use polyhost_engine::measure::site_error;
    use polyhost_gateway::measure::Answered;

    fn counted(work: impl FnOnce()) -> String {
        let recorder = recorder().unwrap();
        with_local_recorder(&recorder, || {
            METRICS.iter().for_each(describe);
            work();
        });
        recorder.handle().render()
    }

    #[test]
    fn request_is_counted_by_route_without_waits_for_sites() {
        let text = counted(|| {
            let took = Duration::from_millis(40);
            let waited = took - Duration::from_micros(70);
            Answered { route: "/v1/me", method: &Method::GET, status: 200, took, waited }.count();
        });
        for line in [
            "# HELP polyhost_http_requests_total Answered requests.",
            "polyhost_http_requests_total{route=\"/v1/me\",method=\"GET\",status=\"200\"} 1",
            "polyhost_http_request_duration_seconds_bucket{route=\"/v1/me\",method=\"GET\",le=\"0.05\"} 1",
            "polyhost_http_request_duration_seconds_bucket{route=\"/v1/me\",method=\"GET\",le=\"0.025\"} 0",
            "polyhost_gateway_own_duration_seconds_bucket{route=\"/v1/me\",method=\"GET\",le=\"0.00005\"} 0",
            "polyhost_gateway_own_duration_seconds_bucket{route=\"/v1/me\",method=\"GET\",le=\"0.0001\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn text_of_callers_creates_no_series() {
        let text = counted(|| {
            for number in 0..100 {
                let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
                let (took, waited) = (Duration::from_millis(1), Duration::ZERO);
                Answered { route: "", method: &method, status: 404, took, waited }.count();
            }
        });
        let series = text.lines().filter(|line| line.starts_with("polyhost_http_requests_total{"));
        let line = "polyhost_http_requests_total{route=\"unmatched\",method=\"other\",status=\"404\"} 100";
        assert_eq!(series.collect::<Vec<_>>(), [line]);
    }

    #[test]
    fn request_that_was_never_sent_is_no_error_of_the_site() {
        let answer = UpstreamAnswer { http_status: Some(500), ..UpstreamAnswer::default() };
        let series = |errors: Vec<Error>| {
            let at = |error: Error| error.at(&"site".parse().unwrap(), "file/info");
            let text = counted(|| errors.into_iter().map(at).for_each(|error| site_error(&error)));
            let series = text.lines().filter(|line| line.starts_with("polyhost_upstream_errors_total{"));
            series.map(str::to_owned).collect::<Vec<_>>()
        };
        let never_sent = vec![
            Error::new(ErrorKind::Overloaded),
            Error::new(ErrorKind::RateLimited),
            Error::new(ErrorKind::Timeout),
            Error::new(ErrorKind::Unavailable).with_transport(TransportFault::DestinationUnavailable),
            Error::new(ErrorKind::Rejected).with_answer(UpstreamAnswer::default()),
            Error::new(ErrorKind::BodyIncomplete),
        ];
        assert_eq!(series(never_sent), [""; 0]);
        let sent = vec![
            Error::new(ErrorKind::SiteFailed).with_answer(answer),
            Error::new(ErrorKind::Unavailable).with_transport(TransportFault::ConnectionRefused),
            Error::new(ErrorKind::SessionContended),
        ];
        assert_eq!(series(sent).len(), 3);
    }
}
