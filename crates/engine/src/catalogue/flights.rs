//! Reads of the site that are under way ("flights"), so that callers of the same read share one answer.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyhost_domain::Result;
use polyhost_upstream::{Flight, Scope};
use tokio_util::task::TaskTracker;

/// The reads that are under way.
pub(super) struct Flights<K, V> {
    under_way: Arc<Mutex<HashMap<K, UnderWay<V>>>>,
    tasks: TaskTracker,
}

struct UnderWay<V> {
    flight: Flight<V>,
    number: u64,
    has_begun: bool,
}

/// The reads that a caller may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shares {
    /// Any read under way.
    Any,
    /// Only a read that has not begun: the site may already have answered any other.
    NotBegun,
}

/// A caller's part in a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The caller started the read.
    Leader,
    /// The caller shares the read of another.
    Follower,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self { under_way: Arc::default(), tasks }
    }

    /// Joins the read of this key that is under way, or starts one. If a read is under way that the caller may not
    /// share, the new read starts after it. So each key has at most one read at the site and one that waits.
    pub(super) fn join<F>(&self, key: K, shares: Shares, read: impl FnOnce() -> F) -> (Flight<V>, Role)
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let mut under_way = lock(&self.under_way);
        let (before, number) = match under_way.get(&key) {
            Some(other) if shares == Shares::Any || !other.has_begun => return (other.flight.clone(), Role::Follower),
            Some(other) => (Some(other.flight.clone()), other.number + 1),
            None => (None, 0),
        };
        let entry = Entry { under_way: Arc::clone(&self.under_way), key: key.clone(), number };
        // On the heap, because the future is large, and each of the futures around it would move it.
        let read = Box::pin(read());
        let has_begun = before.is_none();
        // A read in a task still takes its caller's turn among the requests of the account.
        let scope = Scope::current().shared();
        let flight = Flight::start(&self.tasks, async move {
            if let Some(before) = before {
                drop(before.outcome().await);
            }
            entry.begin();
            let result = scope.run(read).await;
            drop(entry);
            result
        });
        under_way.insert(key, UnderWay { flight: flight.clone(), number, has_begun });
        (flight, Role::Leader)
    }
}

/// Removes a read from the map when it ends, even by a panic.
struct Entry<K: Eq + Hash, V> {
    under_way: Arc<Mutex<HashMap<K, UnderWay<V>>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V> Entry<K, V> {
    fn begin(&self) {
        if let Some(own) = lock(&self.under_way).get_mut(&self.key)
            && own.number == self.number
        {
            own.has_begun = true;
        }
    }
}

impl<K: Eq + Hash, V> Drop for Entry<K, V> {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        if under_way.get(&self.key).is_some_and(|own| own.number == self.number) {
            let ended = under_way.remove(&self.key);
            drop(under_way);
            // The flight may hold the last reference to the value, which must not be dropped under the lock.
            drop(ended);
        }
    }
}

/// Locks the map. The guard must be held only while the map is accessed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
