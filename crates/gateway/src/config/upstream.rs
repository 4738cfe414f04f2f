//! `[upstream]`: how the gateway treats a site. Also read from `[providers.X]` and `[accounts.X]`, over the outer ones.

use polyhost_upstream::Settings;

use super::section::Section;
use super::unused::{self, Kind};

/// The keys that have no effect yet.
const UNUSED: [(&str, Kind); 5] = [
    ("retries", Kind::Count(0)),
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
    Settings {
        connect_timeout: section.timeout("connect_timeout", outer.connect_timeout),
        attempt_timeout: section.timeout("attempt_timeout", outer.attempt_timeout),
        deadline: section.timeout("deadline", outer.deadline),
        upload_answer_timeout: section.timeout("upload_answer_timeout", outer.upload_answer_timeout),
        max_concurrency: section
            .count("max_concurrency", 1)
            .map_or(outer.max_concurrency, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        max_response: section.limit("max_response", outer.max_response),
        allow_private_networks: section.flag("allow_private_networks", outer.allow_private_networks),
        ..outer.clone()
    }
}

/// Looks for faults where the outer settings are not known.
pub(super) fn inspect(section: &mut Section<'_>) {
    read(section, &Settings::default());
}
