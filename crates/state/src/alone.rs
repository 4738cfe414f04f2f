//! Leases of a replica that continues alone while the store cannot be reached.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Lease, Leases, MemoryLeases, StateError, StateErrorKind};

/// Leases that are granted by this process alone while the store cannot be reached.
///
/// Within this process each name has one holder at a time, also across the moments at which the store is lost and
/// reached again. Such a lease does not exclude other replicas; [`Lease::is_alone`] reports it.
pub struct LeasesOrAlone {
    shared: Arc<dyn Leases>,
    /// All leases of this process, so that a lease in the store and one without it exclude each other.
    own: MemoryLeases,
}

impl LeasesOrAlone {
    /// Returns the leases of a store, which continue without it.
    #[must_use]
    pub fn new(shared: Arc<dyn Leases>) -> Self {
        Self { shared, own: MemoryLeases::default() }
    }

    /// Acquires the lease in the store that belongs to a lease of this process.
    async fn extend(&self, own: Lease, life: Duration) -> Result<Option<Lease>, StateError> {
        match self.shared.acquire(own.name(), life).await {
            Ok(Some(shared)) => Ok(Some(shared.with_own(own))),
            Ok(None) => {
                self.own.release(own).await?;
                Ok(None)
            }
            Err(StateError { kind: StateErrorKind::Unavailable, .. }) => Ok(Some(own.alone())),
            Err(error) => {
                self.own.release(own).await?;
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Leases for LeasesOrAlone {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        match self.own.acquire(name, life).await? {
            Some(own) => self.extend(own, life).await,
            None => Ok(None),
        }
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        let own = match lease.own() {
            Some(token) => self.own.renew(&Lease::new(lease.name(), token), life).await?,
            None => return self.own.renew(lease, life).await,
        };
        Ok(own && self.shared.renew(lease, life).await?)
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        match lease.own() {
            Some(token) => {
                self.own.release(Lease::new(lease.name(), token)).await?;
                self.shared.release(lease).await
            }
            None => self.own.release(lease).await,
        }
    }

    async fn reacquire(&self, lease: Lease, life: Duration) -> Result<Option<Lease>, StateError> {
        let own = Lease::new(lease.name(), lease.own().unwrap_or(lease.token()));
        match self.own.renew(&own, life).await? {
            true => self.extend(own, life).await,
            false => self.acquire(lease.name(), life).await,
        }
    }
}
