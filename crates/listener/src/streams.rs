//! The streams of HTTP/2 connections. A stream is reset if its caller does not read the answer, regardless of the other
//! streams of the connection. On HTTP/1 the socket itself shows that.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::{Instant, sleep_until};

/// The largest piece of an answer that the HTTP library gets at once on HTTP/2, in bytes: one frame.
const PIECE: usize = 16 * 1024;

tokio::task_local! {
    /// The pending piece of the current stream's answer.
    static ANSWER: Arc<PendingPiece>;
}

/// Runs each stream as a task. Aborts the task if its caller reads nothing of the answer for too long.
#[derive(Debug, Clone)]
pub(crate) struct StreamExecutor {
    idle_timeout: Duration,
}

impl StreamExecutor {
    pub(crate) fn new(idle_timeout: Duration) -> Self {
        Self { idle_timeout }
    }
}

impl<F: Future + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        let (pending, idle_timeout) = (Arc::<PendingPiece>::default(), self.idle_timeout);
        let answer = Arc::clone(&pending);
        tokio::spawn(ANSWER.scope(answer, async move {
            tokio::select! {
                biased;
                _ = stream => {}
                () = pending.stalled(idle_timeout) => tracing::debug!("a stream is reset: its caller does not read"),
            }
        }));
    }
}

/// The time at which the HTTP library got a piece that it has not sent yet.
#[derive(Debug, Default)]
struct PendingPiece(Mutex<Option<Instant>>);

impl PendingPiece {
    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when a piece has been pending for `limit`.
    async fn stalled(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let until = self.since().unwrap_or(now) + limit;
            if until <= now {
                return;
            }
            sleep_until(until).await;
        }
    }
}

/// The body of an answer. It records when the HTTP library gets a piece and asks for the next one.
#[derive(Debug)]
pub(crate) struct TrackedBody<B> {
    body: B,
    /// The rest of a piece that was too large.
    rest: Bytes,
    pending: Option<Arc<PendingPiece>>,
}

impl<B> TrackedBody<B> {
    /// Wraps the body of the current stream's answer. On HTTP/1 nothing is recorded.
    pub(crate) fn new(body: B) -> Self {
        Self { body, rest: Bytes::new(), pending: ANSWER.try_with(Arc::clone).ok() }
    }
}

impl<B: Body<Data = Bytes> + Unpin> TrackedBody<B> {
    /// Returns the next piece. The HTTP library accepts a whole piece as soon as the caller has room for one byte of
    /// it. So the pieces of a stream are small.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let next = ready!(Pin::new(&mut self.body).poll_frame(context));
            match next.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(frame))) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = if self.pending.is_some() { self.rest.len().min(PIECE) } else { self.rest.len() };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for TrackedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let next = self.poll_piece(context);
        if let Some(pending) = &self.pending {
            *pending.since() = matches!(next, Poll::Ready(Some(Ok(_)))).then(Instant::now);
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut with_rest = SizeHint::new();
        with_rest.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            with_rest.set_upper(upper.saturating_add(rest));
        }
        with_rest
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};
    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    #[tokio::test(start_paused = true)]
    async fn stream_ends_when_its_caller_does_not_read() {
        for reads in [true, false] {
            let (ended, is_alive) = oneshot::channel::<()>();
            StreamExecutor::new(LIMIT).execute(async move {
                let _alive = ended;
                let mut body = TrackedBody::new(Full::<Bytes>::from("a"));
                // The answer may be slow, but its pieces must be read.
                sleep(2 * LIMIT).await;
                body.frame().await.unwrap().unwrap();
                sleep(LIMIT / 2).await;
                if reads {
                    assert!(body.frame().await.is_none());
                }
                sleep(10 * LIMIT).await;
            });
            let began = Instant::now();
            assert!(timeout(20 * LIMIT, is_alive).await.unwrap().is_err());
            assert_eq!(began.elapsed(), if reads { 12 * LIMIT + LIMIT / 2 } else { 3 * LIMIT });
        }
    }

    #[tokio::test]
    async fn answer_on_a_stream_is_split_into_small_pieces() {
        let pieces = ANSWER.scope(Arc::default(), async {
            let mut body = TrackedBody::new(Full::<Bytes>::from(vec![0; 2 * PIECE + 1]));
            assert_eq!(body.size_hint().exact(), Some(2 * PIECE as u64 + 1));
            let mut pieces = Vec::new();
            while let Some(frame) = body.frame().await {
                pieces.push(frame.unwrap().into_data().unwrap().len());
                assert_eq!(body.is_end_stream(), pieces.len() == 3);
            }
            pieces
        });
        assert_eq!(pieces.await, [PIECE, PIECE, 1]);
    }
}
