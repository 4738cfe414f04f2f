//! `[upstream]`: how the gateway treats a site. Also read from `[providers.X]` and `[accounts.X]`, over the outer ones.

use polyhost_state::Quota;
use polyhost_upstream::Settings;

use crate::section::Section;

/// Reads the settings out of a table that may hold other keys too; what is not there stays as it was outside.
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
    check_pace(section, &settings);
    settings
}

/// A limiter does not remember what was taken from it for longer than [`Quota::LONGEST`], and would let an account that
/// has so long to wait ask sooner. Told where the pace is set, and not again in every table below.
fn check_pace(section: &mut Section<'_>, settings: &Settings) {
    const KEYS: [&str; 2] = ["requests_per_second", "burst"];
    let Some(key) = KEYS.into_iter().find(|key| section.value(key).is_some()) else { return };
    let rate = settings.requests_per_second;
    if rate > 0.0 && f64::from(settings.burst) / rate > Quota::LONGEST.as_secs_f64() {
        section.fault(key, "is so low that the burst would not be had again within 365 days");
    }
}

/// Looks for faults where the outer settings are not known.
pub(crate) fn inspect(section: &mut Section<'_>) {
    read(section, &Settings::default());
}
