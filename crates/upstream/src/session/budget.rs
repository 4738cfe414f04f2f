//! The login budget of a user. It holds over every time window, not on average, and counts the logins of all replicas.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{StateError, Taken, WindowLimit, WindowPermit, Windows};

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

/// Enforces a login budget, with the windows of the shared state.
pub(super) struct Budget {
    limits: LoginBudget,
    key: String,
    windows: Arc<dyn Windows>,
}

/// The name of the limit that keeps two logins apart.
const GAP: &str = "gap";

impl Budget {
    pub(super) fn new(key: &str, limits: LoginBudget, windows: Arc<dyn Windows>) -> Self {
        Self { limits, key: format!("login/{key}"), windows }
    }

    pub(super) fn gap(&self) -> Duration {
        self.limits.gap
    }

    pub(super) fn limits(&self) -> LoginBudget {
        self.limits
    }

    /// Takes the permit for one login, or returns the wait for it.
    pub(super) async fn take(&self) -> Result<Taken, StateError> {
        let LoginBudget { gap, logins, window, token_life, ceiling } = self.limits;
        let gap = WindowLimit { name: GAP, events: 1, window: gap };
        let ceiling = WindowLimit { name: "ceiling", events: ceiling.logins, window: ceiling.window };
        if let Some(life) = token_life {
            // The previous token has reached the end of its life, so the login is expected.
            let token = WindowLimit { name: "token", events: 1, window: life };
            if let expected @ Taken::Permit(_) = self.windows.take(&self.key, &[gap, ceiling, token]).await? {
                return Ok(expected);
            }
        }
        let budget = WindowLimit { name: "budget", events: logins, window };
        self.windows.take(&self.key, &[gap, ceiling, budget]).await
    }

    /// Releases the permit of a login that was never sent.
    pub(super) async fn release(&self, permit: WindowPermit) -> Result<(), StateError> {
        self.windows.release(permit).await
    }

    /// Releases the permit of a login that was sent, but did not reach the site's API. The gap to the next login stays.
    pub(super) async fn release_except_gap(&self, permit: WindowPermit) -> Result<(), StateError> {
        self.windows.release(permit.without(GAP)).await
    }
}
