//! Times: a civil date in a zone that has to be known, or seconds or milliseconds since 1970.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Scalar;

/// From here on a number counts milliseconds: as seconds it would lie beyond the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A time as a site writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireTime {
    /// Seconds or milliseconds since 1970.
    Number(i64),
    /// A date, such as `2018-01-07 17:59:31`.
    Text(String),
}

impl WireTime {
    /// The moment that is meant, if a date without a zone is in `zone`. Zeros mean that there is none.
    #[must_use]
    pub fn in_zone(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Number(0) => None,
            Self::Number(number) if number.abs() >= MILLISECONDS_FROM => Timestamp::from_millisecond(*number).ok(),
            Self::Number(number) => Timestamp::from_second(*number).ok(),
            Self::Text(text) => date(text, zone),
        }
    }
}

fn date(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil: DateTime = text.parse().ok()?;
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

impl Scalar for WireTime {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let date = || text.starts_with(|first: char| first.is_ascii_digit()).then(|| Self::Text(text.to_owned()));
        i64::from_text(text).map(Self::Number).or_else(date)
    }

    fn from_integer(number: i128) -> Option<Self> {
        number.try_into().ok().map(Self::Number)
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).map(Self::Number)
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
    fn every_way_of_writing_a_time_is_read() {
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
    fn an_hour_that_never_was_or_was_twice_is_still_a_time() {
        assert!(read("\"2018-03-25 02:30:00\"", "Europe/Paris").is_some());
        assert!(read("\"2018-10-28 02:30:00\"", "Europe/Paris").is_some());
    }
}
