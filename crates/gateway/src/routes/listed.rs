//! Lists that are answered whole, and lists of jobs, which the site itself cuts off.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A list that is answered whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Always `null`: there is no further page.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// All the items there are.
    #[must_use]
    pub fn all(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

/// A list of jobs, newest first where the site has times, cut off at the limit.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobList<T> {
    /// The items.
    pub items: Vec<T>,
    /// Always `null`: the site has no further page.
    pub next_cursor: Option<String>,
    /// Whether the limit was reached, so that there may be more.
    pub truncated: bool,
}

impl<T> JobList<T> {
    /// The items that a site has answered under a limit.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: JobLimit) -> Self {
        items.truncate(limit.0 as usize);
        Self { truncated: items.len() >= limit.0 as usize, items, next_cursor: None }
    }
}

/// How many jobs to list: 1 to 100.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "u32")]
#[schema(value_type = u32, minimum = 1, maximum = 100, default = 100)]
pub struct JobLimit(pub u32);

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
