//! A hint, and its text in a mark. Its times are those of the wall clock, since 1970.

use std::fmt;
use std::time::{Duration, SystemTime};

use polyhost_domain::{Origin, ProviderId};

use crate::header::MAX_RETRY_AFTER;
use crate::pace::{LONGEST_QUIET, RECOVERY};

/// What one replica reports to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hint {
    /// A circuit has opened.
    OpenCircuit(OpenCircuit),
    /// A site has reported too many requests of an account.
    Complaint(Origin, Complaint),
}

/// An open circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenCircuit {
    pub(super) provider: ProviderId,
    /// The scheme, host and port.
    pub(super) address: String,
    /// The time until which the circuit is open.
    pub(super) until: Duration,
}

/// A complaint of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The time of the complaint.
    pub(super) at: Duration,
    /// The end of the pause that the site has requested.
    pub(super) pause_end: Option<Duration>,
}

impl OpenCircuit {
    /// Returns the time for which the circuit is still open, of a clock that is right; `None` if it is over.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.until.saturating_sub(wall_clock()).min(MAX_RETRY_AFTER);
        (!left.is_zero()).then_some(left)
    }
}

impl Complaint {
    /// Returns the complaint as of now, if it is from a clock that is ahead. Otherwise it would stay in force longer
    /// than all later ones.
    pub(super) fn not_in_the_future(self) -> Self {
        let at = self.at.min(wall_clock());
        let ahead = self.at.saturating_sub(at);
        Self { at, pause_end: self.pause_end.map(|end| end.saturating_sub(ahead)) }
    }

    /// Returns the time since the complaint.
    pub(super) fn age(&self) -> Duration {
        wall_clock().saturating_sub(self.at)
    }

    /// Returns the length of the requested pause.
    pub(super) fn pause(&self) -> Option<Duration> {
        Some(self.pause_end?.saturating_sub(self.at).min(MAX_RETRY_AFTER))
    }

    /// Returns the time for which the complaint has an effect. One alone slows the account down for [`RECOVERY`].
    fn length(&self) -> Duration {
        self.pause().map_or(RECOVERY, |pause| pause.min(LONGEST_QUIET).max(RECOVERY))
    }

    /// Returns whether the complaint still has an effect.
    pub(super) fn is_in_force(&self) -> bool {
        self.age() < self.length()
    }

    /// Returns the time at which the complaint has no effect any more.
    pub(super) fn end(&self) -> Duration {
        self.at.saturating_add(self.length())
    }
}

impl Hint {
    /// Parses the text of a hint. Returns `None` for any other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let (time, rest) = rest.split_once('/')?;
        match kind {
            "c" => {
                let (provider, address) = rest.split_once('/')?;
                let (provider, address) = (provider.parse().ok()?, address.to_owned());
                Some(Self::OpenCircuit(OpenCircuit { provider, address, until: parse_time(time)? }))
            }
            "s" => {
                let (pause_end, rest) = rest.split_once('/')?;
                let pause_end = if pause_end.is_empty() { None } else { Some(parse_time(pause_end)?) };
                let (provider, account) = rest.split_once('/')?;
                let origin = Origin { provider: provider.parse().ok()?, account: account.parse().ok()? };
                Some(Self::Complaint(origin, Complaint { at: parse_time(time)?, pause_end }))
            }
            _ => None,
        }
    }
}

/// Writes `c/UNTIL/PROVIDER/ADDRESS` or `s/TIME/PAUSE_END/PROVIDER/ACCOUNT`, with times in milliseconds.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenCircuit(OpenCircuit { provider, address, until }) => {
                write!(f, "c/{}/{provider}/{address}", until.as_millis())
            }
            Self::Complaint(Origin { provider, account }, Complaint { at, pause_end }) => {
                let pause_end = pause_end.map(|end| end.as_millis().to_string()).unwrap_or_default();
                write!(f, "s/{}/{pause_end}/{provider}/{account}", at.as_millis())
            }
        }
    }
}

/// Returns the time since 1970. A clock before 1970 counts as 1970.
pub(super) fn wall_clock() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Parses a time in milliseconds.
fn parse_time(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn hint_is_read_as_it_was_written() {
        let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
        let address = "https://node.site.example:8443".to_owned();
        let (at, until) = (Duration::from_millis(1_790_000_000_123), Duration::from_millis(1_790_000_015_123));
        let open = OpenCircuit { provider: origin.provider.clone(), address, until };
        for (hint, text) in [
            (Hint::OpenCircuit(open), "c/1790000015123/site/https://node.site.example:8443"),
            (Hint::Complaint(origin.clone(), Complaint { at, pause_end: None }), "s/1790000000123//site/main"),
            (
                Hint::Complaint(origin, Complaint { at, pause_end: Some(until) }),
                "s/1790000000123/1790000015123/site/main",
            ),
        ] {
            assert_eq!(hint.to_string(), text);
            assert_eq!(Hint::parse(text), Some(hint));
        }
    }

    #[test]
    fn text_that_is_no_hint_is_ignored() {
        for text in [
            "",
            "c",
            "c/1",
            "c/1/site",
            "c/soon/site/https://a.example",
            "c/1/SITE/https://a.example",
            "s/1/site/main",
            "s/1/soon/site/main",
            "s/1//site/a/b",
            "x/1/site/main",
        ] {
            assert_eq!(Hint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_of_a_wrong_clock_are_capped() {
        let far = u64::MAX;
        let Some(Hint::OpenCircuit(open)) = Hint::parse(&format!("c/{far}/site/https://a.example")) else { panic!() };
        assert_eq!(open.left(), Some(MAX_RETRY_AFTER));
        for at in [0, far] {
            let Some(Hint::Complaint(_, complaint)) = Hint::parse(&format!("s/{at}/{far}/site/main")) else { panic!() };
            assert_eq!((complaint.pause().unwrap() <= MAX_RETRY_AFTER, complaint.is_in_force()), (true, at == far));
            assert!(complaint.end() >= complaint.at);
            assert!(complaint.not_in_the_future().end() <= wall_clock() + LONGEST_QUIET);
        }
        assert_eq!(OpenCircuit { until: wall_clock(), ..open }.left(), None);
    }

    #[test]
    fn complaint_is_in_force_until_its_effect_ends() {
        let of = |ago: Duration, pause: Option<Duration>| {
            let at = wall_clock() - ago;
            Complaint { at, pause_end: pause.map(|pause| at + pause) }.is_in_force()
        };
        assert!(of(SECOND, None));
        assert!(!of(RECOVERY + SECOND, None));
        assert!(of(RECOVERY * 2, Some(RECOVERY * 3)));
        assert!(!of(RECOVERY * 4, Some(RECOVERY * 3)));
        assert!(!of(LONGEST_QUIET + SECOND, Some(MAX_RETRY_AFTER)));
        assert!(of(Duration::ZERO, Some(SECOND)));
    }
}
