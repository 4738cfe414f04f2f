//! Leases: one holder at a time, for a while.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// A store of leases: each name has at most one holder at a time, for a limited time.
///
/// A lease keeps other callers from starting. It does not stop a holder that continues after the lease has ended.
/// Either acquire it for longer than the work can take, or check its [`token`](Lease::token) where the work changes
/// something.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Acquires the lease of a name for `life`, if the name is free.
    ///
    /// - `None`: the name already has a holder. The call does not wait.
    /// - Of any number of concurrent callers, at most one gets the lease.
    /// - A lease does not identify its caller: the holder's own second call returns `None`, too.
    /// - The lease ends by itself after `life`, whether or not the holder is still running.
    /// - Each lease has a greater token than every earlier lease of that name.
    ///
    /// # Errors
    /// `Unavailable`: the lease may have been acquired, and then ends by itself.
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError>;

    /// Makes a lease end `life` from now, whether that is later or earlier than before.
    ///
    /// - `false`: the lease had already ended. It is not acquired again, even if the name is free.
    /// - The token stays the same.
    ///
    /// # Errors
    /// `Unavailable`: the lease ends at the old time or at the new one.
    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError>;

    /// Releases a lease before it ends.
    ///
    /// - `false`: the lease had already ended. A lease of the same name with another holder is not changed.
    ///
    /// # Errors
    /// `Unavailable`: the lease may have to end by itself.
    async fn release(&self, lease: Lease) -> Result<bool, StateError>;

    /// Acquires a lease again that has ended, or that this process has granted without the store.
    ///
    /// - `None`: the name has another holder.
    /// - The new lease may be one without the store again. Within this process, the name is not free in between.
    ///
    /// # Errors
    /// `Unavailable`: as for [`acquire`](Leases::acquire), and the lease is lost.
    async fn reacquire(&self, lease: Lease, life: Duration) -> Result<Option<Lease>, StateError> {
        let name = Arc::clone(&lease.name);
        self.release(lease).await?;
        self.acquire(&name, life).await
    }
}

/// A lease of a name. Dropping it does not release it: call [`Leases::release`], or let it end by itself.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is not released blocks its name until it ends"]
pub struct Lease {
    name: Arc<str>,
    token: u64,
    grant: Grant,
}

/// The place that granted a lease.
#[derive(Debug, PartialEq, Eq)]
enum Grant {
    Store,
    /// The store, and the memory of this process under another token.
    StoreAndProcess(u64),
    /// Only the memory of this process.
    Process,
}

impl Lease {
    /// Returns a lease that a store has granted.
    pub fn new(name: impl Into<Arc<str>>, token: u64) -> Self {
        Self { name: name.into(), token, grant: Grant::Store }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether this process has granted the lease without the store, so that another replica may hold it, too.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.grant == Grant::Process
    }

    pub(crate) fn alone(self) -> Self {
        Self { grant: Grant::Process, ..self }
    }

    pub(crate) fn with_own(self, own: Self) -> Self {
        Self { grant: Grant::StoreAndProcess(own.token), ..self }
    }

    pub(crate) fn own(&self) -> Option<u64> {
        match self.grant {
            Grant::StoreAndProcess(token) => Some(token),
            Grant::Store | Grant::Process => None,
        }
    }

    /// Returns the fencing token. It is unique among the leases of the name, and greater than all earlier ones.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.token
    }
}
