//! Leases of a store that a test makes unreachable, for the tests of what continues without the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::{Lease, Leases, MemoryLeases, Port, StateError, StateErrorKind};

/// Leases in memory. Each call fails with `Unavailable` while they are interrupted.
#[derive(Default)]
pub struct InterruptibleLeases {
    leases: MemoryLeases,
    is_interrupted: AtomicBool,
}

impl InterruptibleLeases {
    /// Returns leases that are interrupted from the beginning.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { is_interrupted: AtomicBool::new(true), ..Self::default() }
    }

    /// Makes the store unreachable. Its leases remain until they end.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }

    /// Makes the store answer again.
    pub fn resume(&self) {
        self.is_interrupted.store(false, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StateError> {
        let unavailable = StateError::new(Port::Leases, StateErrorKind::Unavailable);
        if self.is_interrupted.load(Ordering::SeqCst) { Err(unavailable) } else { Ok(()) }
    }
}

#[async_trait]
impl Leases for InterruptibleLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        self.check()?;
        self.leases.acquire(name, life).await
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        self.check()?;
        self.leases.renew(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        self.check()?;
        self.leases.release(lease).await
    }
}
