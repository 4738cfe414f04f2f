//! The keys that were begun lately, as this replica knows them without the shared store. While the store does not
//! answer, a request whose key is known is not run again.
//!
//! Replicas share the begun keys as marks, and read those of the others once a second. So an outage finds every replica
//! with all keys but those of the last second. The responses are known only to the replica that ran the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;
use polyhost_state::{MARK_LIFE, Marks, Patience};
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

use super::records::ANSWER_TTL;

/// The owner of the marks.
const OWNER: &str = "idempotency";
/// The greatest number of known keys. The store keeps as many marks.
const MOST_KEYS: u64 = 100_000;
/// The greatest size of all known responses in bytes.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// The interval at which the marks of the other replicas are read.
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// The longest wait for the marks. A new replica reads those of an hour.
const READ_LIMIT: Duration = Duration::from_secs(2);
/// The length of the digest that identifies a key in a mark, in bytes.
const MARK_LEN: usize = 16;

/// The known keys.
pub(super) struct KnownKeys {
    marks: Arc<dyn Marks>,
    begun: Cache<String, ()>,
    /// The records of requests that this replica has answered, by key.
    answered: Cache<String, Bytes>,
    /// The position in the marks of all replicas.
    position: AtomicU64,
}

impl KnownKeys {
    /// Returns the known keys, of which there are none yet. A task reads the marks as long as the keys are in use.
    pub(super) fn start(marks: Arc<dyn Marks>) -> Arc<Self> {
        let weigh = |key: &String, record: &Bytes| u32::try_from(key.len() + record.len()).unwrap_or(u32::MAX);
        let known = Arc::new(Self {
            marks,
            begun: Cache::builder().max_capacity(MOST_KEYS).time_to_live(MARK_LIFE).build(),
            answered: Cache::builder().max_capacity(MOST_BYTES).weigher(weigh).time_to_live(ANSWER_TTL).build(),
            position: AtomicU64::new(0),
        });
        let reader = Arc::downgrade(&known);
        tokio::spawn(async move {
            while let Some(known) = reader.upgrade() {
                Patience::of(READ_LIMIT).scope(known.read()).await;
                drop(known);
                sleep(READ_INTERVAL).await;
            }
        });
        known
    }

    /// Records that the request of a key begins. The other replicas learn it if the store answers.
    pub(super) async fn begin(&self, key: &str) {
        let digest = digest(key);
        self.begun.insert(digest.clone(), ());
        self.mark('+', &digest).await;
    }

    /// Records that a key is free again.
    pub(super) async fn free(&self, key: &str) {
        let digest = digest(key);
        self.begun.invalidate(&digest);
        self.mark('-', &digest).await;
    }

    /// Returns whether the request of a key has begun at some replica.
    pub(super) fn has_begun(&self, key: &str) -> bool {
        self.begun.contains_key(&digest(key))
    }

    /// Records the record of an answered request.
    pub(super) fn answer(&self, key: &str, record: Bytes) {
        self.answered.insert(key.to_owned(), record);
    }

    /// Returns the record of a request that this replica has answered.
    pub(super) fn answered(&self, key: &str) -> Option<Bytes> {
        self.answered.get(key)
    }

    async fn mark(&self, sign: char, digest: &str) {
        if let Err(error) = self.marks.add(OWNER, &format!("{sign}{digest}")).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "other replicas do not know of an Idempotency-Key yet"
            );
        }
    }

    /// Reads the marks since the last read. Without the store, they are read later.
    async fn read(&self) {
        let Ok((marks, next)) = self.marks.since(OWNER, self.position.load(Ordering::Relaxed)).await else { return };
        for mark in marks {
            match mark.split_at_checked(1) {
                Some(("+", digest)) => self.begun.insert(digest.to_owned(), ()),
                Some(("-", digest)) => self.begun.invalidate(digest),
                _ => {}
            }
        }
        self.position.store(next, Ordering::Relaxed);
    }
}

fn digest(key: &str) -> String {
    hex::encode(&Sha256::digest(key.as_bytes())[..MARK_LEN])
}
