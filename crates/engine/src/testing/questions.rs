//! A question's way to the site and back: the journal, the delays, the failures, and what a test reads and sets of them.

use std::mem::take;
use std::time::Duration;

use polyhost_domain::{Capability, Error, ErrorKind, Result};
use rand::RngExt as _;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::site::{Site, SiteState};

/// The most tasks that run before an answer: enough for reads and writes from their beginning to their end.
const LONGEST: usize = 60;

/// Returns an error after which the same request may be sent again.
pub(crate) fn retryable(kind: ErrorKind) -> Error {
    Error::new(kind).retryable(true)
}

impl Site {
    /// Answers every question with this error, until `recover`.
    pub(crate) fn fail(&self, error: Error) {
        self.state().failure = Some(error);
    }

    /// Answers questions again.
    pub(crate) fn recover(&self) {
        self.state().failure = None;
    }

    /// Makes the next question panic. The journal does not have it.
    pub(crate) fn panic_once(&self) {
        self.state().panics = true;
    }

    /// Returns the questions since the last look.
    pub(crate) fn asked(&self) -> Vec<String> {
        take(&mut self.state().journal).into_iter().map(|(_, question)| question).collect()
    }

    /// Returns when each question since the last look was asked, in milliseconds since the site's creation.
    pub(crate) fn asked_at(&self) -> Vec<u128> {
        take(&mut self.state().journal).into_iter().map(|(at, _)| at.as_millis()).collect()
    }

    /// Returns the most questions that were under way at a time.
    pub(crate) fn most_under_way(&self) -> usize {
        self.state().most_under_way
    }

    /// Notes a question, and waits until it reaches the files.
    ///
    /// # Errors
    /// `Unsupported`, not noted, without the capability; then the failure that the test has set.
    pub(super) async fn ask(&self, capability: Capability, question: String) -> Result<()> {
        self.0.profile.require(capability)?;
        assert!(!take(&mut self.state().panics), "a scripted panic");
        let delay = {
            let mut state = self.state();
            state.journal.push((self.0.began.elapsed(), question));
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

    /// Reads, and answers after the answer's delay with what was read before it.
    pub(super) async fn read<T: Send>(
        &self,
        capability: Capability,
        question: String,
        look: impl FnOnce(&SiteState) -> Result<T> + Send,
    ) -> Result<T> {
        self.ask(capability, question).await?;
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

    /// Applies a write, and answers it some time later, or loses the answer.
    pub(super) async fn write<T: Send>(
        &self,
        capability: Capability,
        question: String,
        change: impl FnOnce(&mut SiteState) -> Result<T> + Send,
    ) -> Result<T> {
        self.ask(capability, question).await?;
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

    /// Lets other tasks run: mostly a few times, sometimes so often that some of them end meanwhile.
    async fn let_others_run(&self) {
        let times = self.state().chance.as_mut().map_or(1, |chance| {
            let most = if chance.random_range(0..4) == 0 { LONGEST } else { 4 };
            chance.random_range(1..=most)
        });
        for _ in 0..times {
            yield_now().await;
        }
    }
}
