//! The handling of a call to the site: journal, delays and failures, and the methods with which tests control them.

use std::mem::take;
use std::time::Duration;

use polyhost_domain::{Capability, Error, ErrorKind, Result};
use rand::RngExt as _;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::site::{Site, SiteState};

/// The maximum number of yields before an answer: enough for other tasks to run complete reads and writes meanwhile.
const MAX_YIELDS: usize = 60;

/// Returns an error after which the same request may be sent again.
pub(crate) fn retryable(kind: ErrorKind) -> Error {
    Error::new(kind).retryable(true)
}

impl Site {
    /// Answers every call with this error, until `recover`.
    pub(crate) fn fail(&self, error: Error) {
        self.state().failure = Some(error);
    }

    /// Ends `fail`.
    pub(crate) fn recover(&self) {
        self.state().failure = None;
    }

    /// Makes the next call panic. The journal does not contain it.
    pub(crate) fn panic_once(&self) {
        self.state().panics = true;
    }

    /// Returns the calls since the journal was last read, and clears it.
    pub(crate) fn asked(&self) -> Vec<String> {
        take(&mut self.state().journal).into_iter().map(|(_, call)| call).collect()
    }

    /// Returns the times of these calls, in milliseconds since the site's creation, and clears the journal.
    pub(crate) fn asked_at(&self) -> Vec<u128> {
        take(&mut self.state().journal).into_iter().map(|(at, _)| at.as_millis()).collect()
    }

    /// Returns the greatest number of concurrent calls so far.
    pub(crate) fn most_under_way(&self) -> usize {
        self.state().most_under_way
    }

    /// Records a call, and waits until it reaches the files.
    ///
    /// # Errors
    /// `Unsupported` without the capability; such a call is not recorded. Then the failure that the test has set.
    pub(super) async fn ask(&self, capability: Capability, call: String) -> Result<()> {
        self.0.profile.require(capability)?;
        assert!(!take(&mut self.state().panics), "a scripted panic");
        let delay = {
            let mut state = self.state();
            state.journal.push((self.0.began.elapsed(), call));
            state.under_way += 1;
            state.most_under_way = state.most_under_way.max(state.under_way);
            state.delay
        };
        if delay > Duration::ZERO {
            sleep(delay).await;
        }
        yield_now().await;
        let mut state = self.state();
        state.under_way -= 1;
        state.failure.clone().map_or(Ok(()), Err)
    }

    /// Runs a read. Reads the files first, and then delays the answer.
    pub(super) async fn read<T: Send>(
        &self,
        capability: Capability,
        call: String,
        look: impl FnOnce(&SiteState) -> Result<T> + Send,
    ) -> Result<T> {
        self.ask(capability, call).await?;
        let (answer, delay) = {
            let state = self.state();
            (look(&state), state.answer_delay)
        };
        if delay > Duration::ZERO {
            sleep(delay).await;
        }
        self.let_others_run().await;
        answer
    }

    /// Runs a write. Changes the files first, and then delays or drops the answer.
    pub(super) async fn write<T: Send>(
        &self,
        capability: Capability,
        call: String,
        change: impl FnOnce(&mut SiteState) -> Result<T> + Send,
    ) -> Result<T> {
        self.ask(capability, call).await?;
        let (answer, is_lost, after_write) = {
            let mut state = self.state();
            (change(&mut state), take(&mut state.loses_answer), state.after_write)
        };
        if let Some(after_write) = after_write {
            after_write(is_lost);
        }
        self.let_others_run().await;
        if is_lost { Err(Error::new(ErrorKind::OutcomeUnknown)) } else { answer }
    }

    /// Yields to other tasks: mostly a few times, sometimes so often that some of them finish.
    async fn let_others_run(&self) {
        let times = self.state().chance.as_mut().map_or(1, |chance| {
            let most = if chance.random_range(0..4) == 0 { MAX_YIELDS } else { 4 };
            chance.random_range(1..=most)
        });
        for _ in 0..times {
            yield_now().await;
        }
    }
}
