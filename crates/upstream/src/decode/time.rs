//! Times: a civil date without a zone, or seconds or milliseconds since 1970.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;

use super::Scalar;

/// Numbers from this one on are milliseconds: as seconds they would lie beyond the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// The first and the last day that can be converted to UTC from every zone and still has a year of four digits.
const FIRST_DAY: Date = date(1, 1, 2);
const LAST_DAY: Date = date(9999, 12, 29);

/// The notations of sites for "no date": MySQL's zero date, and its conversion by PHP's `DateTime`.
const NO_DATE: [&str; 2] = ["0000-00-00", "-0001-11-30"];

/// A time as a site writes it. A time that is out of range or cannot be parsed is not read; it counts as drift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireTime {
    /// Zero: there is no time.
    Never,
    /// Seconds or milliseconds since 1970, or a date with its zone.
    Moment(Timestamp),
    /// A date without a zone, such as `2018-01-07 17:59:31`.
    Civil(DateTime),
}

impl WireTime {
    /// Returns the moment, for which a date without a zone is read as a date in `zone`.
    #[must_use]
    pub fn in_zone(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::Moment(moment) => Some(*moment),
            Self::Civil(civil) => zone.to_ambiguous_timestamp(*civil).compatible().ok(),
        }
    }
}

fn from_number(number: i64) -> Option<WireTime> {
    let moment = match number {
        0 => return Some(WireTime::Never),
        _ if number.unsigned_abs() >= MILLISECONDS_FROM.unsigned_abs() => Timestamp::from_millisecond(number),
        _ => Timestamp::from_second(number),
    };
    moment.ok().and_then(from_moment)
}

fn from_moment(moment: Timestamp) -> Option<WireTime> {
    is_in_range(TimeZone::UTC.to_datetime(moment)).then_some(WireTime::Moment(moment))
}

fn from_date(text: &str) -> Option<WireTime> {
    if NO_DATE.iter().any(|zero| text.starts_with(zero)) {
        return Some(WireTime::Never);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return from_moment(moment);
    }
    let civil: DateTime = text.parse().ok()?;
    is_in_range(civil).then_some(WireTime::Civil(civil))
}

fn is_in_range(civil: DateTime) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&civil.date())
}

impl Scalar for WireTime {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        match i64::from_text(text) {
            Some(number) => from_number(number),
            None => from_date(text),
        }
    }

    fn from_integer(number: i128) -> Option<Self> {
        from_number(number.try_into().ok()?)
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).and_then(from_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, zone: &str) -> Option<String> {
        let wire: Option<WireTime> = super::super::lenient(&mut serde_json::Deserializer::from_str(json)).unwrap();
        wire?.in_zone(&TimeZone::get(zone).unwrap()).map(|moment| moment.to_string())
    }

    #[test]
    fn time_is_read_in_every_notation() {
        let cases = [
            ("\"2018-07-29 08:51:49\"", "UTC", Some("2018-07-29T08:51:49Z")),
            ("\"2018-07-29 08:51:49\"", "Europe/Paris", Some("2018-07-29T06:51:49Z")),
            ("\"2018-07-29T08:51:49Z\"", "Europe/Paris", Some("2018-07-29T08:51:49Z")),
            ("\"2018-07-29\"", "UTC", Some("2018-07-29T00:00:00Z")),
            ("1532854309", "Europe/Paris", Some("2018-07-29T08:51:49Z")),
            ("\"1532854309\"", "UTC", Some("2018-07-29T08:51:49Z")),
            ("1532854309.0", "UTC", Some("2018-07-29T08:51:49Z")),
            ("1532854309123", "UTC", Some("2018-07-29T08:51:49.123Z")),
            ("\"0000-00-00 00:00:00\"", "UTC", None),
            ("\"-0001-11-30 00:00:00\"", "UTC", None),
            ("0", "UTC", None),
            ("\"0\"", "UTC", None),
            ("\"\"", "UTC", None),
            ("false", "UTC", None),
            ("\"yesterday\"", "UTC", None),
            ("1e18", "UTC", None),
        ];
        for (json, zone, moment) in cases {
            assert_eq!(read(json, zone).as_deref(), moment, "{json} in {zone}");
        }
    }

    #[test]
    fn skipped_or_repeated_hour_of_a_zone_is_read() {
        assert!(read("\"2018-03-25 02:30:00\"", "Europe/Paris").is_some());
        assert!(read("\"2018-10-28 02:30:00\"", "Europe/Paris").is_some());
    }

    #[test]
    fn dates_at_the_ends_of_the_range_are_read_or_null() {
        let zones = ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Etc/GMT+12"];
        let cases = [
            ("\"9999-12-31 00:00:00\"", false),
            ("\"9999-12-31 23:59:59\"", false),
            ("\"9999-12-31T23:59:59Z\"", false),
            ("\"9999-12-29 23:59:59\"", true),
            ("\"0001-01-02 00:00:00\"", true),
            ("\"0001-01-01 00:00:00\"", false),
            ("\"0000-01-01 00:00:00\"", false),
            ("\"0000-12-31\"", false),
            ("\"10000-01-01 00:00:00\"", false),
            ("\"-009999-01-01T00:00:00Z\"", false),
            ("253402300799", true),
            ("-62135596801", false),
            ("-9223372036854775808", false),
            ("9223372036854775807", false),
            ("\"9223372036854775807\"", false),
            ("170141183460469231731687303715884105727", false),
        ];
        for (json, is_read) in cases {
            for zone in zones {
                let moment = read(json, zone);
                assert_eq!(moment.is_some(), is_read, "{json} in {zone}");
                assert!(moment.is_none_or(|moment| moment.starts_with(|first: char| first.is_ascii_digit())));
            }
        }
    }

    #[test]
    fn date_out_of_range_is_unreadable_and_zero_date_is_never() {
        let wire = |json: &str| -> Option<WireTime> {
            super::super::lenient(&mut serde_json::Deserializer::from_str(json)).unwrap()
        };
        assert_eq!(wire("\"9999-12-31 00:00:00\""), None);
        assert_eq!(wire("\"yesterday\""), None);
        assert_eq!(wire("\"0000-00-00 00:00:00\""), Some(WireTime::Never));
        assert_eq!(wire("0"), Some(WireTime::Never));
    }
}
