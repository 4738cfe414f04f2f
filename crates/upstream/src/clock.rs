//! The time zone of a site's dates, which are written without one. It follows from the difference between the site's
//! clock in an answer's body and the `Date` of the answer.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The offset of every time zone from UTC is a multiple of a quarter of an hour.
const QUARTER: i64 = 15 * 60;

/// A difference of this much or more means that a clock is wrong. It is then ignored.
const TOO_FAR: SignedDuration = SignedDuration::from_hours(15);

/// Returns the time zone in which the site's clock and the answer's `Date` are the same moment. It is UTC where either
/// is missing.
#[must_use]
pub fn zone(clock: Option<&str>, date: Option<Timestamp>) -> TimeZone {
    let offset = || {
        let clock: DateTime = clock?.trim().parse().ok()?;
        let difference = clock.to_zoned(TimeZone::UTC).ok()?.timestamp().duration_since(date?);
        if difference.abs() >= TOO_FAR {
            return None;
        }
        let seconds = (difference.as_secs() + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
        Offset::from_seconds(i32::try_from(seconds).ok()?).ok()
    };
    offset().map_or(TimeZone::UTC, TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_follows_from_the_difference_of_two_clocks() {
        let date: Timestamp = "2024-11-19T00:28:38Z".parse().unwrap();
        let rows = [
            ("2024-11-19 00:28:38", 0),
            ("2024-11-19 01:28:39", 3600),
            ("2024-11-19 01:24:01", 3600),
            ("2024-11-18 19:28:38", -5 * 3600),
            ("2024-11-18 20:58:30", -(3 * 3600 + 1800)),
            ("2024-11-19 06:13:38", 5 * 3600 + 45 * 60),
            ("2024-11-19 14:28:38", 14 * 3600),
            ("2024-11-19 15:28:38", 0),
            ("2023-11-19 00:28:38", 0),
            ("soon", 0),
            ("9999-12-31 23:59:59", 0),
        ];
        for (clock, seconds) in rows {
            let zone = zone(Some(clock), Some(date));
            assert_eq!(zone.to_offset(date).seconds(), seconds, "{clock}");
        }
        assert_eq!(zone(None, Some(date)), TimeZone::UTC);
        assert_eq!(zone(Some("2024-11-19 01:28:38"), None), TimeZone::UTC);
    }
}
