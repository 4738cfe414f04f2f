//! The queue of remote uploads, and the periodic job that starts one of them. There is no background task: each request
//! computes the changes since the last one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;

/// One remote upload.
#[derive(Debug, Clone)]
pub(crate) struct RemoteUpload {
    pub(crate) url: String,
    pub(crate) folder: u64,
    pub(crate) created: Timestamp,
    /// The reason for its later failure; `None` if it will succeed.
    pub(crate) error: Option<String>,
    pub(crate) state: State,
}

/// The state of a remote upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Downloading { started: Timestamp, until: Timestamp },
    Complete { started: Timestamp, finished: Timestamp, file: u64 },
    Failed { started: Timestamp, finished: Timestamp },
}

/// All remote uploads.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) jobs: BTreeMap<u64, RemoteUpload>,
    /// Parts of URLs whose remote uploads fail, with the site's message.
    pub(crate) failing_urls: Vec<(String, String)>,
    /// The time at which the next one is started, or `None` while none is pending.
    next_tick: Option<Timestamp>,
    tick: Duration,
}

/// A remote upload whose time is over.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: u64,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
}

impl Queue {
    /// Creates an empty queue. The job runs once every `tick`.
    pub(crate) fn new(tick: Duration) -> Self {
        Self { tick, ..Self::default() }
    }

    /// Adds a remote upload, and returns its id. If one of the same URL is in progress, returns that one's id.
    pub(crate) fn add(&mut self, url: String, folder: u64, error: Option<String>, now: Timestamp) -> u64 {
        let is_same =
            |job: &RemoteUpload| job.url == url && matches!(job.state, State::Pending | State::Downloading { .. });
        if let Some((id, _)) = self.jobs.iter().find(|(_, job)| is_same(job)) {
            return *id;
        }
        self.next_tick = self.next_tick.or_else(|| Some(later(now, self.tick)));
        self.put(RemoteUpload { url, folder, created: now, error, state: State::Pending })
    }

    /// Inserts a remote upload in any state.
    pub(crate) fn put(&mut self, job: RemoteUpload) -> u64 {
        let id = self.jobs.last_key_value().map_or(50, |(last, _)| *last) + 1;
        self.jobs.insert(id, job);
        id
    }

    /// Updates the queue to the time, and returns the remote uploads that are done, in order.
    pub(crate) fn settle(&mut self, now: Timestamp) -> Vec<Due> {
        while let Some(at) = self.next_tick.filter(|at| *at <= now) {
            self.start_one(at);
            let is_pending = self.jobs.values().any(|job| job.state == State::Pending);
            self.next_tick = is_pending.then(|| later(at, self.tick));
        }
        self.due(now)
    }

    /// Runs the job once now, outside of its schedule: the remote upload that it started before is done, and another
    /// one is started.
    pub(crate) fn run_once(&mut self, now: Timestamp) -> Vec<Due> {
        let due = self.due(later(now, self.tick));
        self.start_one(now);
        due.into_iter().map(|due| Due { finished: due.finished.min(now), ..due }).collect()
    }

    fn start_one(&mut self, at: Timestamp) {
        if let Some(job) = self.jobs.values_mut().find(|job| job.state == State::Pending) {
            job.state = State::Downloading { started: at, until: later(at, self.tick) };
        }
    }

    fn due(&self, now: Timestamp) -> Vec<Due> {
        let due = self.jobs.iter().filter_map(|(id, job)| match job.state {
            State::Downloading { started, until } if until <= now => Some(Due { id: *id, started, finished: until }),
            _ => None,
        });
        let mut due: Vec<Due> = due.collect();
        due.sort_by_key(|due| (due.finished, due.id));
        due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Queue, State};

    #[test]
    fn job_starts_one_at_a_time_and_it_ends_a_tick_later() {
        let mut queue = Queue::new(Duration::from_secs(10));
        let at = |second| Timestamp::from_second(second).unwrap();
        let ids = ["a", "b"].map(|url| queue.add(url.to_owned(), 0, None, at(0)));
        assert!(queue.settle(at(9)).is_empty());
        assert!(queue.settle(at(10)).is_empty());
        assert_eq!(queue.jobs[&ids[0]].state, State::Downloading { started: at(10), until: at(20) });
        assert_eq!(queue.jobs[&ids[1]].state, State::Pending);
        let due = queue.settle(at(3600));
        assert_eq!(
            due.iter().map(|due| (due.id, due.finished)).collect::<Vec<_>>(),
            [(ids[0], at(20)), (ids[1], at(30))]
        );
    }
}
