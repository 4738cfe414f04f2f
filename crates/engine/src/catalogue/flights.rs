//! Questions that several callers have at once and that are asked once, in a task that outlives each of them.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use polyhost_domain::{Error, ErrorKind, Result};
use polyhost_upstream::{caller, on_behalf_of};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The questions that are under way.
pub(super) struct Flights<K, V> {
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
    tasks: TaskTracker,
}

struct Flight<V> {
    answer: Answer<V>,
    number: u64,
    began: bool,
}

/// What all who wait get. An error is theirs too, and nobody's who comes later.
pub(super) type Answer<V> = Shared<BoxFuture<'static, Result<V>>>;

/// Whose answer will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    /// One to a question that is being asked.
    Any,
    /// Only one to a question that has not been asked yet, for the site may have answered the other already.
    NotBegun,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// This caller.
    Asks,
    /// Another, whose answer this one gets too.
    Waits,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self { under_way: Arc::default(), tasks }
    }

    /// Joins the question that is under way, or asks it. One that cannot be joined is let end first, so that there is
    /// never more than one at the site, and one that waits.
    pub(super) fn join<F>(&self, key: K, joins: Joins, ask: impl FnOnce() -> F) -> (Answer<V>, Part)
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let mut under_way = lock(&self.under_way);
        let (before, number) = match under_way.get(&key) {
            Some(flight) if joins == Joins::Any || !flight.began => return (flight.answer.clone(), Part::Waits),
            Some(flight) => (Some(flight.answer.clone()), flight.number + 1),
            None => (None, 0),
        };
        let landing = Landing { under_way: Arc::clone(&self.under_way), key: key.clone(), number };
        let asking = ask();
        let began = before.is_none();
        // Callers of one account take turns at the site, also where a task asks for them.
        let caller = caller();
        let task = async move {
            if let Some(before) = before {
                drop(before.await);
            }
            landing.begin();
            let result = match caller {
                Some(caller) => on_behalf_of(caller, asking).await,
                None => asking.await,
            };
            drop(landing);
            result
        };
        let task = self.tasks.spawn(task.in_current_span());
        let answer = async move {
            task.await.unwrap_or_else(|error| Err(Error::new(ErrorKind::Internal).retryable(true).with_source(error)))
        };
        let answer = answer.boxed().shared();
        under_way.insert(key, Flight { answer: answer.clone(), number, began });
        (answer, Part::Asks)
    }
}

/// Takes a question off the list when its task is over, also where that has failed.
struct Landing<K: Eq + Hash, V> {
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V> Landing<K, V> {
    fn begin(&self) {
        if let Some(flight) = lock(&self.under_way).get_mut(&self.key)
            && flight.number == self.number
        {
            flight.began = true;
        }
    }
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        if under_way.get(&self.key).is_some_and(|flight| flight.number == self.number) {
            let over = under_way.remove(&self.key);
            drop(under_way);
            // It may be the last to hold its answer, which must not be dropped under the lock.
            drop(over);
        }
    }
}

/// Held for a look at the table alone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
