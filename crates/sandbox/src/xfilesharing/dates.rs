//! Dates in the site's format, in the site's local time, which no answer names.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::options::Options;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Returns a time as `Y-m-d H:i:s` in the site's local time.
pub(crate) fn local(options: &Options, time: Timestamp) -> String {
    shifted(time, options.utc_offset_minutes).strftime(FORMAT).to_string()
}

/// Returns a time as `H:i:s d-m-Y` in the site's local time.
pub(crate) fn day_last(options: &Options, time: Timestamp) -> String {
    shifted(time, options.utc_offset_minutes).strftime("%H:%M:%S %d-%m-%Y").to_string()
}

/// Parses `Y-m-d H:i:s` in the site's local time.
pub(crate) fn parse(options: &Options, text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(FORMAT, text).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(shifted(time, -options.utc_offset_minutes))
}

/// Returns the number of the site's day.
pub(crate) fn day(options: &Options, time: Timestamp) -> i64 {
    shifted(time, options.utc_offset_minutes).as_second().div_euclid(24 * 60 * 60)
}

/// Returns the time that is `by` before another.
pub(crate) fn before(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| time.checked_sub(by).ok()).unwrap_or(time)
}

fn shifted(time: Timestamp, minutes: i32) -> Timestamp {
    time.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{local, parse};
    use crate::xfilesharing::{Flavour, Options};

    #[test]
    fn site_time_has_the_offset_of_the_options() {
        let options = Options { utc_offset_minutes: 210, ..Options::of(Flavour::Xfs) };
        let time: Timestamp = "2026-03-04T01:30:00Z".parse().unwrap();
        assert_eq!(local(&options, time), "2026-03-04 05:00:00");
        assert_eq!(parse(&options, "2026-03-04 05:00:00"), Some(time));
        assert_eq!(parse(&options, "yesterday"), None);
    }
}
