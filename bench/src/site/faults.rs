//! The faults of the failing site. A share of the requests fails at random, in the ways in which sites and the proxies
//! in front of them fail. From time to time every request fails for a while.

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use rand::{random_bool, random_range};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::connection::Connection;

/// The path that sets the site's state, followed by the name of the state.
pub(crate) const SWITCH: &str = "/switch/";

/// The share of requests that fail.
const FAILING_SHARE: f64 = 0.4;
/// The time from the start of one outage to the start of the next.
const BETWEEN_OUTAGES: Duration = Duration::from_secs(20);
/// How long an outage lasts.
const OUTAGE: Duration = Duration::from_secs(2);
/// One of this many requests is answered with 429. The gateway then slows the account down for minutes.
const RATE_LIMIT_INTERVAL: u32 = 2_000;
/// The longest delay of an answer that is only late.
const MAX_DELAY: Duration = Duration::from_millis(300);
/// The pause after each piece of a slow answer.
const PIECE_PAUSE: Duration = Duration::from_millis(100);

const PAGE: &[u8] = b"<html><head><title>Something else</title></head><body>Not what was asked for</body></html>";

static STATE: LazyLock<watch::Sender<SiteState>> = LazyLock::new(|| watch::Sender::new(SiteState::Healthy));
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The state of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiteState {
    /// No request fails.
    Healthy,
    /// Requests fail at random.
    Failing,
    /// Requests are held until the site is healthy again.
    Holding,
}

impl SiteState {
    const ALL: [Self; 3] = [Self::Healthy, Self::Failing, Self::Holding];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "well",
            Self::Failing => "troubled",
            Self::Holding => "holding",
        }
    }
}

/// Sets the site's state. Returns `false` if there is no state of this name.
pub(super) fn switch(name: &str) -> bool {
    let found = SiteState::ALL.into_iter().find(|state| state.name() == name);
    found.is_some_and(|state| {
        STATE.send_replace(state);
        true
    })
}

/// The fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// The connection is closed before the request's body is read.
    Refused,
    /// An error status with an HTML page.
    Status(&'static str),
    /// An HTML page with HTTP 200.
    Page,
    /// The connection is closed without an answer.
    Closed,
    /// The answer is cut short.
    Cut,
    /// The answer begins and never continues.
    Stalled,
    /// The answer is sent a few bytes at a time.
    Slow,
    /// No answer is sent.
    Silent,
}

/// Returns the fault of the next request to a path. Some requests are only delayed. Logins never fail, because the
/// gateway logs in too rarely to afford a lost session.
pub(super) async fn of(path: &str) -> Fault {
    let state = *STATE.borrow();
    if path.ends_with("/authorize") || path.ends_with("/account/info") {
        return Fault::None;
    }
    match state {
        SiteState::Healthy => Fault::None,
        SiteState::Holding => {
            // The sender is never dropped.
            let _ = STATE.subscribe().wait_for(|state| *state != SiteState::Holding).await;
            Fault::None
        }
        SiteState::Failing => at_random().await,
    }
}

async fn at_random() -> Fault {
    if BEGAN.elapsed().as_millis() % BETWEEN_OUTAGES.as_millis() < OUTAGE.as_millis() {
        return Fault::Status("503 Service Unavailable");
    }
    if random_range(0..RATE_LIMIT_INTERVAL) == 0 {
        return Fault::Status("429 Too Many Requests");
    }
    if !random_bool(FAILING_SHARE) {
        return Fault::None;
    }
    match random_range(0..12) {
        0 => Fault::Refused,
        1 => Fault::Status("500 Internal Server Error"),
        2 => Fault::Status("502 Bad Gateway"),
        3 => Fault::Status("404 Not Found"),
        4 => Fault::Page,
        5 => Fault::Closed,
        6 => Fault::Cut,
        7 => Fault::Stalled,
        8 => Fault::Slow,
        9 => Fault::Silent,
        _ => {
            sleep(random_range(Duration::ZERO..MAX_DELAY)).await;
            Fault::None
        }
    }
}

impl Fault {
    /// Applies the fault to a request that was read.
    ///
    /// # Errors
    /// Fails if the connection cannot be used any more, as after most faults.
    pub(super) async fn apply(self, connection: &mut Connection) -> io::Result<()> {
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
                connection.wait_for_close().await
            }
            Self::Slow => {
                connection.begin("200 OK", b"", PAGE.len()).await?;
                for piece in PAGE.chunks(10) {
                    sleep(PIECE_PAUSE).await;
                    connection.send(piece).await?;
                }
                Ok(())
            }
            Self::Silent => connection.wait_for_close().await,
        }
    }
}
