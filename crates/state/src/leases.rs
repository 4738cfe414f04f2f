//! Leases: one holder at a time, for a while.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::StateError;

/// Names that one holder at a time may have, each for a limited time.
///
/// A lease keeps others from starting; it does not stop a holder who is late. Take it for longer than the work can
/// last, or hand its [`token`](Lease::token) to whatever the work changes.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes a name for `life`, if it is free.
    ///
    /// - `None`: another holds it. The call does not wait.
    /// - Of any number of callers at once, at most one gets the lease.
    /// - A lease does not know its caller: whoever holds a name and asks again is refused like everybody else.
    /// - It ends by itself once `life` is over, whether or not the holder still lives.
    /// - Each lease has a greater token than every lease of that name before it.
    ///
    /// # Errors
    /// `Unavailable`: the lease may have been taken, and then ends by itself.
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError>;

    /// Lets a lease end `life` from now, be that later or sooner than it would have.
    ///
    /// - `false`: the lease had ended already, and is not taken anew even if the name is free.
    /// - The token stays the same.
    ///
    /// # Errors
    /// `Unavailable`: the lease ends at the old time or at the new one.
    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError>;

    /// Gives a lease back before its time.
    ///
    /// - `false`: it had ended already. Somebody else's lease of the same name stays untouched.
    ///
    /// # Errors
    /// `Unavailable`: the lease may have to end by itself.
    async fn release(&self, lease: Lease) -> Result<bool, StateError>;
}

/// The right to a name. Dropping it gives nothing back: release it, or let it end by itself.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is not released blocks its name until it ends"]
pub struct Lease {
    name: Arc<str>,
    token: u64,
}

impl Lease {
    /// A lease as a store has granted it.
    pub fn new(name: impl Into<Arc<str>>, token: u64) -> Self {
        Self { name: name.into(), token }
    }

    /// What is held.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fencing token. It tells this lease from every other of its name, and is greater than those before it.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.token
    }
}
