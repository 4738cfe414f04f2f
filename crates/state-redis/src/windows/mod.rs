//! Windows in Redis, and the same in this replica's memory.
//!
//! The memory counts this replica's own events at all times, and must allow an event, too. So an event that Redis did
//! not receive, or has lost, still counts for this replica.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use polyhost_state::{MemoryWindows, Port, StateError, Taken, WindowLimit, WindowPermit, Windows};
use redis::{Pipeline, Script};

use crate::failure::Failure;
use crate::fallback::Fallback;
use crate::link::Link;
use crate::times::micros;

/// The [`Windows`] that replicas share.
pub(crate) struct RedisWindows {
    link: Arc<Link>,
    prefix: String,
    take: Script,
    own: MemoryWindows,
    fallback: Fallback,
    /// The number of this replica, so that its events differ from those of the others.
    replica: u64,
}

impl RedisWindows {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            prefix: prefix.to_owned(),
            take: Script::new(include_str!("take.lua")),
            own: MemoryWindows::default(),
            fallback: Fallback::new("windows"),
            replica: rand::random(),
        }
    }

    /// Takes an event in Redis. Returns the wait of a rejected one. Without an event, it only returns the wait.
    async fn take_shared(
        &self,
        key: &str,
        limits: &[WindowLimit],
        event: Option<u64>,
    ) -> Result<Option<Duration>, Failure> {
        let mut request = self.take.arg(event.map(|event| self.event(event)).unwrap_or_default());
        for limit in limits {
            request.key(self.name(key, limit.name)).arg(limit.events).arg(micros(limit.window));
        }
        let wait: i64 = self.link.call(&request).await?;
        Ok(u64::try_from(wait).ok().map(Duration::from_micros))
    }

    /// Returns the request that releases a permit; `None` for a permit without limits.
    fn release_request(&self, permit: &WindowPermit) -> Option<Pipeline> {
        let mut requests = Pipeline::new();
        for limit in permit.limits() {
            requests.cmd("ZREM").arg(self.name(permit.key(), limit)).arg(self.event(permit.event())).ignore();
        }
        (!permit.limits().is_empty()).then_some(requests)
    }

    fn name(&self, key: &str, limit: &str) -> String {
        format!("{}:w:{{{key}}}:{limit}", self.prefix)
    }

    fn event(&self, number: u64) -> String {
        format!("{:016x}:{number}", self.replica)
    }
}

#[async_trait]
impl Windows for RedisWindows {
    async fn take(&self, key: &str, limits: &[WindowLimit]) -> Result<Taken, StateError> {
        let permit = match self.own.take(key, limits).await? {
            Taken::Permit(permit) => permit,
            Taken::Wait(own) => {
                // The events of other replicas may make the wait longer.
                let shared = self.take_shared(key, limits, None).await.ok().flatten();
                return Ok(Taken::Wait(own.max(shared.unwrap_or_default())));
            }
        };
        match self.take_shared(key, limits, Some(permit.event())).await {
            Ok(None) => Ok(Taken::Permit(permit)),
            Ok(Some(wait)) => {
                self.own.release(permit).await?;
                Ok(Taken::Wait(wait))
            }
            Err(_) => {
                self.fallback.count();
                Ok(Taken::Permit(permit))
            }
        }
    }

    async fn release(&self, permit: WindowPermit) -> Result<(), StateError> {
        let request = self.release_request(&permit);
        self.own.release(permit).await?;
        match request {
            Some(request) => self.link.call(&request).await.map_err(|failure| failure.into_error(Port::Windows)),
            None => Ok(()),
        }
    }
}
