//! `[upstream]`: how the gateway treats a site. Also read from `[providers.X]` and `[accounts.X]`, over the outer ones.

use std::time::Duration;

use polyhost_upstream::Settings;

use super::section::Section;
use super::unused::{self, Kind};

/// The keys that have no effect yet.
const UNUSED: [(&str, Kind); 6] = [
    ("retries", Kind::Count(0)),
    ("max_concurrency", Kind::Count(1)),
    ("requests_per_second", Kind::Rate),
    ("burst", Kind::Count(1)),
    ("circuit_failures", Kind::Count(0)),
    ("circuit_open", Kind::Duration),
];

/// Reads the settings out of a table that may hold other keys too; what is not there stays as it was outside.
pub(super) fn read(section: &mut Section<'_>, outer: &Settings) -> Settings {
    for (key, kind) in UNUSED {
        unused::read(section, key, kind);
    }
    let (attempt_timeout, deadline) = attempt_and_deadline(section, outer);
    Settings {
        connect_timeout: section.timeout("connect_timeout", outer.connect_timeout),
        attempt_timeout,
        deadline,
        upload_answer_timeout: section.timeout("upload_answer_timeout", outer.upload_answer_timeout),
        max_response: section.limit("max_response", outer.max_response),
        allow_private_networks: section.flag("allow_private_networks", outer.allow_private_networks),
        ..outer.clone()
    }
}

/// Looks for faults where the outer settings are not known.
pub(super) fn inspect(section: &mut Section<'_>) {
    // With these, `attempt_timeout` and `deadline` are held to each other only where both stand in this table.
    let unknown = Settings { attempt_timeout: Duration::from_nanos(1), deadline: Duration::MAX, ..Settings::default() };
    read(section, &unknown);
}

/// An attempt longer than all attempts together is a fault of the table that makes it so.
fn attempt_and_deadline(section: &mut Section<'_>, outer: &Settings) -> (Duration, Duration) {
    let faults = section.faults_so_far();
    let attempt_timeout = section.timeout("attempt_timeout", outer.attempt_timeout);
    let deadline = section.timeout("deadline", outer.deadline);
    let understood = section.faults_so_far() == faults;
    if understood && attempt_timeout > deadline {
        let [attempt, all] = [attempt_timeout, deadline].map(humantime::format_duration);
        if section.value("attempt_timeout").is_some() {
            section.fault("attempt_timeout", format_args!("must not be longer than deadline, which is {all}"));
        } else if section.value("deadline").is_some() {
            section.fault("deadline", format_args!("must not be shorter than attempt_timeout, which is {attempt}"));
        }
    }
    (attempt_timeout, deadline)
}
