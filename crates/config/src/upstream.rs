//! `[upstream]`: settings for calls to a site. `[providers.X]` and `[accounts.X]` may override them.

use polyhost_state::Quota;
use polyhost_upstream::Settings;

use crate::section::Section;

/// Reads the settings from a table that may have other keys too. A missing key keeps the value of `outer`.
pub(crate) fn read(section: &mut Section<'_>, outer: &Settings) -> Settings {
    let settings = Settings {
        connect_timeout: section.timeout("connect_timeout", outer.connect_timeout),
        attempt_timeout: section.timeout("attempt_timeout", outer.attempt_timeout),
        deadline: section.timeout("deadline", outer.deadline),
        upload_answer_timeout: section.timeout("upload_answer_timeout", outer.upload_answer_timeout),
        retries: section.number("retries", 0, outer.retries),
        requests_per_second: section.rate("requests_per_second", outer.requests_per_second),
        burst: section.number("burst", 1, outer.burst),
        circuit_failures: section.number("circuit_failures", 0, outer.circuit_failures),
        circuit_open: section.timeout("circuit_open", outer.circuit_open),
        max_concurrency: section.number("max_concurrency", 1, outer.max_concurrency),
        max_response: section.limit("max_response", outer.max_response),
        allow_private_networks: section.flag("allow_private_networks", outer.allow_private_networks),
        ..outer.clone()
    };
    check_rate(section, &settings);
    settings
}

/// Rejects rates at which the burst takes longer than [`Quota::LONGEST`] to refill. A limiter does not count older
/// requests, and would admit the account too early. The fault is reported only in the table that sets the rate.
fn check_rate(section: &mut Section<'_>, settings: &Settings) {
    const KEYS: [&str; 2] = ["requests_per_second", "burst"];
    let Some(key) = KEYS.into_iter().find(|key| section.value(key).is_some()) else { return };
    let rate = settings.requests_per_second;
    if rate > 0.0 && f64::from(settings.burst) / rate > Quota::LONGEST.as_secs_f64() {
        section.fault(key, "is so low that the burst does not refill within 365 days");
    }
}

/// Reports faults of a table when the outer settings are unknown.
pub(crate) fn inspect(section: &mut Section<'_>) {
    read(section, &Settings::default());
}
