//! `[upstream]`: how the gateway treats a site. Also read from `[providers.X]` and `[accounts.X]`, over the outer ones.

use polyhost_upstream::Settings;

use super::section::Section;

/// Reads the settings out of a table that may hold other keys too; what is not there stays as it was outside.
pub(super) fn read(section: &mut Section<'_>, outer: &Settings) -> Settings {
    for key in ["retries", "max_concurrency", "requests_per_second", "burst", "circuit_failures", "circuit_open"] {
        section.unused(key);
    }
    Settings {
        connect_timeout: section.timeout("connect_timeout", outer.connect_timeout),
        attempt_timeout: section.timeout("attempt_timeout", outer.attempt_timeout),
        deadline: section.timeout("deadline", outer.deadline),
        upload_answer_timeout: section.timeout("upload_answer_timeout", outer.upload_answer_timeout),
        max_response: section.size("max_response", outer.max_response),
        allow_private_networks: section.flag("allow_private_networks", outer.allow_private_networks),
        ..outer.clone()
    }
}
