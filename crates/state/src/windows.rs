//! Windows: limits that hold in every window of time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// A store that counts the events of each key, and limits them in every window of time.
///
/// Unlike [`Limiters`](crate::Limiters), it never allows more events in a window than its limit, whenever the window
/// begins. It stores the time of each event, so it suits rare events, such as logins.
#[async_trait]
pub trait Windows: Send + Sync {
    /// Takes one event of each limit, if all of them allow it.
    ///
    /// - All or nothing: a rejected call takes nothing.
    /// - Exact under concurrency.
    /// - An event counts for its limit's window, which begins now.
    /// - A limit of zero events rejects every call.
    ///
    /// # Errors
    /// `Unavailable`: the events may have been taken.
    async fn take(&self, key: &str, limits: &[WindowLimit]) -> Result<Taken, StateError>;

    /// Gives the events of a permit back. Events whose window has ended are ignored.
    ///
    /// # Errors
    /// `Unavailable`: the events may count until their windows end.
    async fn release(&self, permit: WindowPermit) -> Result<(), StateError>;
}

/// A limit on the events of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimit {
    /// The name, which distinguishes the limits of one key.
    pub name: &'static str,
    /// The greatest number of events in a window.
    pub events: u32,
    /// The length of the window.
    pub window: Duration,
}

/// The result of [`Windows::take`].
#[derive(Debug)]
#[must_use = "the events may have been rejected"]
pub enum Taken {
    /// The events were taken.
    Permit(WindowPermit),
    /// A limit rejects the event. All limits would allow it after this time, if nothing else is taken.
    Wait(Duration),
}

/// The permit for one event of each limit. Dropping it releases nothing: the events count until their windows end.
#[derive(Debug)]
pub struct WindowPermit {
    key: Arc<str>,
    limits: Vec<&'static str>,
    event: u64,
}

impl WindowPermit {
    /// Returns a permit that a store has granted. `event` is unique among the events of the key.
    #[must_use]
    pub fn new(key: &str, limits: &[WindowLimit], event: u64) -> Self {
        Self { key: key.into(), limits: limits.iter().map(|limit| limit.name).collect(), event }
    }

    /// Returns the permit without one of its limits, so that [`Windows::release`] does not give its event back.
    #[must_use]
    pub fn without(mut self, limit: &str) -> Self {
        self.limits.retain(|name| *name != limit);
        self
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the names of the limits.
    #[must_use]
    pub fn limits(&self) -> &[&'static str] {
        &self.limits
    }

    /// Returns the number of the event.
    #[must_use]
    pub fn event(&self) -> u64 {
        self.event
    }
}
