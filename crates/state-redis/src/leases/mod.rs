//! Leases in Redis. Without Redis there are none, so the caller decides how to go on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use polyhost_state::{Lease, Leases, Port, StateError};
use redis::Script;

use crate::failure::Failure;
use crate::link::Link;
use crate::times::millis;

/// The [`Leases`] that replicas share.
pub(crate) struct RedisLeases {
    link: Arc<Link>,
    prefix: String,
    acquire: Script,
    renew: Script,
}

impl RedisLeases {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            prefix: prefix.to_owned(),
            acquire: Script::new(include_str!("acquire.lua")),
            renew: Script::new(include_str!("renew.lua")),
        }
    }

    /// Makes a lease end `life` from now.
    async fn end_after(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        let mut request = self.renew.key(self.name(lease.name()));
        request.arg(lease.token()).arg(millis(life));
        self.link.call(&request).await.map_err(unavailable)
    }

    fn name(&self, lease: &str) -> String {
        format!("{}:t:{{{lease}}}", self.prefix)
    }
}

#[async_trait]
impl Leases for RedisLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        let mut request = self.acquire.key(self.name(name));
        request.key(format!("{}:last", self.name(name))).arg(millis(life));
        let token: Option<u64> = self.link.call(&request).await.map_err(unavailable)?;
        Ok(token.map(|token| Lease::new(name, token)))
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        self.end_after(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        self.end_after(&lease, Duration::ZERO).await
    }
}

fn unavailable(failure: Failure) -> StateError {
    failure.into_error(Port::Leases)
}
