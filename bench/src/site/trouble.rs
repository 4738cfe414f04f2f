//! What befalls a site that is in trouble: a part of all requests, at random, in the ways in which sites and what lies
//! before them fail; and now and then, for a while, every one.

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use rand::{random_bool, random_range};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::connection::Connection;

/// The path of the switch, before the name of a mood.
pub(crate) const SWITCH: &str = "/switch/";

/// How many of the requests something befalls.
const SHARE: f64 = 0.4;
/// From the beginning of one failure of the whole to that of the next.
const BETWEEN_OUTAGES: Duration = Duration::from_secs(20);
/// How long each of them lasts.
const OUTAGE: Duration = Duration::from_secs(2);
/// One request of so many is one too many for the site. It has the account slow down for minutes.
const ONE_TOO_MANY: u32 = 2_000;
/// The longest that an answer is merely late.
const LATE: Duration = Duration::from_millis(300);
/// The pause after each piece of an answer that comes slowly.
const PIECE: Duration = Duration::from_millis(100);

const PAGE: &[u8] = b"<html><head><title>Something else</title></head><body>Not what was asked for</body></html>";

static MOOD: LazyLock<watch::Sender<Mood>> = LazyLock::new(|| watch::Sender::new(Mood::Well));
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// How the site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Nothing befalls it.
    Well,
    /// Anything may.
    Troubled,
    /// It keeps every request until it is well again.
    Holding,
}

impl Mood {
    const ALL: [Self; 3] = [Self::Well, Self::Troubled, Self::Holding];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Troubled => "troubled",
            Self::Holding => "holding",
        }
    }
}

/// Brings the site into a mood; `false` where there is none of this name.
pub(super) fn switch(name: &str) -> bool {
    let mood = Mood::ALL.into_iter().find(|mood| mood.name() == name);
    mood.is_some_and(|mood| {
        MOOD.send_replace(mood);
        true
    })
}

/// What befalls one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// The connection is closed before the request's body is read.
    Refused,
    /// An error, as a page.
    Status(&'static str),
    /// A page in place of an answer.
    Page,
    /// The connection is closed in place of an answer.
    Closed,
    /// The answer is cut short.
    Cut,
    /// The answer begins, and nothing more comes.
    Stalled,
    /// The answer comes a few bytes at a time.
    Slow,
    /// Nothing comes.
    Silent,
}

/// What befalls the next request to a path; a part of them is only late. Sessions are left alone: a site is not logged
/// in to often enough to lose any.
pub(super) async fn of(path: &str) -> Trouble {
    let mood = *MOOD.borrow();
    if path.ends_with("/authorize") || path.ends_with("/account/info") {
        return Trouble::None;
    }
    match mood {
        Mood::Well => Trouble::None,
        Mood::Holding => {
            // The sender is never dropped.
            let _ = MOOD.subscribe().wait_for(|mood| *mood != Mood::Holding).await;
            Trouble::None
        }
        Mood::Troubled => at_random().await,
    }
}

async fn at_random() -> Trouble {
    if BEGAN.elapsed().as_millis() % BETWEEN_OUTAGES.as_millis() < OUTAGE.as_millis() {
        return Trouble::Status("503 Service Unavailable");
    }
    if random_range(0..ONE_TOO_MANY) == 0 {
        return Trouble::Status("429 Too Many Requests");
    }
    if !random_bool(SHARE) {
        return Trouble::None;
    }
    match random_range(0..12) {
        0 => Trouble::Refused,
        1 => Trouble::Status("500 Internal Server Error"),
        2 => Trouble::Status("502 Bad Gateway"),
        3 => Trouble::Status("404 Not Found"),
        4 => Trouble::Page,
        5 => Trouble::Closed,
        6 => Trouble::Cut,
        7 => Trouble::Stalled,
        8 => Trouble::Slow,
        9 => Trouble::Silent,
        _ => {
            sleep(random_range(Duration::ZERO..LATE)).await;
            Trouble::None
        }
    }
}

impl Trouble {
    /// Lets it befall a request that was read.
    ///
    /// # Errors
    /// Where the connection can be used no more, as with most troubles.
    pub(super) async fn befall(self, connection: &mut Connection) -> io::Result<()> {
        let closed = Err(io::ErrorKind::ConnectionAborted.into());
        match self {
            Self::None => Ok(()),
            Self::Refused | Self::Closed => closed,
            Self::Status(status) => connection.begin(status, PAGE, 0).await,
            Self::Page => connection.begin("200 OK", PAGE, 0).await,
            Self::Cut => {
                connection.begin("200 OK", PAGE, PAGE.len()).await?;
                closed
            }
            Self::Stalled => {
                connection.begin("200 OK", PAGE, PAGE.len()).await?;
                connection.wait_for_its_end().await
            }
            Self::Slow => {
                connection.begin("200 OK", b"", PAGE.len()).await?;
                for piece in PAGE.chunks(10) {
                    sleep(PIECE).await;
                    connection.send(piece).await?;
                }
                Ok(())
            }
            Self::Silent => connection.wait_for_its_end().await,
        }
    }
}
