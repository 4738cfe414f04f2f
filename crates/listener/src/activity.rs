//! The requests of one connection: the number under way, the time that the connection has been idle, and the number of
//! answers that were sent. A request is under way until its own body and its answer's body have been dropped.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Version};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::head::Ambiguity;

/// The requests of one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    under_way: AtomicUsize,
    begun: AtomicU64,
    answered: AtomicU64,
    /// Whether the latest answer is a stream that continues until its caller disconnects.
    is_endless: AtomicBool,
    is_http_2: AtomicBool,
    /// Whether the connection shall end after the requests that its caller has sent.
    is_draining: AtomicBool,
    /// Notified when an HTTP/2 connection has answered a request while it is draining.
    drained: Notify,
    /// The number of answers of an HTTP/2 connection whose last bytes were not sent.
    unfinished: AtomicUsize,
    changed: Mutex<Instant>,
    ambiguity: Mutex<Option<Ambiguity>>,
}

/// The time limits for an HTTP/2 connection without a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleLimits {
    /// Before its first request.
    pub(crate) first: Duration,
    /// Between two requests.
    pub(crate) between: Duration,
    /// While the caller reads nothing of unfinished answers.
    pub(crate) unfinished: Duration,
}

/// A request that counts as under way until this is dropped.
#[derive(Debug)]
pub struct UnderWay(Arc<Activity>);

/// An answer that counts as unfinished until this is dropped.
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
            is_draining: AtomicBool::new(false),
            drained: Notify::new(),
            unfinished: AtomicUsize::new(0),
            changed: Mutex::new(Instant::now()),
            ambiguity: Mutex::default(),
        })
    }

    /// Begins a request. Also returns the ambiguity of its head.
    pub(crate) fn begin(self: &Arc<Self>) -> (Arc<UnderWay>, Answering, Option<Ambiguity>) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.is_endless.store(false, Ordering::SeqCst);
        let ambiguity = self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner).take();
        (Arc::new(UnderWay(Arc::clone(self))), Answering(Arc::clone(self)), ambiguity)
    }

    /// Returns the number of requests that have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Returns whether the HTTP library has received the last byte of every answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered.load(Ordering::SeqCst) == self.begun()
    }

    /// Records that the latest answer continues until its caller disconnects.
    pub(crate) fn set_endless(&self) {
        self.is_endless.store(true, Ordering::SeqCst);
    }

    /// Returns whether the latest answer continues until its caller disconnects.
    pub(crate) fn is_endless(&self) -> bool {
        self.is_endless.load(Ordering::SeqCst)
    }

    /// Records the ambiguity of the next request's head.
    pub(crate) fn set_ambiguity(&self, ambiguity: Ambiguity) {
        *self.ambiguity.lock().unwrap_or_else(PoisonError::into_inner) = Some(ambiguity);
    }

    /// Records that the connection uses HTTP/2.
    pub(crate) fn set_http_2(&self) {
        self.is_http_2.store(true, Ordering::SeqCst);
    }

    /// Returns whether the connection is an HTTP/2 connection with requests, which a GOAWAY can end without losing one.
    /// A caller may not repeat a request for which the GOAWAY of a new connection came too early.
    pub(crate) fn can_go_away(&self) -> bool {
        self.is_http_2.load(Ordering::SeqCst) && self.begun() > 0
    }

    /// Records that the connection shall end after the requests that its caller has sent.
    pub(crate) fn set_draining(&self) {
        self.is_draining.store(true, Ordering::SeqCst);
    }

    /// Adds to an answer that it is the last one, if the connection is draining.
    pub(crate) fn announce_end(&self, version: Version, headers: &mut HeaderMap) {
        if !self.is_draining.load(Ordering::SeqCst) {
            return;
        }
        match version {
            Version::HTTP_2 => self.drained.notify_one(),
            _ => drop(headers.insert(CONNECTION, HeaderValue::from_static("close"))),
        }
    }

    /// Resolves when an HTTP/2 connection has answered a request while it is draining.
    pub(crate) async fn drained(&self) {
        self.drained.notified().await;
    }

    /// Records the number of answers of an HTTP/2 connection that have begun and not ended.
    pub(crate) fn set_unfinished(&self, count: usize) {
        self.unfinished.store(count, Ordering::SeqCst);
    }

    /// Returns whether the last bytes of an answer were not sent.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.unfinished.load(Ordering::SeqCst) > 0
    }

    /// Restarts the idle time.
    pub(crate) fn touch(&self) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Resolves when an HTTP/2 connection has been without a request for too long. On HTTP/1, the connection's stream
    /// measures that itself.
    pub(crate) async fn idle(&self, limits: IdleLimits) {
        loop {
            let limit = match self.begun() {
                0 => limits.first,
                _ if self.has_unfinished() => limits.unfinished,
                _ => limits.between,
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

    const LIMITS: IdleLimits = IdleLimits {
        first: Duration::from_secs(4),
        between: Duration::from_secs(10),
        unfinished: Duration::from_secs(6),
    };

    fn http_2() -> Arc<Activity> {
        let activity = Activity::new();
        activity.set_http_2();
        activity
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_begins_with_the_end_of_the_last_request() {
        let (activity, start) = (http_2(), Instant::now());
        let (request, _, _) = activity.begin();
        let ends = async {
            sleep(Duration::from_secs(25)).await;
            drop(request);
        };
        tokio::join!(activity.idle(LIMITS), ends);
        assert_eq!(start.elapsed(), Duration::from_secs(35));
    }

    #[tokio::test(start_paused = true)]
    async fn connection_without_any_request_has_less_time() {
        let (activity, start) = (http_2(), Instant::now());
        activity.idle(LIMITS).await;
        assert_eq!(start.elapsed(), LIMITS.first);
    }

    #[tokio::test(start_paused = true)]
    async fn connection_with_an_unread_answer_has_less_time() {
        let (activity, start) = (http_2(), Instant::now());
        drop(activity.begin());
        activity.set_unfinished(1);
        activity.idle(LIMITS).await;
        assert_eq!(start.elapsed(), LIMITS.unfinished);
    }
}
