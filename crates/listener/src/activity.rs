//! The requests of one connection: how many are under way, since when none is, and how many answers have gone. A
//! request is under way until both its own body and its answer's have been dropped.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::head::Ambiguity;

/// The requests of one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    under_way: AtomicUsize,
    begun: AtomicU64,
    answered: AtomicU64,
    /// Whether the latest answer is a stream that goes on until its caller goes away.
    is_endless: AtomicBool,
    is_http_2: AtomicBool,
    /// The answers of an HTTP/2 connection whose last bytes have not gone out.
    unfinished: AtomicUsize,
    changed: Mutex<Instant>,
    ambiguity: Mutex<Option<Ambiguity>>,
}

/// How long an HTTP/2 connection may be without a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Before its first one.
    pub(crate) first: Duration,
    /// Between two.
    pub(crate) between: Duration,
    /// While the caller takes nothing of what is left of the answers.
    pub(crate) unfinished: Duration,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub struct UnderWay(Arc<Activity>);

/// An answer that has not been passed on whole until this is dropped.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Activity>);

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            under_way: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            is_endless: AtomicBool::new(false),
            is_http_2: AtomicBool::new(false),
            unfinished: AtomicUsize::new(0),
            changed: Mutex::new(Instant::now()),
            ambiguity: Mutex::default(),
        })
    }

    /// Begins a request. Also returns what is ambiguous in its head.
    pub(crate) fn begin(self: &Arc<Self>) -> (Arc<UnderWay>, Answering, Option<Ambiguity>) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.is_endless.store(false, Ordering::SeqCst);
        let ambiguity = self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner).take();
        (Arc::new(UnderWay(Arc::clone(self))), Answering(Arc::clone(self)), ambiguity)
    }

    /// How many requests have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether the HTTP library has been given the last byte of every answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered.load(Ordering::SeqCst) == self.begun()
    }

    /// Notes that the latest answer goes on until its caller goes away.
    pub(crate) fn answers_endlessly(&self) {
        self.is_endless.store(true, Ordering::SeqCst);
    }

    /// Whether the latest answer goes on until its caller goes away.
    pub(crate) fn is_endless(&self) -> bool {
        self.is_endless.load(Ordering::SeqCst)
    }

    /// Notes what is ambiguous in the head of the next request.
    pub(crate) fn object(&self, ambiguity: Ambiguity) {
        *self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner) = Some(ambiguity);
    }

    /// Notes that the connection speaks HTTP/2.
    pub(crate) fn speaks_http_2(&self) {
        self.is_http_2.store(true, Ordering::SeqCst);
    }

    /// Notes how many answers of an HTTP/2 connection have begun to go out, and not ended.
    pub(crate) fn set_unfinished(&self, count: usize) {
        self.unfinished.store(count, Ordering::SeqCst);
    }

    /// Whether a caller has not taken the last bytes of an answer.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.unfinished.load(Ordering::SeqCst) > 0
    }

    /// Starts the idle time anew.
    pub(crate) fn touch(&self) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Resolves when an HTTP/2 connection has been without a request for too long. The stream of an HTTP/1 connection
    /// keeps its own time.
    pub(crate) async fn idle(&self, patience: Patience) {
        loop {
            let limit = match self.begun() {
                0 => patience.first,
                _ if self.has_unfinished() => patience.unfinished,
                _ => patience.between,
            };
            if !self.is_idle() || !self.is_http_2.load(Ordering::SeqCst) {
                sleep(limit).await;
                continue;
            }
            let until = *self.changed.lock().unwrap_or_else(PoisonError::into_inner) + limit;
            if self.is_idle() && Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
    }

    fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.touch();
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        first: Duration::from_secs(4),
        between: Duration::from_secs(10),
        unfinished: Duration::from_secs(6),
    };

    fn http_2() -> Arc<Activity> {
        let activity = Activity::new();
        activity.speaks_http_2();
        activity
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let (activity, start) = (http_2(), Instant::now());
        let (request, _, _) = activity.begin();
        let ends = async {
            sleep(Duration::from_secs(25)).await;
            drop(request);
        };
        tokio::join!(activity.idle(PATIENCE), ends);
        assert_eq!(start.elapsed(), Duration::from_secs(35));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_any_request_has_less_time() {
        let (activity, start) = (http_2(), Instant::now());
        activity.idle(PATIENCE).await;
        assert_eq!(start.elapsed(), PATIENCE.first);
    }
    #[tokio::test(start_paused = true)]
    async fn a_connection_with_an_answer_that_is_not_taken_has_less_time() {
        let (activity, start) = (http_2(), Instant::now());
        drop(activity.begin());
        activity.set_unfinished(1);
        activity.idle(PATIENCE).await;
        assert_eq!(start.elapsed(), PATIENCE.unfinished);
    }
}
