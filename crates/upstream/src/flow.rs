//! The transfer of a caller's body to a site. Its bytes are counted and compared with its length, and stalls are
//! detected.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use polyhost_domain::ByteStream;
use tokio::time::{Instant, sleep_until};

/// The progress of a body. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Flow(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    stage: Stage,
    since: Instant,
    fault: Option<io::Error>,
    /// The number of bytes by which the body was shorter than its length. It is set once the body has ended.
    unused: u64,
}

/// The stage of the transfer: the side that has to act next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No byte was read from the caller: there is no connection to the site yet.
    NotStarted,
    /// The caller has to send the next bytes.
    AwaitingCaller,
    /// The site has to read the bytes that were passed to the connection.
    AwaitingSite,
    /// All bytes were passed to the connection.
    BodyEnded,
    /// The caller's body failed, or its length is not the announced one.
    CallerFailed,
}

/// The longest duration of each stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StageLimits {
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
    pub(crate) answer: Duration,
}

impl StageLimits {
    pub(crate) fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::NotStarted => self.connect,
            Stage::AwaitingCaller | Stage::AwaitingSite | Stage::CallerFailed => self.idle,
            Stage::BodyEnded => self.answer,
        }
    }

    fn shortest(&self) -> Duration {
        self.connect.min(self.idle).min(self.answer)
    }
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { stage: Stage::NotStarted, since: Instant::now(), fault: None, unused: 0 })))
    }

    /// Wraps the body, so that reading it updates this flow's stage.
    ///
    /// The body must have `length` bytes, or up to `spare` fewer: see [`SizedStream`](polyhost_domain::SizedStream).
    pub(crate) fn watch(&self, body: ByteStream, length: u64, spare: u64) -> ExactLengthBody {
        ExactLengthBody { flow: self.clone(), body, left: length, spare }
    }

    /// Returns the number of bytes by which the body was shorter than its length. It is 0 until the body has ended.
    pub(crate) fn unused(&self) -> u64 {
        self.state().unused
    }

    pub(crate) fn stage(&self) -> Stage {
        self.state().stage
    }

    /// Takes the error of the caller's body, if it failed.
    pub(crate) fn take_fault(&self) -> Option<io::Error> {
        self.state().fault.take()
    }

    /// Waits until a stage has exceeded its longest duration, and returns that stage.
    pub(crate) async fn overdue(&self, limits: StageLimits) -> Stage {
        loop {
            let (stage, since) = {
                let state = self.state();
                (state.stage, state.since)
            };
            let now = Instant::now();
            let end = since + limits.of(stage);
            if end <= now {
                return stage;
            }
            // A change of the stage does not wake this task, so it checks again after the shortest duration.
            sleep_until(end.min(now + limits.shortest())).await;
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

/// A body that fails unless it has the announced number of bytes, or up to `spare` fewer.
pub(crate) struct ExactLengthBody {
    flow: Flow,
    body: ByteStream,
    left: u64,
    spare: u64,
}

/// The error that the HTTP client gets if the caller's body fails. The cause stays in the [`Flow`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the body of the upload failed")]
pub(crate) struct BodyFailed;

impl ExactLengthBody {
    fn judge(&mut self, next: Option<io::Result<Bytes>>) -> Option<Result<Bytes, BodyFailed>> {
        let fault = match next {
            Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                Some(left) => {
                    self.left = left;
                    self.flow.enter(Stage::AwaitingSite);
                    return Some(Ok(chunk));
                }
                None => io::Error::new(io::ErrorKind::InvalidData, "the body is longer than announced"),
            },
            Some(Err(fault)) => fault,
            None if self.left > self.spare => {
                io::Error::new(io::ErrorKind::UnexpectedEof, "the body is shorter than announced")
            }
            None => {
                self.flow.enter(Stage::BodyEnded);
                self.flow.state().unused = self.left;
                return None;
            }
        };
        self.flow.fail(fault);
        Some(Err(BodyFailed))
    }
}

impl Stream for ExactLengthBody {
    type Item = Result<Bytes, BodyFailed>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.flow.stage() {
            Stage::NotStarted | Stage::AwaitingSite => self.flow.enter(Stage::AwaitingCaller),
            Stage::AwaitingCaller => {}
            Stage::BodyEnded => return Poll::Ready(None),
            Stage::CallerFailed => return Poll::Ready(Some(Err(BodyFailed))),
        }
        loop {
            let next = match self.body.as_mut().poll_next(context) {
                Poll::Pending => return Poll::Pending,
                // An empty chunk is no progress, so the stage does not change.
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
    async fn body_of_the_right_length_passes_and_others_fail() {
        let cases: [(&[&str], u64, u64, Stage); 8] = [
            (&["ab", "", "c"], 3, 0, Stage::BodyEnded),
            (&[], 0, 0, Stage::BodyEnded),
            (&["ab", "c"], 3, 1, Stage::BodyEnded),
            (&["ab"], 3, 1, Stage::BodyEnded),
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
    async fn each_stage_has_its_own_time_limit() {
        let seconds = Duration::from_secs;
        let limits = StageLimits { connect: seconds(1), idle: seconds(3), answer: seconds(60) };
        let flow = Flow::new();
        let started = Instant::now();
        assert_eq!(flow.overdue(limits).await, Stage::NotStarted);
        assert_eq!(started.elapsed(), seconds(1));

        let mut stalled = flow.watch(stream::pending().boxed(), 1, 0);
        assert!(stalled.next().now_or_never().is_none());
        let started = Instant::now();
        assert_eq!(flow.overdue(limits).await, Stage::AwaitingCaller);
        assert_eq!(started.elapsed(), seconds(3));

        assert!(flow.watch(body(&["a"]), 1, 0).next().await.is_some());
        assert_eq!(flow.overdue(limits).await, Stage::AwaitingSite);
        flow.enter(Stage::BodyEnded);
        let started = Instant::now();
        assert_eq!(flow.overdue(limits).await, Stage::BodyEnded);
        assert_eq!(started.elapsed(), seconds(60));
    }
}
