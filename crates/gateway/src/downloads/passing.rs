//! A file's bytes on their way to the caller.

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

/// The largest piece that is passed on at a time, in bytes; to one who takes it fast, and to others.
const LARGE: usize = 256 * 1024;
const SMALL: usize = 16 * 1024;

/// The same bytes, in pieces that a slow caller takes one of in time.
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

/// The same bytes, but dropped where the caller takes none for so long: the site's connection is not held for one who
/// does not read.
pub(super) fn attended(stream: ByteStream, idle: Duration) -> ByteStream {
    let lent = Lent(Arc::new(Mutex::new(State { stream: Some(stream), given_at: Some(Instant::now()) })));
    let watch = tokio::spawn(watch(lent.clone(), idle)).abort_handle();
    Attended { lent, watch }.boxed()
}

/// A stream that its watch can take away.
#[derive(Clone)]
struct Lent(Arc<Mutex<State>>);

struct State {
    stream: Option<ByteStream>,
    /// When the caller was given what it has not come back from; `None` while it waits.
    given_at: Option<Instant>,
}

impl Lent {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(lent: Lent, idle: Duration) {
    loop {
        let now = Instant::now();
        let end = {
            let mut state = lent.state();
            let end = state.given_at.unwrap_or(now) + idle;
            if end <= now {
                state.stream = None;
            }
            end
        };
        if end <= now {
            tracing::debug!("a caller has stopped reading");
            return;
        }
        sleep_until(end).await;
    }
}

struct Attended {
    lent: Lent,
    watch: AbortHandle,
}

impl Stream for Attended {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.lent.state();
        let Some(stream) = &mut state.stream else {
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller has stopped reading"))));
        };
        let next = stream.as_mut().poll_next(context);
        state.given_at = next.is_ready().then(Instant::now);
        next
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_are_as_small_as_a_slow_caller_needs_them() {
        let pieces = [Ok(Bytes::from(vec![1; 2 * SMALL + 1])), Ok(Bytes::new()), Ok(Bytes::from_static(b"a"))];
        let portions: Vec<Bytes> = portioned(stream::iter(pieces).boxed()).try_collect().await.unwrap();
        assert_eq!(portions.iter().map(Bytes::len).collect::<Vec<_>>(), [SMALL, SMALL, 1, 1]);
    }

    #[tokio::test]
    async fn a_fast_caller_gets_large_pieces() {
        let pieces = (0..100).map(|_| Ok(Bytes::from(vec![1; LARGE])));
        let portions: Vec<Bytes> = portioned(stream::iter(pieces).boxed()).try_collect().await.unwrap();
        assert_eq!((portions[0].len(), portions.last().unwrap().len()), (SMALL, LARGE));
        assert_eq!(portions.iter().map(Bytes::len).sum::<usize>(), 100 * LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn the_site_s_stream_is_dropped_when_the_caller_stops_reading_and_not_when_the_site_is_slow() {
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
        let mut attended = attended(slow.boxed(), idle);
        assert_eq!(attended.next().await.unwrap().unwrap(), "a");
        tokio::time::sleep(idle - Duration::from_millis(1)).await;
        assert_eq!(attended.next().await.unwrap().unwrap(), "a");
        assert_eq!(Arc::strong_count(&alive), 2);
        tokio::time::sleep(idle + Duration::from_millis(1)).await;
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!(attended.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
