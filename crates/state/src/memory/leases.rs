//! Leases as a map of who holds what until when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::end_of;
use crate::{Lease, Leases, StateError};

/// Below this many leases, those that have ended are not worth looking for.
const FEW: usize = 64;

/// [`Leases`] of one process. No call fails or waits.
#[derive(Default)]
pub struct MemoryLeases {
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    held: HashMap<Arc<str>, Holding>,
    last_token: u64,
    /// How many leases there may be before those that have ended are looked for.
    tidy_at: usize,
}

struct Holding {
    token: u64,
    ends_at: Instant,
}

impl MemoryLeases {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing that can panic stands between two steps of a change, so the ledger is whole in any case.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// The holding that a lease stands for, unless it has ended.
    fn holding(&mut self, lease: &Lease) -> Option<&mut Holding> {
        self.held
            .get_mut(lease.name())
            .filter(|holding| holding.token == lease.token() && holding.ends_at > Instant::now())
    }

    /// Forgets what has ended, each time that the ledger has doubled: the work is shared out evenly over the leases
    /// taken, and the ledger is at most twice as large as what is held.
    fn tidy(&mut self) {
        if self.held.len() < self.tidy_at.max(FEW) {
            return;
        }
        let now = Instant::now();
        self.held.retain(|_, holding| holding.ends_at > now);
        self.tidy_at = self.held.len() * 2;
    }
}

#[async_trait]
impl Leases for MemoryLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        let mut ledger = self.ledger();
        if let Some(holding) = ledger.held.get(name)
            && holding.ends_at > Instant::now()
        {
            return Ok(None);
        }
        ledger.tidy();
        ledger.last_token += 1;
        let name: Arc<str> = Arc::from(name);
        let holding = Holding { token: ledger.last_token, ends_at: end_of(life) };
        let lease = Lease::new(Arc::clone(&name), holding.token);
        ledger.held.insert(name, holding);
        Ok(Some(lease))
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        let mut ledger = self.ledger();
        let Some(holding) = ledger.holding(lease) else {
            return Ok(false);
        };
        holding.ends_at = end_of(life);
        Ok(true)
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        let mut ledger = self.ledger();
        let held = ledger.holding(&lease).is_some();
        if held {
            ledger.held.remove(lease.name());
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn leases_that_ended_are_forgotten() {
        let leases = MemoryLeases::default();
        for round in 0..100 {
            for name in 0..100 {
                let lease = leases.acquire(&format!("{round}/{name}"), Duration::from_secs(1)).await.unwrap();
                assert!(lease.is_some());
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }

        assert!(leases.ledger().held.len() <= 200);
    }
}
