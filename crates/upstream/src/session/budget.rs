//! The login budget of a user. It holds over every time window, not on average, and counts the logins of all replicas.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::{Entry, Exchange, KeyValue, StateError};

use super::since_1970;

/// The shortest wait for a free entry. Without it, an entry that is about to expire would be polled in a busy loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// The limits on logins at a site that counts logins and locks an account that logs in too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginBudget {
    /// The minimum time between two logins.
    pub gap: Duration,
    /// The maximum number of unexpected logins in a window.
    pub logins: u32,
    /// The length of the window.
    pub window: Duration,
    /// The lifetime of the site's tokens, if the site ends them early. A login after that time is expected and does not
    /// count against `logins`.
    pub token_life: Option<Duration>,
    /// The limit on all logins, expected or not.
    pub ceiling: LoginCeiling,
}

/// The limit on all logins, expected or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginCeiling {
    /// The maximum number of logins in a window.
    pub logins: u32,
    /// The length of the window.
    pub window: Duration,
}

impl Default for LoginBudget {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(5),
            logins: 4,
            window: Duration::from_secs(10 * 60),
            token_life: None,
            ceiling: LoginCeiling::default(),
        }
    }
}

impl Default for LoginCeiling {
    fn default() -> Self {
        Self { logins: 30, window: Duration::from_secs(10 * 60) }
    }
}

impl fmt::Display for LoginBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gap, logins, window, ceiling, .. } = self;
        write!(f, "The budget allows {logins} logins in {window:?}, at least {gap:?} apart")?;
        if self.token_life.is_some() {
            write!(f, ", and {} in {:?} including those after expired tokens", ceiling.logins, ceiling.window)?;
        }
        f.write_str(". It is used up for now.")
    }
}

/// Enforces a login budget. A login takes entries of the shared state: one of each window, and one for the gap to the
/// next login. They expire by themselves at the end of the window or the gap.
pub(super) struct Budget {
    limits: LoginBudget,
    key: String,
    values: Arc<dyn KeyValue>,
}

/// The permit for one login: the keys and versions of the entries that it has taken.
#[derive(Debug)]
pub(super) struct LoginPermit(Vec<(String, u64)>);

impl Budget {
    pub(super) fn new(key: &str, limits: LoginBudget, values: Arc<dyn KeyValue>) -> Self {
        Self { limits, key: format!("login/{key}"), values }
    }

    pub(super) fn gap(&self) -> Duration {
        self.limits.gap
    }

    pub(super) fn limits(&self) -> LoginBudget {
        self.limits
    }

    /// Takes a permit, or returns the wait for one.
    pub(super) async fn take(&self) -> Result<Result<LoginPermit, Duration>, StateError> {
        let LoginBudget { gap, logins, window, token_life, ceiling } = self.limits;
        let mut permit = LoginPermit(Vec::new());
        let mut free = self.occupy(&mut permit, "gap", 1, gap).await?;
        if free.is_ok() {
            free = self.occupy(&mut permit, "ceiling", ceiling.logins, ceiling.window).await?;
        }
        if free.is_ok() && !self.is_expected(&mut permit, token_life).await? {
            free = self.occupy(&mut permit, "budget", logins, window).await?;
        }
        match free {
            Ok(()) => Ok(Ok(permit)),
            Err(wait) => {
                self.release(permit).await?;
                Ok(Err(wait))
            }
        }
    }

    /// Releases the permit of a login that was never sent.
    pub(super) async fn release(&self, permit: LoginPermit) -> Result<(), StateError> {
        for (key, version) in permit.0 {
            self.values.compare_and_remove(&key, version).await?;
        }
        Ok(())
    }

    /// Releases the permit of a login that was sent, but did not reach the site's API. The gap to the next login stays.
    pub(super) async fn release_except_gap(&self, mut permit: LoginPermit) -> Result<(), StateError> {
        let gap = format!("{}/gap/", self.key);
        permit.0.retain(|(key, _)| !key.starts_with(&gap));
        self.release(permit).await
    }

    /// Returns whether the previous token has reached the end of its life, and takes the entry of the new token.
    async fn is_expected(&self, permit: &mut LoginPermit, token_life: Option<Duration>) -> Result<bool, StateError> {
        match token_life {
            Some(life) => Ok(self.occupy(permit, "token", 1, life).await?.is_ok()),
            None => Ok(false),
        }
    }

    /// Takes one of `count` entries for `life`, or returns the wait until one is free.
    async fn occupy(
        &self,
        permit: &mut LoginPermit,
        name: &str,
        count: u32,
        life: Duration,
    ) -> Result<Result<(), Duration>, StateError> {
        let mut shortest = life;
        for number in 0..count {
            let key = format!("{}/{name}/{number}", self.key);
            // The store expires the entry. The value lets other replicas compute about when that will be.
            let until = Bytes::from((since_1970() + life).as_millis().to_string());
            match self.values.compare_and_set(&key, None, until, life).await? {
                Exchange::Done(version) => {
                    permit.0.push((key, version));
                    return Ok(Ok(()));
                }
                Exchange::Conflict(entry) => shortest = shortest.min(time_left(entry.as_ref(), life)),
            }
        }
        Ok(Err(shortest))
    }
}

/// Returns the remaining lifetime of an entry, at least [`SHORTEST_WAIT`].
fn time_left(entry: Option<&Entry>, life: Duration) -> Duration {
    let until = entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok()).map(Duration::from_millis);
    until
        .map_or(SHORTEST_WAIT, |until| until.saturating_sub(since_1970()).clamp(SHORTEST_WAIT, life.max(SHORTEST_WAIT)))
}
