//! Leases in a map, by name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::end_of;
use crate::{Lease, Leases, StateError};

/// The number of leases below which ended ones are not searched for, because that is not worth the time.
const FEW: usize = 64;

/// The [`Leases`] of one process. No call fails or waits.
#[derive(Default)]
pub struct MemoryLeases {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    leases: HashMap<Arc<str>, Granted>,
    last_token: u64,
    /// The number of leases at which ended ones are removed.
    sweep_at: usize,
}

/// A stored lease.
struct Granted {
    token: u64,
    ends_at: Instant,
}

impl MemoryLeases {
    fn table(&self) -> MutexGuard<'_, Table> {
        // No step within a change can panic, so the table is consistent even if the lock is poisoned.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Returns the entry of a lease that has not ended.
    fn granted(&mut self, lease: &Lease) -> Option<&mut Granted> {
        self.leases
            .get_mut(lease.name())
            .filter(|granted| granted.token == lease.token() && granted.ends_at > Instant::now())
    }

    /// Removes ended leases each time that the table has doubled. Its cost is thus spread evenly over the calls of
    /// `acquire`, and the table has at most twice as many leases as are held.
    fn sweep(&mut self) {
        if self.leases.len() < self.sweep_at.max(FEW) {
            return;
        }
        let now = Instant::now();
        self.leases.retain(|_, granted| granted.ends_at > now);
        self.sweep_at = self.leases.len() * 2;
    }
}

#[async_trait]
impl Leases for MemoryLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        let mut table = self.table();
        if let Some(granted) = table.leases.get(name)
            && granted.ends_at > Instant::now()
        {
            return Ok(None);
        }
        table.sweep();
        table.last_token += 1;
        let name: Arc<str> = Arc::from(name);
        let granted = Granted { token: table.last_token, ends_at: end_of(life) };
        let lease = Lease::new(Arc::clone(&name), granted.token);
        table.leases.insert(name, granted);
        Ok(Some(lease))
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        let mut table = self.table();
        let Some(granted) = table.granted(lease) else {
            return Ok(false);
        };
        granted.ends_at = end_of(life);
        Ok(true)
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        let mut table = self.table();
        let is_held = table.granted(&lease).is_some();
        if is_held {
            table.leases.remove(lease.name());
        }
        Ok(is_held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ended_leases_are_removed_from_memory() {
        let leases = MemoryLeases::default();
        for round in 0..100 {
            for name in 0..100 {
                let lease = leases.acquire(&format!("{round}/{name}"), Duration::from_secs(1)).await.unwrap();
                assert!(lease.is_some());
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }

        assert!(leases.table().leases.len() <= 200);
    }
}
