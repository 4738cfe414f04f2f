//! The limit of lists of jobs (remote uploads, conversions). The site itself cuts the list off at this limit.

use polyhost_domain::Found;
use serde::Deserialize;

/// The maximum number of jobs to list: 1 to 100.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct JobLimit(u32);

impl JobLimit {
    /// Returns the limit as a number.
    #[must_use]
    pub(crate) fn get(self) -> u32 {
        self.0
    }

    /// Truncates the jobs of a site to this limit. Returns them, and whether the limit was reached.
    #[must_use]
    pub(crate) fn cut<T>(self, jobs: Found<T>) -> (Vec<T>, bool) {
        let limit = self.0 as usize;
        let reached = jobs.items.len() + jobs.unreadable >= limit;
        let mut items = jobs.items;
        items.truncate(limit);
        (items, reached)
    }
}

impl Default for JobLimit {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u32> for JobLimit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, &'static str> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}
