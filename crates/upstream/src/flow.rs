//! A caller's body on its way to a site: counted, held to its length, and watched for standing still.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use polyhost_domain::ByteStream;
use tokio::time::{Instant, sleep_until};

/// Where a body stands. Clones look at the same body.
#[derive(Debug, Clone)]
pub(crate) struct Flow(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    stage: Stage,
    since: Instant,
    fault: Option<io::Error>,
    /// How many bytes fewer than the most there were, once all were given.
    unused: u64,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No byte was asked for: there is no connection yet.
    NotAsked,
    /// The caller is to give the next bytes.
    AwaitingCaller,
    /// The site is to take what was given.
    AwaitingSite,
    /// All bytes were given.
    Given,
    /// The caller's body failed, or was not as long as it should be.
    CallerFailed,
}

/// How long each stage may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
    pub(crate) answer: Duration,
}

impl Patience {
    pub(crate) fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::NotAsked => self.connect,
            Stage::AwaitingCaller | Stage::AwaitingSite | Stage::CallerFailed => self.idle,
            Stage::Given => self.answer,
        }
    }

    fn shortest(&self) -> Duration {
        self.connect.min(self.idle).min(self.answer)
    }
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { stage: Stage::NotAsked, since: Instant::now(), fault: None, unused: 0 })))
    }

    /// The body, which moves this flow from stage to stage as it is read.
    ///
    /// It has `length` bytes, or up to `spare` fewer.
    pub(crate) fn watch(&self, body: ByteStream, length: u64, spare: u64) -> Watched {
        Watched { flow: self.clone(), body, left: length, spare }
    }

    /// How many of the spare bytes were not used. It is known once all bytes were given.
    pub(crate) fn unused(&self) -> u64 {
        self.state().unused
    }

    pub(crate) fn stage(&self) -> Stage {
        self.state().stage
    }

    /// Why the caller's body failed, if it did.
    pub(crate) fn take_fault(&self) -> Option<io::Error> {
        self.state().fault.take()
    }

    /// Waits until a stage has lasted longer than it may, and says which.
    pub(crate) async fn overdue(&self, patience: Patience) -> Stage {
        loop {
            let (stage, since) = {
                let state = self.state();
                (state.stage, state.since)
            };
            let now = Instant::now();
            let end = since + patience.of(stage);
            if end <= now {
                return stage;
            }
            // The stage may change meanwhile to one that lasts less, and nobody would say so.
            sleep_until(end.min(now + patience.shortest())).await;
        }
    }

    fn enter(&self, stage: Stage) {
        let mut state = self.state();
        state.stage = stage;
        state.since = Instant::now();
    }

    fn fail(&self, fault: io::Error) {
        self.enter(Stage::CallerFailed);
        self.state().fault = Some(fault);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that gives as many bytes as it should, or an error.
pub(crate) struct Watched {
    flow: Flow,
    body: ByteStream,
    left: u64,
    spare: u64,
}

/// What the HTTP client learns of a caller's fault; the fault itself stays in the [`Flow`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the body of the upload failed")]
pub(crate) struct BodyFailed;

impl Watched {
    fn judge(&mut self, next: Option<io::Result<Bytes>>) -> Option<Result<Bytes, BodyFailed>> {
        let fault = match next {
            Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                Some(left) => {
                    self.left = left;
                    self.flow.enter(Stage::AwaitingSite);
                    return Some(Ok(chunk));
                }
                None => io::Error::new(io::ErrorKind::InvalidData, "the body is longer than was said"),
            },
            Some(Err(fault)) => fault,
            None if self.left > self.spare => {
                io::Error::new(io::ErrorKind::UnexpectedEof, "the body is shorter than was said")
            }
            None => {
                self.flow.enter(Stage::Given);
                self.flow.state().unused = self.left;
                return None;
            }
        };
        self.flow.fail(fault);
        Some(Err(BodyFailed))
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, BodyFailed>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.flow.stage() {
            Stage::NotAsked | Stage::AwaitingSite => self.flow.enter(Stage::AwaitingCaller),
            Stage::AwaitingCaller => {}
            Stage::Given => return Poll::Ready(None),
            Stage::CallerFailed => return Poll::Ready(Some(Err(BodyFailed))),
        }
        loop {
            let next = match self.body.as_mut().poll_next(context) {
                Poll::Pending => return Poll::Pending,
                // An empty piece is no progress.
                Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => continue,
                Poll::Ready(next) => next,
            };
            return Poll::Ready(self.judge(next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, StreamExt, stream};

    fn body(pieces: &'static [&'static str]) -> ByteStream {
        stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())))).boxed()
    }

    #[tokio::test]
    async fn a_body_of_the_right_length_passes_and_any_other_fails() {
        let cases: [(&[&str], u64, u64, Stage); 8] = [
            (&["ab", "", "c"], 3, 0, Stage::Given),
            (&[], 0, 0, Stage::Given),
            (&["ab", "c"], 3, 1, Stage::Given),
            (&["ab"], 3, 1, Stage::Given),
            (&["a"], 3, 1, Stage::CallerFailed),
            (&["ab"], 3, 0, Stage::CallerFailed),
            (&["ab", "cd"], 3, 1, Stage::CallerFailed),
            (&["x"], 0, 0, Stage::CallerFailed),
        ];
        for (pieces, length, spare, end) in cases {
            let flow = Flow::new();
            let passed: Vec<_> = flow
                .watch(body(pieces), length, spare)
                .take(10)
                .take_while(|piece| {
                    let good = piece.is_ok();
                    async move { good }
                })
                .collect()
                .await;
            assert_eq!(flow.stage(), end, "{pieces:?} of {length}");
            assert_eq!(flow.take_fault().is_some(), end == Stage::CallerFailed);
            let passed = passed.iter().flatten().map(Bytes::len).sum::<usize>() as u64;
            assert!(passed <= length);
            assert!(end == Stage::CallerFailed || flow.unused() == length - passed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_stage_has_its_own_patience() {
        let seconds = Duration::from_secs;
        let patience = Patience { connect: seconds(1), idle: seconds(3), answer: seconds(60) };
        let flow = Flow::new();
        let started = Instant::now();
        assert_eq!(flow.overdue(patience).await, Stage::NotAsked);
        assert_eq!(started.elapsed(), seconds(1));

        let mut stalled = flow.watch(stream::pending().boxed(), 1, 0);
        assert!(stalled.next().now_or_never().is_none());
        let started = Instant::now();
        assert_eq!(flow.overdue(patience).await, Stage::AwaitingCaller);
        assert_eq!(started.elapsed(), seconds(3));

        assert!(flow.watch(body(&["a"]), 1, 0).next().await.is_some());
        assert_eq!(flow.overdue(patience).await, Stage::AwaitingSite);
        flow.enter(Stage::Given);
        let started = Instant::now();
        assert_eq!(flow.overdue(patience).await, Stage::Given);
        assert_eq!(started.elapsed(), seconds(60));
    }
}
