//! A simulated site that allows one session for each user: a login invalidates the previous token.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_domain::{Error, ErrorKind, Origin, Result, UpstreamAnswer};
use polyhost_state::State;
use polyhost_upstream::{ActiveGrant, Evidence, Grant, Known, Login, Refusal, Session};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;

/// The time that the site takes to answer.
const DELAY: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(crate) struct Site {
    pub(crate) logins: AtomicUsize,
    pub(crate) logouts: AtomicUsize,
    pub(crate) refuses: AtomicBool,
    pub(crate) unreachable: AtomicBool,
    pub(crate) limited: AtomicBool,
    /// Whether a firewall answers logins with a page.
    pub(crate) firewalled: AtomicBool,
    /// Whether every token is invalid from the start.
    pub(crate) stillborn: AtomicBool,
    pub(crate) questions: AtomicUsize,
    /// Whether the check of a token is inconclusive from the second time on.
    pub(crate) later_checks_are_inconclusive: AtomicBool,
    /// Whether the check of a token is always inconclusive.
    pub(crate) all_checks_are_inconclusive: AtomicBool,
    live: Mutex<String>,
    pub(crate) times: Mutex<Vec<Instant>>,
}

impl Site {
    pub(crate) fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }

    pub(crate) async fn kill(&self) {
        self.live.lock().await.clear();
    }

    /// Makes a call that succeeds only under the newest token.
    pub(crate) async fn call(&self, held: ActiveGrant) -> std::result::Result<(), Refusal> {
        sleep(DELAY).await;
        if *self.live.lock().await == held.grant().token.expose_secret() {
            return Ok(());
        }
        Err(Refusal::Session(Error::new(ErrorKind::CredentialsRejected), Evidence::Message))
    }
}

struct User(Arc<Site>);

#[async_trait]
impl Login for User {
    fn operation(&self) -> &'static str {
        "authorize"
    }

    async fn log_in(&self, deadline: Instant) -> Result<Grant> {
        if self.0.unreachable.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable).retryable(true));
        }
        if self.0.firewalled.load(Ordering::SeqCst) {
            self.0.times.lock().await.push(Instant::now());
            let answer = UpstreamAnswer { http_status: Some(403), ..UpstreamAnswer::default() };
            return Err(Error::new(ErrorKind::InvalidResponse).retryable(true).with_answer(answer));
        }
        let number = self.0.logins.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.times.lock().await.push(Instant::now());
        if timeout_at(deadline, sleep(DELAY)).await.is_err() {
            return Err(Error::new(ErrorKind::Timeout).retryable(true));
        }
        if self.0.limited.load(Ordering::SeqCst) {
            let wait = Some(Duration::from_secs(33));
            return Err(Error::new(ErrorKind::RateLimited).retryable(true).with_retry_after(wait));
        }
        if self.0.refuses.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::CredentialsRejected).with_detail("No."));
        }
        let token = format!("token-{number}");
        if !self.0.stillborn.load(Ordering::SeqCst) {
            self.0.live.lock().await.clone_from(&token);
        }
        Ok(Grant { token: token.into(), holder: "158642".to_owned() })
    }

    async fn knows(&self, grant: &Grant, _: Instant) -> Known {
        let asked = self.0.questions.fetch_add(1, Ordering::SeqCst);
        sleep(DELAY).await;
        if self.0.all_checks_are_inconclusive.load(Ordering::SeqCst)
            || (asked > 0 && self.0.later_checks_are_inconclusive.load(Ordering::SeqCst))
        {
            return Known::CannotTell(Error::new(ErrorKind::Timeout).retryable(true));
        }
        if *self.0.live.lock().await == grant.token.expose_secret() { Known::Yes } else { Known::No }
    }

    async fn log_out(&self, grant: &Grant) {
        self.0.logouts.fetch_add(1, Ordering::SeqCst);
        let mut live = self.0.live.lock().await;
        if *live == grant.token.expose_secret() {
            live.clear();
        }
    }
}

/// Returns a replica's session at a site.
pub(crate) fn session(site: &Arc<Site>, state: &State) -> Session {
    let origin = Origin { account: "plays".parse().unwrap(), provider: "streamplay".parse().unwrap() };
    Session::new(Arc::new(User(Arc::clone(site))), origin, &["https://site.example", "key"], state, &TaskTracker::new())
}

/// Makes one call under a session, with the default deadline of requests.
pub(crate) async fn call(site: &Arc<Site>, session: &Session) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(25);
    session.run(deadline, |held| site.call(held)).await
}

/// Makes many concurrent calls, each in a task of its own.
pub(crate) async fn calls(site: &Arc<Site>, session: &Session, count: usize) -> Vec<Result<()>> {
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let (site, session) = (Arc::clone(site), session.clone());
            tokio::spawn(async move { call(&site, &session).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}
