//! Streams a file's bytes to the caller: in portions that fit the caller's speed, and with an idle timeout.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use polyhost_domain::ByteStream;
use polyhost_listener::Speed;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// The largest portion for a fast caller, in bytes.
const LARGE: usize = 256 * 1024;
/// The largest portion for a slow caller, in bytes.
const SMALL: usize = 16 * 1024;

/// Splits the bytes into portions, small enough that even a slow caller reads one within the idle timeout.
pub(super) fn portioned(stream: ByteStream) -> ByteStream {
    let portions = |(mut stream, mut rest, mut speed): (ByteStream, Bytes, Speed)| async move {
        while rest.is_empty() {
            let Some(bytes) = stream.try_next().await? else { return Ok(None) };
            rest = bytes;
        }
        let portion = rest.split_to(rest.len().min(if speed.is_fast() { LARGE } else { SMALL }));
        speed.count(portion.len());
        Ok(Some((portion, (stream, rest, speed))))
    };
    stream::try_unfold((stream, Bytes::new(), Speed::default()), portions).boxed()
}

/// Drops the stream if the caller reads nothing for `idle`, so that a stalled caller does not hold the site's
/// connection.
pub(super) fn with_idle_timeout(stream: ByteStream, idle: Duration) -> ByteStream {
    let shared = SharedStream(Arc::new(Mutex::new(State { stream: Some(stream), given_at: Some(Instant::now()) })));
    let watch = tokio::spawn(watch(shared.clone(), idle)).abort_handle();
    WithIdleTimeout { shared, watch }.boxed()
}

/// A stream that [`watch`] can drop.
#[derive(Clone)]
struct SharedStream(Arc<Mutex<State>>);

struct State {
    stream: Option<ByteStream>,
    /// The time at which the caller got the last item; `None` while the caller waits for the next one.
    given_at: Option<Instant>,
}

impl SharedStream {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the stream once the caller has read nothing for `idle`.
async fn watch(shared: SharedStream, idle: Duration) {
    loop {
        let now = Instant::now();
        let end = {
            let mut state = shared.state();
            let end = state.given_at.unwrap_or(now) + idle;
            if end <= now {
                state.stream = None;
            }
            end
        };
        if end <= now {
            tracing::debug!("the caller stopped reading");
            return;
        }
        sleep_until(end).await;
    }
}

/// The stream that the caller reads. It aborts the watch when it is dropped.
struct WithIdleTimeout {
    shared: SharedStream,
    watch: AbortHandle,
}

impl Stream for WithIdleTimeout {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.shared.state();
        let Some(stream) = &mut state.stream else {
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller stopped reading"))));
        };
        let next = stream.as_mut().poll_next(context);
        state.given_at = next.is_ready().then(Instant::now);
        next
    }
}

impl Drop for WithIdleTimeout {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slow_caller_gets_small_portions() {
        let pieces = [Ok(Bytes::from(vec![1; 2 * SMALL + 1])), Ok(Bytes::new()), Ok(Bytes::from_static(b"a"))];
        let portions: Vec<Bytes> = portioned(stream::iter(pieces).boxed()).try_collect().await.unwrap();
        assert_eq!(portions.iter().map(Bytes::len).collect::<Vec<_>>(), [SMALL, SMALL, 1, 1]);
    }

    #[tokio::test]
    async fn fast_caller_gets_large_portions() {
        let pieces = (0..100).map(|_| Ok(Bytes::from(vec![1; LARGE])));
        let portions: Vec<Bytes> = portioned(stream::iter(pieces).boxed()).try_collect().await.unwrap();
        assert_eq!((portions[0].len(), portions.last().unwrap().len()), (SMALL, LARGE));
        assert_eq!(portions.iter().map(Bytes::len).sum::<usize>(), 100 * LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn stream_is_dropped_for_idle_caller_not_for_slow_site() {
        let idle = Duration::from_secs(3);
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let slow = stream::repeat(()).then(move |()| {
            let held = Arc::clone(&held);
            async move {
                tokio::time::sleep(Duration::from_secs(10)).await;
                drop(held);
                Ok(Bytes::from_static(b"a"))
            }
        });
        let mut attended = with_idle_timeout(slow.boxed(), idle);
        assert_eq!(attended.next().await.unwrap().unwrap(), "a");
        tokio::time::sleep(idle - Duration::from_millis(1)).await;
        assert_eq!(attended.next().await.unwrap().unwrap(), "a");
        assert_eq!(Arc::strong_count(&alive), 2);
        tokio::time::sleep(idle + Duration::from_millis(1)).await;
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!(attended.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
