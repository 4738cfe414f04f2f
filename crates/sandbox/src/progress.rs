//! The progress of jobs that take time. There is no background task: each request computes the progress from the time
//! that has passed.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;

/// A job that waits for one step, runs for two, and then is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) start: Timestamp,
    pub(crate) step: Duration,
}

/// The stage of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    Waiting,
    /// The completed fraction, from 0 to 1.
    Running(f64),
    Done,
}

impl Schedule {
    pub(crate) fn stage(&self, now: Timestamp) -> Stage {
        let steps = if self.step.is_zero() {
            f64::INFINITY
        } else {
            now.duration_since(self.start).as_secs_f64() / self.step.as_secs_f64()
        };
        match steps {
            steps if steps < 1.0 => Stage::Waiting,
            steps if steps < 3.0 => Stage::Running((steps - 1.0) / 2.0),
            _ => Stage::Done,
        }
    }

    /// Returns the time at which the job is done.
    pub(crate) fn end(&self) -> Timestamp {
        later(self.start, self.step.saturating_mul(3))
    }

    /// Returns the time of the last change, as of `now`.
    pub(crate) fn last_update(&self, now: Timestamp) -> Timestamp {
        match self.stage(now) {
            Stage::Waiting => self.start,
            Stage::Running(_) => now,
            Stage::Done => self.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Schedule, Stage};

    #[test]
    fn schedule_waits_runs_and_ends() {
        let schedule = Schedule { start: Timestamp::UNIX_EPOCH, step: Duration::from_secs(10) };
        let at = |seconds| schedule.stage(Timestamp::from_second(seconds).unwrap());
        assert_eq!(at(9), Stage::Waiting);
        assert_eq!(at(20), Stage::Running(0.5));
        assert_eq!(at(30), Stage::Done);
        assert_eq!(schedule.end(), Timestamp::from_second(30).unwrap());
    }

    #[test]
    fn schedule_of_zero_length_is_done_at_once() {
        let schedule = Schedule { start: Timestamp::UNIX_EPOCH, step: Duration::ZERO };
        assert_eq!(schedule.stage(Timestamp::UNIX_EPOCH), Stage::Done);
    }
}
