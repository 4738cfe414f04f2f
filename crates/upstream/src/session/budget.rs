//! How often a user may log in: over every window, not on average, and whoever of the replicas does it.

use std::fmt;
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
    /// How long the site's tokens live, where it ends them early. A login after that time is expected and does not count
    /// against `logins`.
    pub token_life: Option<Duration>,
    /// What holds for all logins, expected or not.
    pub ceiling: LoginCeiling,
}

/// The most logins, expected or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginCeiling {
    /// The most logins in a window.
    pub logins: u32,
    /// How long the window is.
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
        write!(f, "The budget allows {logins} logins in {window:?}, {gap:?} apart")?;
        if self.token_life.is_some() {
            write!(f, ", and {} in {:?} where tokens have outlived their time", ceiling.logins, ceiling.window)?;
        }
        f.write_str(", and is used up for now.")
    }
}

/// The budget at work. A login takes places that come back when their windows have passed; the places, and the gap after
/// each login, are entries of the shared state that expire by themselves.
pub(super) struct Budget {
    limits: LoginBudget,
    key: String,
    values: Arc<dyn KeyValue>,
}

/// The right to one login: the entries that it has taken.
#[derive(Debug)]
pub(super) struct Place(Vec<(String, u64)>);

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

    /// Takes a place, or says how long to wait for one.
    pub(super) async fn take(&self) -> Result<Result<Place, Duration>, StateError> {
        let LoginBudget { gap, logins, window, token_life, ceiling } = self.limits;
        let mut place = Place(Vec::new());
        let mut free = self.occupy(&mut place, "gap", 1, gap).await?;
        if free.is_ok() {
            free = self.occupy(&mut place, "ceiling", ceiling.logins, ceiling.window).await?;
        }
        if free.is_ok() && !self.is_expected(&mut place, token_life).await? {
            free = self.occupy(&mut place, "budget", logins, window).await?;
        }
        match free {
            Ok(()) => Ok(Ok(place)),
            Err(wait) => {
                self.give_back(place).await?;
                Ok(Err(wait))
            }
        }
    }

    /// Takes a place back whose login was never sent.
    pub(super) async fn give_back(&self, place: Place) -> Result<(), StateError> {
        for (key, version) in place.0 {
            self.values.compare_and_remove(&key, version).await?;
        }
        Ok(())
    }

    /// The same where it was sent, but not to the site's API. The gap to the next login stays.
    pub(super) async fn give_back_after_the_gap(&self, mut place: Place) -> Result<(), StateError> {
        let gap = format!("{}/gap/", self.key);
        place.0.retain(|(key, _)| !key.starts_with(&gap));
        self.give_back(place).await
    }

    /// Whether the token of the login before has come to the end of its life.
    async fn is_expected(&self, place: &mut Place, token_life: Option<Duration>) -> Result<bool, StateError> {
        match token_life {
            Some(life) => Ok(self.occupy(place, "token", 1, life).await?.is_ok()),
            None => Ok(false),
        }
    }

    /// Takes one of so many entries, for a while, or says how long to wait until one is free.
    async fn occupy(
        &self,
        place: &mut Place,
        name: &str,
        count: u32,
        life: Duration,
    ) -> Result<Result<(), Duration>, StateError> {
        let mut shortest = life;
        for number in 0..count {
            let key = format!("{}/{name}/{number}", self.key);
            // When the entry expires is the store's affair; the value tells others about when that will be.
            let until = Bytes::from((since_1970() + life).as_millis().to_string());
            match self.values.compare_and_set(&key, None, until, life).await? {
                Exchange::Done(version) => {
                    place.0.push((key, version));
                    return Ok(Ok(()));
                }
                Exchange::Conflict(entry) => shortest = shortest.min(left(entry.as_ref(), life)),
            }
        }
        Ok(Err(shortest))
    }
}

/// How long an entry will stay, at least a moment.
fn left(entry: Option<&Entry>, life: Duration) -> Duration {
    const MOMENT: Duration = Duration::from_millis(20);
    let until = entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok()).map(Duration::from_millis);
    until.map_or(MOMENT, |until| until.saturating_sub(since_1970()).clamp(MOMENT, life.max(MOMENT)))
}
