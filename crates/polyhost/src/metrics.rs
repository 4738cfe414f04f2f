//! Every metric that there is: its name, its help, its labels and its buckets, in one table. Each is counted where what it
//! counts happens. Without an admin listener nothing is kept.
//!
//! A label holds our own words alone, or names of the configuration, so that there are only so many series.

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, set_global_recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use polyhost_engine::measure::{CACHE, CACHE_BYTES, CACHE_EVICTIONS, ERRORS};
use polyhost_gateway::measure::{OWN_SECONDS, REQUEST_SECONDS, REQUESTS};
use polyhost_upstream::measure;

const SPOOL: &str = "polyhost_spool_bytes";
const RELOADS: &str = "polyhost_config_reloads_total";

/// One metric, as it is described.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it counts or measures.
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

/// For answers to callers.
const REQUEST_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// For what the gateway itself takes, which is to be little.
const OWN_BUCKETS: &[f64] =
    &[0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0];
/// For calls to sites, of which uploads may take minutes.
const CALL_BUCKETS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 300.0, 900.0];

/// Every metric that there is.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS,
        help: "Requests that were answered.",
        labels: &["route", "method", "status"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: REQUEST_SECONDS,
        help: "How long requests took until the head of their answer.",
        labels: &["route", "method"],
        kind: Kind::Histogram(REQUEST_BUCKETS),
    },
    Metric {
        name: OWN_SECONDS,
        help: "The part of it in which no site was waited for.",
        labels: &["route", "method"],
        kind: Kind::Histogram(OWN_BUCKETS),
    },
    Metric {
        name: measure::CALLS,
        help: "Requests to sites that have ended, by what became of them.",
        labels: &["provider", "operation", "outcome"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CALL_SECONDS,
        help: "How long requests to sites took: until the end of the answer, of downloads until its head.",
        labels: &["provider", "operation"],
        kind: Kind::Histogram(CALL_BUCKETS),
    },
    Metric {
        name: ERRORS,
        help: "Errors of operations at sites, by what the sites' answers mean.",
        labels: &["provider", "operation", "kind"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::BYTES,
        help: "Bytes of files that went to sites and came from them.",
        labels: &["provider", "direction"],
        kind: Kind::Counter(Unit::Bytes),
    },
    Metric {
        name: measure::IN_FLIGHT,
        help: "Requests to sites under way, downloads that flow among them.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::WAITING,
        help: "Requests that wait for their turn: for the pace of their account, or until one of it has ended.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::RETRIES,
        help: "Requests that failed and were sent once more, or were not because that would have been too much.",
        labels: &["provider", "operation", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CIRCUITS_OPEN,
        help: "Addresses of sites that are left alone because they fail, those that are being tried out among them.",
        labels: &["provider"],
        kind: Kind::Gauge(Unit::Count),
    },
    Metric {
        name: measure::CIRCUIT_OPENINGS,
        help: "How often addresses of sites began to be left alone.",
        labels: &["provider"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::LOGINS,
        help: "Logins that were tried, by what became of them.",
        labels: &["provider", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::CHECKS_SKIPPED,
        help: "Questions before a write, or about a session, that a site could not answer and that were skipped.",
        labels: &["provider", "operation"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: measure::DRIFT,
        help: "Fields that sites leave out, add or write in another way than documented.",
        labels: &["dialect", "operation", "field"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE,
        help: "Questions to the cache, by where the answer came from.",
        labels: &["kind", "result"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE_EVICTIONS,
        help: "What the cache has let go: for want of room, or after its time.",
        labels: &["kind", "cause"],
        kind: Kind::Counter(Unit::Count),
    },
    Metric {
        name: CACHE_BYTES,
        help: "Bytes that the cache holds, as they are weighed.",
        labels: &[],
        kind: Kind::Gauge(Unit::Bytes),
    },
    Metric { name: SPOOL, help: "Bytes of uploads that are spooled now.", labels: &[], kind: Kind::Gauge(Unit::Bytes) },
    Metric {
        name: RELOADS,
        help: "New configurations that were put to work, or refused.",
        labels: &["result"],
        kind: Kind::Counter(Unit::Count),
    },
];

/// Keeps the metrics of this process from now on.
///
/// # Errors
/// Where they are kept already.
pub fn keep() -> Result<PrometheusHandle, BuildError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    set_global_recorder(recorder)?;
    METRICS.iter().for_each(describe);
    Ok(handle)
}

/// What keeps metrics, with their buckets.
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

/// Tells how many bytes are spooled now.
pub(crate) fn spooled(bytes: u64) {
    #[allow(clippy::cast_precision_loss, reason = "a gauge needs no 53rd bit")]
    gauge!(SPOOL).set(bytes as f64);
}

/// Counts a new configuration: `ok`, or `refused`.
pub(crate) fn reloaded(result: &'static str) {
    counter!(RELOADS, "result" => result).increment(1);
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
    fn a_request_is_counted_by_its_route_and_what_was_waited_for_is_not_its_own() {
        let text = counted(|| {
            let took = Duration::from_millis(40);
            let waited = took - Duration::from_micros(70);
            Answered { route: "/v1/me", method: &Method::GET, status: 200, took, waited }.count();
        });
        for line in [
            "# HELP polyhost_http_requests_total Requests that were answered.",
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
    fn words_of_callers_make_no_series() {
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
    fn what_was_never_sent_to_a_site_is_no_error_of_it() {
        let answer = UpstreamAnswer { http_status: Some(500), ..UpstreamAnswer::default() };
        let told = |errors: Vec<Error>| {
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
        assert_eq!(told(never_sent), [""; 0]);
        let sent = vec![
            Error::new(ErrorKind::SiteFailed).with_answer(answer),
            Error::new(ErrorKind::Unavailable).with_transport(TransportFault::ConnectionRefused),
            Error::new(ErrorKind::SessionContended),
        ];
        assert_eq!(told(sent).len(), 3);
    }
}
