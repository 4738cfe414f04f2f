//! The connection to Redis, as the ports use it.
//!
//! There is one session at a time: a connection that works, as far as this replica knows. Without a session, every
//! call fails at once. The background task ([`Keeper`]) makes sessions; a failed call only ends them.

mod keeper;
mod request;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use polyhost_state::Patience;
use redis::{FromRedisValue, Value};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use self::keeper::Keeper;
pub(crate) use self::request::Request;
use crate::failure::Failure;
use crate::servers::Connection;

/// The number of time-outs that end a session, if they lie within [`TIMEOUT_WINDOW`].
const TIMEOUTS: usize = 3;
const TIMEOUT_WINDOW: Duration = Duration::from_secs(1);

/// The current session, if there is one. All ports share it.
#[derive(Default)]
pub(crate) struct Link {
    session: ArcSwapOption<Session>,
    /// The times of the last time-outs. The lock is taken only after a time-out.
    timeouts: Mutex<VecDeque<Instant>>,
    /// Whether the log says already that the store does not answer.
    is_reported_away: AtomicBool,
}

/// A connection that works, with what is known about its server.
pub(crate) struct Session {
    connection: Connection,
    /// Cancelled when the connection has to be replaced.
    broken: CancellationToken,
    /// The servers' run id: another one means that another process serves the data, which may have lost writes.
    pub(crate) run_id: String,
    /// The number of the session, which begins after every outage that this replica noticed.
    pub(crate) era: u64,
    /// A lower bound of all generations in this session, greater than those of the sessions before.
    pub(crate) floor: u64,
}

impl Link {
    /// Returns the session.
    ///
    /// # Errors
    /// `Away`.
    pub(crate) fn session(&self) -> Result<Arc<Session>, Failure> {
        self.session.load_full().ok_or(Failure::Away)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.session.load().is_some()
    }

    /// Sends a request, and waits for its answer as long as the current request has patience.
    ///
    /// # Errors
    /// Every failure. The command may have been carried out after `TimedOut` and `Broken`.
    pub(crate) async fn call<T: FromRedisValue>(&self, request: &impl Request) -> Result<T, Failure> {
        self.call_in(&self.session()?, request).await
    }

    /// Sends a request in a session that the caller already has, as [`call`](Self::call) does.
    pub(crate) async fn call_in<T: FromRedisValue>(
        &self,
        session: &Arc<Session>,
        request: &impl Request,
    ) -> Result<T, Failure> {
        let patience = Patience::current();
        let left = patience.left();
        if left.is_zero() {
            return Err(Failure::OutOfPatience);
        }
        let started = Instant::now();
        let answer = session.call(request, left).await;
        patience.spend(started.elapsed());
        if let Err(failure) = &answer {
            self.judge(session, failure);
        }
        answer
    }

    /// Ends the session if a failure shows that further calls would fail, too.
    pub(crate) fn judge(&self, session: &Arc<Session>, failure: &Failure) {
        match failure {
            Failure::Broken(_) => {
                session.broken.cancel();
                self.end(session, failure);
            }
            Failure::TimedOut if self.is_last_timeout() => self.end(session, failure),
            _ => {}
        }
    }

    /// Ends a session, if it is still the current one.
    fn end(&self, session: &Arc<Session>, reason: &Failure) {
        let current = Some(Arc::clone(session));
        let before = self.session.compare_and_swap(&current, None);
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, session)) {
            self.report_away(reason);
        }
    }

    /// Ends the session at the end of the program.
    fn close(&self) {
        self.session.store(None);
    }

    /// Writes one line to the log for each outage.
    fn report_away(&self, reason: &Failure) {
        if !self.is_reported_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(%reason, "the shared store does not answer");
        }
    }

    /// Makes a session the current one.
    fn begin(&self, session: Session) {
        self.timeouts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.session.store(Some(Arc::new(session)));
        self.is_reported_away.store(false, Ordering::Relaxed);
        tracing::info!("the shared store answers");
    }

    /// Records a time-out. Returns whether there were so many that the store does not seem to answer any more.
    fn is_last_timeout(&self) -> bool {
        let now = Instant::now();
        let mut timeouts = self.timeouts.lock().unwrap_or_else(PoisonError::into_inner);
        timeouts.push_back(now);
        timeouts.retain(|at| now.duration_since(*at) < TIMEOUT_WINDOW);
        timeouts.len() >= TIMEOUTS
    }
}

impl Session {
    /// Returns a session of a connection whose server is not known yet.
    fn new(connection: Connection, broken: CancellationToken) -> Self {
        Self { connection, broken, run_id: String::new(), era: 0, floor: 0 }
    }

    /// Sends a request, and waits for its answer for at most `limit`.
    pub(crate) async fn call<T: FromRedisValue>(&self, request: &impl Request, limit: Duration) -> Result<T, Failure> {
        let mut connection = self.connection.clone();
        let answer: Value = timeout(limit, request.send(&mut connection)).await.map_err(|_| Failure::TimedOut)??;
        T::from_redis_value(answer).map_err(|_| Failure::unknown_answer())
    }

    /// Checks within `limit` that the servers answer, and returns their run id.
    async fn probe(&self, limit: Duration) -> Result<String, Failure> {
        let mut connection = self.connection.clone();
        timeout(limit, connection.run_id()).await.map_err(|_| Failure::TimedOut)?
    }
}
