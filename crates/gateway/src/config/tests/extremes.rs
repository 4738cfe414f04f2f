//! Values that could be written, and that nothing could be made of later: they are faults of the configuration.

use super::*;

#[test]
fn no_duration_is_too_long_to_be_reckoned_with() {
    let text = |long: &str| format!("[upstream]\ndeadline = \"{long}\"\n[cache]\nlisting_ttl = \"{long}\"\n");
    let config = Config::parse(&text("365days")).unwrap();
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
