//! Windows as lists of events, by key and limit.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::end_of;
use crate::{StateError, Taken, WindowLimit, WindowPermit, Windows};

/// The [`Windows`] of one process. No call fails or waits.
#[derive(Default)]
pub struct MemoryWindows {
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    /// The events of each key and limit. None is empty.
    events: HashMap<(Box<str>, &'static str), Vec<Event>>,
    last_event: u64,
}

struct Event {
    number: u64,
    ends_at: Instant,
}

impl MemoryWindows {
    /// Locks the log and removes the events whose window has ended. Events are rare, so all keys are searched.
    fn log(&self, now: Instant) -> MutexGuard<'_, Log> {
        // No step within a change can panic, so the log is consistent even if the lock is poisoned.
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.retain(|event| event.ends_at > now);
        log
    }
}

impl Log {
    fn retain(&mut self, is_kept: impl Fn(&Event) -> bool) {
        self.events.retain(|_, events| {
            events.retain(&is_kept);
            !events.is_empty()
        });
    }

    /// Returns the time at which a limit allows one more event; `None` if it allows one now.
    fn free_at(&self, key: &str, limit: &WindowLimit) -> Option<Instant> {
        let mut ends: Vec<Instant> = self
            .events
            .get(&(key.into(), limit.name))
            .map(|events| events.iter().map(|event| event.ends_at).collect())
            .unwrap_or_default();
        let allowed = usize::try_from(limit.events).unwrap_or(usize::MAX);
        let excess = ends.len().checked_sub(allowed)?;
        ends.sort_unstable();
        // Without any event, only a limit of zero rejects, and it always does.
        Some(ends.get(excess).copied().unwrap_or_else(|| end_of(limit.window)))
    }
}

#[async_trait]
impl Windows for MemoryWindows {
    async fn take(&self, key: &str, limits: &[WindowLimit]) -> Result<Taken, StateError> {
        let now = Instant::now();
        let mut log = self.log(now);
        if let Some(free_at) = limits.iter().filter_map(|limit| log.free_at(key, limit)).max() {
            return Ok(Taken::Wait(free_at.saturating_duration_since(now)));
        }
        log.last_event += 1;
        let number = log.last_event;
        for limit in limits.iter().filter(|limit| limit.window > Duration::ZERO) {
            let events = log.events.entry((key.into(), limit.name)).or_default();
            events.push(Event { number, ends_at: end_of(limit.window) });
        }
        Ok(Taken::Permit(WindowPermit::new(key, limits, number)))
    }

    async fn release(&self, permit: WindowPermit) -> Result<(), StateError> {
        let mut log = self.log(Instant::now());
        for name in permit.limits() {
            if let Some(events) = log.events.get_mut(&(permit.key().into(), *name)) {
                events.retain(|event| event.number != permit.event());
            }
        }
        // Removes the lists that are empty now.
        log.retain(|_| true);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn released_and_ended_events_leave_no_memory() {
        let windows = MemoryWindows::default();
        let limit = WindowLimit { name: "gap", events: 2, window: Duration::from_secs(5) };
        for _ in 0..2 {
            let Taken::Permit(permit) = windows.take("key", &[limit]).await.unwrap() else { panic!("it is free") };
            windows.release(permit).await.unwrap();
        }
        assert!(windows.log(Instant::now()).events.is_empty());

        let ended = windows.take("key", &[limit]).await.unwrap();
        assert!(matches!(ended, Taken::Permit(_)));
        tokio::time::advance(limit.window).await;
        assert!(windows.log(Instant::now()).events.is_empty());
    }
}
