//! The states of URL uploads and encodings. There is no background task: each request computes the state from the time
//! that has passed.

use std::time::Duration;

use jiff::Timestamp;

use super::rows::{Encoding, UrlUpload};
use crate::clock::later;
use crate::progress::{Schedule, Stage};

/// The time without movement after which a job is `STUCK`.
const STUCK_AFTER: Duration = Duration::from_secs(300);

/// The percentage at which a job that stalls stops.
const STALLS_AT: u64 = 41;

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    /// The completed percentage.
    Working(u64),
    /// The percentage at which it stopped.
    Stuck(u64),
    Failed,
    Done,
}

impl State {
    /// Returns the completed percentage.
    pub(crate) fn percent(self) -> u64 {
        match self {
            Self::Pending | Self::Failed => 0,
            Self::Working(percent) | Self::Stuck(percent) => percent,
            Self::Done => 100,
        }
    }

    /// Returns the site's word, with the one for a job in progress.
    pub(crate) fn word(self, working: &'static str) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Working(_) => working,
            Self::Stuck(_) => "STUCK",
            Self::Failed => "ERROR",
            Self::Done => "OK",
        }
    }
}

impl UrlUpload {
    pub(crate) fn state(&self, now: Timestamp) -> State {
        state(&self.schedule, self.stalls, self.error.is_some(), now)
    }
}

impl Encoding {
    pub(crate) fn state(&self, now: Timestamp) -> State {
        state(&self.schedule, self.stalls, self.error.is_some(), now)
    }
}

fn state(schedule: &Schedule, stalls: bool, fails: bool, now: Timestamp) -> State {
    let stage = schedule.stage(now);
    let stopped = |stage| match stage {
        Stage::Waiting => State::Pending,
        Stage::Running(done) => State::Working(((done * 100.0) as u64).min(STALLS_AT)),
        Stage::Done if now < later(schedule.end(), STUCK_AFTER) => State::Working(STALLS_AT),
        Stage::Done => State::Stuck(STALLS_AT),
    };
    match stage {
        stage if stalls => stopped(stage),
        Stage::Waiting => State::Pending,
        Stage::Running(done) => State::Working((done * 100.0) as u64),
        Stage::Done if fails => State::Failed,
        Stage::Done => State::Done,
    }
}
