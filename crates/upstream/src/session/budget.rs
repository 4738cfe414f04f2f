//! How often a user may log in: over every window, not on average, and whoever of the replicas does it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::{Entry, Exchange, KeyValue, StateError};

use super::since_1970;

/// How often a user may log in at a site that counts logins and locks who logs in too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginBudget {
    /// The least time between two logins.
    pub gap: Duration,
    /// The most logins in a window.
    pub logins: u32,
    /// How long the window is.
    pub window: Duration,
}

impl Default for LoginBudget {
    fn default() -> Self {
        Self { gap: Duration::from_secs(5), logins: 4, window: Duration::from_secs(10 * 60) }
    }
}

/// The budget at work. A login takes a place that comes back when the window has passed; the places, and the gap after
/// each, are entries of the shared state that expire by themselves.
pub(super) struct Budget {
    limits: LoginBudget,
    key: String,
    values: Arc<dyn KeyValue>,
}

/// The right to one login.
#[derive(Debug)]
pub(super) struct Place([(String, u64); 2]);

impl Budget {
    pub(super) fn new(key: &str, limits: LoginBudget, values: Arc<dyn KeyValue>) -> Self {
        Self { limits, key: format!("login/{key}"), values }
    }

    pub(super) fn gap(&self) -> Duration {
        self.limits.gap
    }

    /// Takes a place, or says how long to wait for one.
    pub(super) async fn take(&self) -> Result<Result<Place, Duration>, StateError> {
        let gap = format!("{}/gap", self.key);
        let gap_version = match self.occupy(&gap, self.limits.gap).await? {
            Ok(version) => version,
            Err(wait) => return Ok(Err(wait)),
        };
        let mut shortest = self.limits.window;
        for place in 0..self.limits.logins {
            let place = format!("{}/{place}", self.key);
            match self.occupy(&place, self.limits.window).await? {
                Ok(version) => return Ok(Ok(Place([(gap, gap_version), (place, version)]))),
                Err(wait) => shortest = shortest.min(wait),
            }
        }
        self.values.compare_and_remove(&gap, gap_version).await?;
        Ok(Err(shortest))
    }

    /// Takes a place back whose login was never sent.
    pub(super) async fn give_back(&self, place: Place) -> Result<(), StateError> {
        for (key, version) in place.0 {
            self.values.compare_and_remove(&key, version).await?;
        }
        Ok(())
    }

    async fn occupy(&self, key: &str, life: Duration) -> Result<Result<u64, Duration>, StateError> {
        // When the entry expires is the store's affair; the value tells others about when that will be.
        let until = Bytes::from((since_1970() + life).as_millis().to_string());
        match self.values.compare_and_set(key, None, until, life).await? {
            Exchange::Done(version) => Ok(Ok(version)),
            Exchange::Conflict(entry) => Ok(Err(left(entry.as_ref(), life))),
        }
    }
}

/// How long an entry will stay, at least a moment.
fn left(entry: Option<&Entry>, life: Duration) -> Duration {
    const MOMENT: Duration = Duration::from_millis(20);
    let until = entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok()).map(Duration::from_millis);
    until.map_or(MOMENT, |until| until.saturating_sub(since_1970()).clamp(MOMENT, life.max(MOMENT)))
}
