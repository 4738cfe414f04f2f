//! Windows in Redis, and the same in this replica's memory.
//!
//! The memory counts this replica's own events at all times. It must allow an event, too. So an event that Redis has
//! never heard of, or lost, still counts for this replica.

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

    /// Takes an event in Redis. Returns the wait of a rejected one.
    async fn take_shared(&self, permit: &WindowPermit, limits: &[WindowLimit]) -> Result<Option<Duration>, Failure> {
        let mut request = self.take.arg(self.event(permit));
        for limit in limits {
            request.key(self.name(permit.key(), limit.name)).arg(limit.events).arg(micros(limit.window));
        }
        let wait: i64 = self.link.call(&request).await?;
        Ok(u64::try_from(wait).ok().map(Duration::from_micros))
    }

    async fn release_shared(&self, permit: &WindowPermit) -> Result<(), Failure> {
        if permit.limits().is_empty() {
            return Ok(());
        }
        let mut requests = Pipeline::new();
        for limit in permit.limits() {
            requests.cmd("ZREM").arg(self.name(permit.key(), limit)).arg(self.event(permit)).ignore();
        }
        self.link.call(&requests).await
    }

    fn name(&self, key: &str, limit: &str) -> String {
        format!("{}:w:{{{key}}}:{limit}", self.prefix)
    }

    fn event(&self, permit: &WindowPermit) -> String {
        format!("{:016x}:{}", self.replica, permit.event())
    }
}

#[async_trait]
impl Windows for RedisWindows {
    async fn take(&self, key: &str, limits: &[WindowLimit]) -> Result<Taken, StateError> {
        let permit = match self.own.take(key, limits).await? {
            Taken::Permit(permit) => permit,
            wait => return Ok(wait),
        };
        match self.take_shared(&permit, limits).await {
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
        let released = self.release_shared(&permit).await;
        self.own.release(permit).await?;
        released.map_err(|failure| failure.into_error(Port::Windows))
    }
}
