//! The generations that this replica has read, and for how long they are proven.
//!
//! Every raise of a scope changes its owner's number `w`. So an equal `w` proves all generations that were read with
//! it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use polyhost_state::{GenerationList, ScopeKey};
use tokio::time::Instant;

/// The time for which a proof is valid: the longest time until a replica sees another one's write.
const VALID_FOR: Duration = Duration::from_secs(1);
/// The time for which the proofs of an owner are renewed without a read. A read also renews the life of the hash.
const RENEWED_FOR: Duration = Duration::from_secs(60 * 60);
/// The time after its last look-up for which an owner's proof is renewed in the background.
const USED_FOR: Duration = Duration::from_secs(1);

/// The most owners and scopes in memory. A scope takes about 150 bytes.
const MOST_OWNERS: u64 = 10_000;
const MOST_SCOPES: u64 = 100_000;

/// The proofs of this replica. No call waits.
pub(crate) struct Proofs {
    start: Instant,
    owners: Cache<String, Arc<Owner>>,
    scopes: Cache<ScopeKey, Read>,
}

/// The number `w` of an owner with the session in which it was read. Later ones are greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Writes {
    pub(crate) era: u64,
    pub(crate) number: u64,
}

struct Owner {
    proof: Mutex<Proof>,
    /// The milliseconds from the start to the last look-up.
    used_at: AtomicU64,
}

struct Proof {
    writes: Writes,
    /// The time at which the request was sent that proved `writes` last.
    proven_at: Instant,
    /// The time of the last read of a generation.
    read_at: Instant,
}

/// A generation, as it was when `writes` was the owner's number.
#[derive(Clone, Copy)]
struct Read {
    writes: Writes,
    generation: u64,
}

impl Default for Proofs {
    fn default() -> Self {
        Self { start: Instant::now(), owners: Cache::new(MOST_OWNERS), scopes: Cache::new(MOST_SCOPES) }
    }
}

impl Proofs {
    /// Returns the generations of scopes, if all of them are proven in a session.
    pub(crate) fn known(&self, era: u64, scopes: &[ScopeKey]) -> Option<GenerationList> {
        let mut known = GenerationList::new();
        let mut of: Option<(&str, Writes)> = None;
        for scope in scopes {
            let writes = match of {
                Some((owner, writes)) if owner == scope.owner() => writes,
                _ => self.proven(era, scope.owner())?,
            };
            of = Some((scope.owner(), writes));
            known.push(self.scopes.get(scope).filter(|read| read.writes == writes)?.generation);
        }
        Some(known)
    }

    /// Returns the number of an owner, if it is proven, and notes its use.
    fn proven(&self, era: u64, owner: &str) -> Option<Writes> {
        let owner = self.owners.get(owner)?;
        owner.used_at.store(self.millis(), Ordering::Relaxed);
        let proof = owner.proof();
        (proof.writes.era == era && proof.proven_at.elapsed() < VALID_FOR).then_some(proof.writes)
    }

    /// Records generations of an owner that were read, or raised, by a request that was sent at a time.
    pub(crate) fn learn<'a>(
        &self,
        owner: &str,
        writes: Writes,
        sent_at: Instant,
        generations: impl Iterator<Item = (&'a ScopeKey, u64)>,
    ) {
        let new = || Owner {
            proof: Mutex::new(Proof { writes, proven_at: sent_at, read_at: sent_at }),
            used_at: AtomicU64::new(self.millis()),
        };
        let known = self.owners.get_with_by_ref(owner, || Arc::new(new()));
        if !known.renew(writes, sent_at) {
            return;
        }
        known.proof().read_at = sent_at;
        for (scope, generation) in generations {
            self.scopes.insert(scope.clone(), Read { writes, generation });
        }
    }

    /// Records the number of an owner, as a poll has found it.
    pub(crate) fn renew(&self, owner: &str, writes: Writes, sent_at: Instant) {
        if let Some(owner) = self.owners.get(owner) {
            owner.renew(writes, sent_at);
        }
    }

    /// Returns the owners whose proofs are worth a renewal.
    pub(crate) fn in_use(&self) -> Vec<Arc<String>> {
        let oldest = self.millis().saturating_sub(USED_FOR.as_millis() as u64);
        self.owners
            .iter()
            .filter(|(_, owner)| owner.used_at.load(Ordering::Relaxed) >= oldest)
            .filter(|(_, owner)| owner.proof().read_at.elapsed() < RENEWED_FOR)
            .map(|(name, _)| name)
            .collect()
    }

    fn millis(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }
}

impl Owner {
    /// Proves a number, unless a later one is known. Returns whether it is the latest.
    fn renew(&self, writes: Writes, sent_at: Instant) -> bool {
        let mut proof = self.proof();
        if writes < proof.writes {
            return false;
        }
        // Answers may be handled in another order than that of their requests.
        proof.proven_at = if writes == proof.writes { proof.proven_at.max(sent_at) } else { sent_at };
        proof.writes = writes;
        true
    }

    fn proof(&self) -> std::sync::MutexGuard<'_, Proof> {
        // No step within a change can panic, so the proof is consistent even if the lock is poisoned.
        self.proof.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
