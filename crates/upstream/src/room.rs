//! The memory of all answers that are read at once. An answer reserves what reading it may take before its bytes are
//! taken off the connection; without that, many large answers at once would take all memory there is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::decode::memory_for;

/// Answers up to this length, in bytes, reserve nothing: the number of requests under way bounds them.
const UNCOUNTED: usize = 64 * 1024;
/// An answer whose length is not announced reserves memory in steps of this length.
const STEP: usize = 256 * 1024;
/// Memory is counted in units of this many bytes.
const UNIT: usize = 1024;

/// The memory for answers that are read at once. Clones share it.
#[derive(Clone)]
pub(crate) struct Memory(Arc<Pool>);

struct Pool {
    /// All memory, in units.
    total: usize,
    /// What answers share.
    shared: Arc<Semaphore>,
    /// One answer at a time may take what it needs beyond that: so one always comes to its end, whatever others hold
    /// while they wait for more.
    privilege: Arc<Semaphore>,
    /// How many units are kept back for that one.
    reserved: Mutex<usize>,
}

/// One account's share of the memory.
#[derive(Clone)]
pub(crate) struct Share {
    pool: Memory,
    /// A quarter of all memory, so that no account takes all of it.
    account: Arc<Semaphore>,
    /// How many units that is.
    most: usize,
    /// One answer of the account at a time waits for the privilege.
    turn: Arc<Semaphore>,
}

/// The memory of one answer. It is free again once this and all of its clones are dropped. The default reserves nothing.
#[derive(Clone, Default)]
pub(crate) struct Room(Option<Arc<Reservation>>);

struct Reservation {
    share: Share,
    held: Mutex<Held>,
    /// Whether more is waited for.
    is_awaited: AtomicBool,
}

#[derive(Default)]
struct Held {
    units: usize,
    permits: Vec<OwnedSemaphorePermit>,
    privilege: Option<[OwnedSemaphorePermit; 2]>,
}

impl Memory {
    /// Memory of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let total = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        let total = total.clamp(1, Semaphore::MAX_PERMITS);
        let (shared, privilege) = (Arc::new(Semaphore::new(total)), Arc::new(Semaphore::new(1)));
        Self(Arc::new(Pool { total, shared, privilege, reserved: Mutex::new(0) }))
    }

    /// The share of an account whose answers are at most so long. Room for one of them is kept back, as far as a
    /// quarter of the memory is left to be shared.
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

impl Room {
    /// Waits until there is room for an answer of this length. What was reserved before stays.
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

    /// Whether the answer waits for room, or was given up while it did.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.as_ref().is_some_and(|reservation| reservation.is_awaited.load(Ordering::Relaxed))
    }
}

impl Reservation {
    fn held(&self) -> MutexGuard<'_, Held> {
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
    /// No room yet, for an answer of which nothing is read.
    pub(crate) fn room(&self) -> Room {
        let (share, held) = (self.clone(), Mutex::default());
        Room(Some(Arc::new(Reservation { share, held, is_awaited: AtomicBool::new(false) })))
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

/// The memory that an answer of this length may take, in units.
fn units(length: usize) -> usize {
    memory_for(length).div_ceil(UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const MIB: usize = 1 << 20;

    async fn room(share: &Share, length: usize) -> Option<Room> {
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
    async fn answers_beyond_the_memory_wait_for_others_to_end() {
        let memory = Memory::new(512 << 20);
        let shares: Vec<Share> = (0..4).map(|_| memory.share(64 << 20)).collect();
        let mut rooms = Vec::new();
        for share in &shares {
            rooms.extend(room(share, 16 * MIB).await);
        }
        // Two share what is not kept back, the third has the privilege.
        assert_eq!(rooms.len(), 3);
        rooms.pop();
        assert!(room(&shares[3], 16 * MIB).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_account_leaves_room_for_others() {
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
    async fn answers_that_grow_side_by_side_all_end() {
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
    async fn room_that_is_given_up_is_still_awaited() {
        let share = Memory::new(1).share(1);
        let first = room(&share, MIB).await.expect("the privilege");
        let second = share.room();
        assert!(timeout(Duration::from_secs(1), second.reserve(MIB)).await.is_err());
        assert_eq!((first.is_awaited(), second.is_awaited()), (false, true));
    }

    #[tokio::test(start_paused = true)]
    async fn answer_of_the_greatest_length_always_fits() {
        let share = Memory::new(1).share(u64::MAX);
        assert!(room(&share, usize::MAX / 2).await.is_some());
    }
}
