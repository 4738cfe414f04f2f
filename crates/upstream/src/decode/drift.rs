//! Drift: the differences of a readable answer from the site's documentation. They are missing fields, unknown fields,
//! and values that are not valid for their field. Each is counted, and logged once an hour. Metrics and log contain
//! only our own names of fields, never names that the site has sent.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;
use polyhost_domain::ProviderId;

use crate::measure::DRIFT;

/// The shortest time between two log lines about the same field.
const LOG_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The name for all unknown fields.
const UNKNOWN_FIELD: &str = "unknown";
/// The name for the answer itself, outside of any field.
pub(super) const WHOLE: &str = "result";

/// The documentation of a dialect's answers.
#[derive(Debug)]
pub struct Documented {
    /// The dialect's name.
    pub dialect: &'static str,
    /// The documented structures. The fields of other structures are not checked.
    pub shapes: &'static [Shape],
}

/// The documentation of one structure.
#[derive(Debug)]
pub struct Shape {
    /// The name of the wire struct that it is read into.
    pub name: &'static str,
    /// The fields that are always present, even if they are empty. These are the site's names.
    pub always: &'static [&'static str],
    /// The documented fields that the gateway does not read; `None` if the documentation does not list all fields.
    pub unread: Option<&'static [&'static str]>,
}

/// The difference between a field and its documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    Missing,
    New,
    Unusable,
}

/// A field that differs, and the number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sighting {
    field: &'static str,
    difference: Difference,
    count: u64,
}

thread_local! {
    /// The answer that this thread is decoding.
    static READING: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Reading {
    documented: &'static Documented,
    field: &'static str,
    sightings: Vec<Sighting>,
}

impl Documented {
    /// Reads an answer, and counts its differences if it could be read.
    pub(crate) fn watch<T, E>(
        &'static self,
        provider: &ProviderId,
        operation: &'static str,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let reading = Reading { documented: self, field: WHOLE, sightings: Vec::new() };
        let outer = READING.replace(Some(reading));
        let outcome = read();
        let reading = READING.replace(outer);
        if outcome.is_ok() {
            for sighting in reading.into_iter().flat_map(|reading| reading.sightings) {
                report(self.dialect, provider, operation, sighting);
            }
        }
        outcome
    }

    fn shape(&self, name: &str) -> Option<&'static Shape> {
        self.shapes.iter().find(|shape| shape.name == name)
    }
}

/// Returns the documented shape of a structure in the answer that is being read.
pub(super) fn shape(name: &str) -> Option<&'static Shape> {
    READING.with_borrow(|reading| reading.as_ref()?.documented.shape(name))
}

/// Sets the field that is read next, and returns the previous one.
pub(super) fn enter(field: &'static str) -> Option<&'static str> {
    READING.with_borrow_mut(|reading| Some(std::mem::replace(&mut reading.as_mut()?.field, field)))
}

/// Returns the field that is being read.
pub(super) fn field() -> &'static str {
    READING.with_borrow(|reading| reading.as_ref().map_or(WHOLE, |reading| reading.field))
}

/// Reads a part of the answer. Its differences are counted only if it can be read.
pub(super) fn attempt<T, E>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let before = READING.with_borrow_mut(|reading| Some(std::mem::take(&mut reading.as_mut()?.sightings)));
    let outcome = read();
    READING.with_borrow_mut(|reading| {
        if let (Some(reading), Some(before)) = (reading, before) {
            let found = std::mem::replace(&mut reading.sightings, before);
            let found = found.into_iter().filter(|_| outcome.is_ok());
            found.for_each(|sighting| reading.add(sighting));
        }
    });
    outcome
}

/// Notes that the value of the field that is being read is invalid.
pub(super) fn unusable() {
    note(None, Difference::Unusable);
}

/// Notes that the value of another field is invalid.
pub(super) fn unusable_in(field: &'static str) {
    note(Some(field), Difference::Unusable);
}

/// Notes that a documented field is missing.
pub(super) fn missing(field: &'static str) {
    note(Some(field), Difference::Missing);
}

/// Notes a field that is not documented.
pub(super) fn new() {
    note(Some(UNKNOWN_FIELD), Difference::New);
}

fn note(field: Option<&'static str>, difference: Difference) {
    READING.with_borrow_mut(|reading| {
        let Some(reading) = reading else { return };
        let field = field.unwrap_or(reading.field);
        reading.add(Sighting { field, difference, count: 1 });
    });
}

impl Reading {
    fn add(&mut self, sighting: Sighting) {
        let is_alike = |known: &&mut Sighting| known.field == sighting.field && known.difference == sighting.difference;
        match self.sightings.iter_mut().find(is_alike) {
            Some(known) => known.count += sighting.count,
            None => self.sightings.push(sighting),
        }
    }
}

fn report(dialect: &'static str, provider: &ProviderId, operation: &'static str, sighting: Sighting) {
    let Sighting { field, difference, count } = sighting;
    counter!(DRIFT, "dialect" => dialect, "operation" => operation, "field" => field).increment(count);
    if LOGGED.is_due((dialect, operation, field), Instant::now()) {
        let how = match difference {
            Difference::Missing => "missing",
            Difference::New => "not documented",
            Difference::Unusable => "of no use",
        };
        tracing::info!(%provider, dialect, operation, field, how, "drift: the site does not answer as documented");
    }
}

/// The time at which each difference was last logged. The keys are our own names, so their number is bounded.
struct Logged(Mutex<BTreeMap<(&'static str, &'static str, &'static str), Instant>>);

static LOGGED: Logged = Logged(Mutex::new(BTreeMap::new()));

impl Logged {
    fn is_due(&self, about: (&'static str, &'static str, &'static str), now: Instant) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_silent = logged.get(&about).is_some_and(|last| now.saturating_duration_since(*last) < LOG_INTERVAL);
        if !is_silent {
            logged.insert(about, now);
        }
        !is_silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{List, Unreadable, WireTime, lenient, value};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read to find differences, not for its values")]
    struct File {
        #[serde(default, deserialize_with = "lenient")]
        name: Option<String>,
        #[serde(rename = "fileSize", default, deserialize_with = "lenient")]
        size: Option<u64>,
        #[serde(default, deserialize_with = "lenient")]
        added: Option<WireTime>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read to find differences, not for its values")]
    struct Listing<'a> {
        #[serde(default, borrow)]
        files: List<'a, File>,
    }

    static DOCUMENTED: Documented = Documented {
        dialect: "test",
        shapes: &[
            Shape { name: "File", always: &["name", "fileSize"], unread: Some(&["colour"]) },
            Shape { name: "Listing", always: &["files"], unread: None },
        ],
    };

    /// Returns the sightings of an answer, as `field count`.
    fn sightings(json: &str) -> Vec<String> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let provider = "site".parse().unwrap();
        metrics::with_local_recorder(&recorder, || {
            let read = || {
                let listing: Listing<'_> = value(json).map_err(|_| Unreadable::Shape)?;
                listing.files.read(|_, file| Some(file))
            };
            let _ = DOCUMENTED.watch(&provider, "list", read);
        });
        let text = recorder.handle().render();
        let mut found: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("polyhost_upstream_drift_total{"))
            .map(|line| {
                assert!(line.contains("dialect=\"test\"") && line.contains("operation=\"list\""), "{line}");
                let field = line.split("field=\"").nth(1).unwrap().split('"').next().unwrap();
                format!("{field} {}", line.rsplit(' ').next().unwrap())
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn documented_fields_are_no_drift_in_any_notation() {
        for json in [
            r#"{"files": [{"name": "a", "fileSize": "7", "added": "2018-01-07 17:59:31"}], "more": 1}"#,
            r#"{"files": {"k": {"name": null, "fileSize": false, "colour": {"x": [1]}, "added": 0}}}"#,
            r#"{"files": [{"name": "", "fileSize": [], "added": "0000-00-00 00:00:00"}]}"#,
            r#"{"files": []}"#,
        ] {
            assert!(sightings(json).is_empty(), "{json}: {:?}", sightings(json));
        }
    }

    #[test]
    fn drift_is_counted_by_our_own_field_names() {
        let rows: [(&str, &[&str]); 7] = [
            (r#"{"files": [{"name": "a"}, {"name": "b"}]}"#, &["fileSize 2"]),
            (r#"{"files": [{"name": "a", "fileSize": 1, "smell": 1, "taste": 2}]}"#, &["unknown 2"]),
            (
                r#"{"files": [{"name": ["a"], "fileSize": "many", "added": "soon"}]}"#,
                &["added 1", "fileSize 1", "name 1"],
            ),
            (r#"{"files": [{"name": true, "fileSize": {"x": 1}}]}"#, &["fileSize 1", "name 1"]),
            (r#"{"files": ["odd", {"name": "a", "fileSize": 1}, 5]}"#, &["files 2"]),
            (r#"{"files": "none"}"#, &["files 1"]),
            ("{}", &["files 1"]),
        ];
        for (json, expected) in rows {
            assert_eq!(sightings(json), expected, "{json}");
        }
    }

    #[test]
    fn unreadable_answer_is_an_error_and_no_drift() {
        for json in [r#"["a"]"#, r#"{"files": [{"name": ["a"]}]"#, "true"] {
            assert!(sightings(json).is_empty(), "{json}");
        }
    }

    #[test]
    fn field_is_logged_once_an_hour() {
        let logged = Logged(Mutex::default());
        let (start, minute) = (Instant::now(), Duration::from_secs(60));
        let (one, other) = (("d", "o", "one"), ("d", "o", "other"));
        assert!(logged.is_due(one, start) && logged.is_due(other, start + minute));
        assert!(!logged.is_due(one, start + 59 * minute));
        assert!(logged.is_due(one, start + 60 * minute) && !logged.is_due(other, start + 60 * minute));
    }
}
