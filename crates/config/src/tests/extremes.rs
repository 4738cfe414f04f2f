//! Tests that extreme values, which later calculations could not handle, are faults of the configuration.

use super::*;

#[test]
fn duration_above_365_days_is_a_fault() {
    let text = |long: &str| format!("[upstream]\ndeadline = \"{long}\"\n[cache]\nlisting_ttl = \"{long}\"\n");
    let config = parse(&text("365days")).unwrap();
    assert_eq!(config.cache.listing_ttl, Duration::from_secs(365 * 24 * 60 * 60));
    for long in ["365days 1ns", "300000000000y"] {
        assert_faults(
            &text(long),
            &[
                &format!("[upstream] deadline: \"{long}\" is longer than 365 days"),
                &format!("[cache] listing_ttl: \"{long}\" is longer than 365 days"),
            ],
        );
    }
}

#[test]
fn rate_with_a_burst_that_never_refills_is_a_fault() {
    assert!(parse("[upstream]\nrequests_per_second = 0.001\nburst = 30000\n").is_ok());
    let low = "is so low that the burst does not refill within 365 days";
    assert_faults(
        "[upstream]\nrequests_per_second = 0.001\nburst = 32000\n[providers.pstream]\nretries = 1\n\
         [providers.streamplay]\nrequests_per_second = 1e-300\n",
        &[
            &format!("[upstream] requests_per_second: {low}"),
            &format!("[providers.streamplay] requests_per_second: {low}"),
        ],
    );
    assert_faults(
        "[providers.pstream]\nburst = 4294967295\nrequests_per_second = 20\n",
        &[&format!("[providers.pstream] requests_per_second: {low}")],
    );
    assert_faults("[providers.pstream]\nburst = 4294967295\n", &[&format!("[providers.pstream] burst: {low}")]);
}
