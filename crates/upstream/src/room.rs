//! The memory limit on answers that are read concurrently. An answer reserves the memory that reading it may take
//! before its bytes are read from the connection. Otherwise many large answers at once could exhaust the memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::decode::memory_for;

/// Answers up to this length, in bytes, reserve nothing: the number of requests in flight bounds them.
const UNCOUNTED: usize = 64 * 1024;
/// An answer without an announced length reserves memory in steps of this length, in bytes.
const STEP: usize = 256 * 1024;
/// Memory is counted in units of this many bytes.
const UNIT: usize = 1024;

/// The memory for answers that are read concurrently. Clones share it.
#[derive(Clone)]
pub(crate) struct Memory(Arc<Pool>);

struct Pool {
    /// All memory, in units.
    total: usize,
    /// The memory that all answers share, in units.
    shared: Arc<Semaphore>,
    /// The privilege to take memory beyond `shared`, which one answer at a time has. It prevents a deadlock: that
    /// answer always finishes, even if the others hold all shared memory and wait for more.
    privilege: Arc<Semaphore>,
    /// The number of units that are reserved for the privileged answer.
    reserved: Mutex<usize>,
}

/// One account's share of the memory.
#[derive(Clone)]
pub(crate) struct Share {
    pool: Memory,
    /// A quarter of all memory, so that no account takes all of it.
    account: Arc<Semaphore>,
    /// That quarter, in units.
    most: usize,
    /// Limits the account to one answer that waits for the privilege.
    turn: Arc<Semaphore>,
}

/// The memory reservation of one answer. Dropping it and all of its clones frees the memory. The default reserves
/// nothing.
#[derive(Clone, Default)]
pub(crate) struct MemoryReservation(Option<Arc<Reservation>>);

struct Reservation {
    share: Share,
    held: Mutex<Reserved>,
    /// Whether the answer waits for more memory.
    is_awaited: AtomicBool,
}

#[derive(Default)]
struct Reserved {
    units: usize,
    permits: Vec<OwnedSemaphorePermit>,
    privilege: Option<[OwnedSemaphorePermit; 2]>,
}

impl Memory {
    /// Creates a pool of `bytes` bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let total = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        let total = total.clamp(1, Semaphore::MAX_PERMITS);
        let (shared, privilege) = (Arc::new(Semaphore::new(total)), Arc::new(Semaphore::new(1)));
        Self(Arc::new(Pool { total, shared, privilege, reserved: Mutex::new(0) }))
    }

    /// Returns the share of an account whose answers have at most `max_response` bytes. Memory for one of them is set
    /// aside for the privileged answer, but a quarter of the memory always stays shared.
    pub(crate) fn share(&self, max_response: u64) -> Share {
        let longest = usize::try_from(max_response).unwrap_or(usize::MAX);
        let most = (self.0.total / 4).max(1);
        let needed = units(longest).min(self.0.total - most);
        let mut reserved = self.0.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let more = needed.saturating_sub(*reserved);
        *reserved += self.0.shared.forget_permits(more);
        drop(reserved);
        Share { pool: self.clone(), account: Arc::new(Semaphore::new(most)), most, turn: Arc::new(Semaphore::new(1)) }
    }
}

impl MemoryReservation {
    /// Waits until there is memory for an answer of this length. Earlier reservations of the answer count towards it.
    pub(crate) async fn reserve(&self, length: usize) {
        let Some(reservation) = self.0.as_ref().filter(|_| length > UNCOUNTED) else { return };
        let needed = units(length.next_multiple_of(STEP));
        let more = reservation.missing(needed);
        if more == 0 {
            return;
        }
        let share = &reservation.share;
        reservation.is_awaited.store(true, Ordering::Relaxed);
        tokio::select! {
            biased;
            Some(permits) = share.take(more), if needed <= share.most => reservation.keep(needed, permits),
            Some(privilege) = share.privilege() => reservation.held().privilege = Some(privilege),
            // The semaphores are never closed.
            else => {}
        }
        reservation.is_awaited.store(false, Ordering::Relaxed);
    }

    /// Returns whether the answer waits for memory, or was cancelled while it did.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.as_ref().is_some_and(|reservation| reservation.is_awaited.load(Ordering::Relaxed))
    }
}

impl Reservation {
    fn held(&self) -> MutexGuard<'_, Reserved> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missing(&self, needed: usize) -> usize {
        let held = self.held();
        if held.privilege.is_some() { 0 } else { needed.saturating_sub(held.units) }
    }

    fn keep(&self, units: usize, permits: [OwnedSemaphorePermit; 2]) {
        let mut held = self.held();
        held.units = units;
        held.permits.extend(permits);
    }
}

impl Share {
    /// Returns an empty reservation for an answer.
    pub(crate) fn room(&self) -> MemoryReservation {
        let (share, held) = (self.clone(), Mutex::default());
        MemoryReservation(Some(Arc::new(Reservation { share, held, is_awaited: AtomicBool::new(false) })))
    }

    async fn take(&self, units: usize) -> Option<[OwnedSemaphorePermit; 2]> {
        let units = u32::try_from(units).ok()?;
        let account = Arc::clone(&self.account).acquire_many_owned(units).await.ok()?;
        let shared = Arc::clone(&self.pool.0.shared).acquire_many_owned(units).await.ok()?;
        Some([account, shared])
    }

    async fn privilege(&self) -> Option<[OwnedSemaphorePermit; 2]> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
        let privilege = Arc::clone(&self.pool.0.privilege).acquire_owned().await.ok()?;
        Some([turn, privilege])
    }
}

/// Returns the memory that an answer of this length may take, in units.
fn units(length: usize) -> usize {
    memory_for(length).div_ceil(UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const MIB: usize = 1 << 20;

    async fn room(share: &Share, length: usize) -> Option<MemoryReservation> {
        let room = share.room();
        timeout(Duration::from_secs(1), room.reserve(length)).await.ok()?;
        Some(room)
    }

    #[tokio::test(start_paused = true)]
    async fn short_answers_reserve_nothing() {
        let share = Memory::new(1).share(1);
        let mut rooms = Vec::new();
        for _ in 0..100 {
            rooms.push(room(&share, UNCOUNTED).await.expect("room"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_beyond_the_memory_wait_for_others() {
        let memory = Memory::new(512 << 20);
        let shares: Vec<Share> = (0..4).map(|_| memory.share(64 << 20)).collect();
        let mut rooms = Vec::new();
        for share in &shares {
            rooms.extend(room(share, 16 * MIB).await);
        }
        // Two fit into the shared memory, the third has the privilege.
        assert_eq!(rooms.len(), 3);
        rooms.pop();
        assert!(room(&shares[3], 16 * MIB).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_account_leaves_memory_for_others() {
        let memory = Memory::new(512 << 20);
        let (greedy, other) = (memory.share(64 << 20), memory.share(64 << 20));
        let mut rooms = Vec::new();
        while let Some(room) = room(&greedy, MIB).await {
            rooms.push(room);
        }
        assert_eq!(rooms.len(), 4, "a quarter of the memory, and one answer");
        assert!(room(&other, MIB).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_grow_concurrently_all_finish() {
        let memory = Memory::new(64 << 20);
        let grow = |share: Share| async move {
            let room = share.room();
            for length in (0..=16 * MIB).step_by(STEP) {
                room.reserve(length).await;
                tokio::task::yield_now().await;
            }
        };
        let all = (0..8).map(|_| grow(memory.share(16 << 20)));
        let all = futures_util::future::join_all(all);
        assert!(timeout(Duration::from_secs(60), all).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_reservation_still_counts_as_awaited() {
        let share = Memory::new(1).share(1);
        let first = room(&share, MIB).await.expect("the privilege");
        let second = share.room();
        assert!(timeout(Duration::from_secs(1), second.reserve(MIB)).await.is_err());
        assert_eq!((first.is_awaited(), second.is_awaited()), (false, true));
    }

    #[tokio::test(start_paused = true)]
    async fn answer_of_maximum_length_always_fits() {
        let share = Memory::new(1).share(u64::MAX);
        assert!(room(&share, usize::MAX / 2).await.is_some());
    }
}
