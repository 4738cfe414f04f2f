//! Claims: the files and folders that writes of one user are using now.
//!
//! A write with a check before it (a precondition, an empty folder) claims the checked object exclusively. So no other
//! write of the gateway changes the object between the check and the write. All other writes share their claims.
//!
//! To avoid deadlocks, a write waits for claims only while it holds none. A further claim is taken at once or fails.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyhost_domain::{FileId, FolderId};
use polyhost_upstream::wait;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::overloaded;
use crate::problem::Problem;

/// An object that a write changes or depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A file.
    File(FileId),
    /// A folder itself: its name and its parent.
    Folder(FolderId),
    /// The direct content of a folder.
    Contents(FolderId),
}

/// The mode of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Together with other writes.
    Shared,
    /// By one write only.
    Exclusive,
}

/// The claims of one user.
#[derive(Default)]
pub(crate) struct Claims {
    table: Mutex<HashMap<Subject, Holders>>,
    released: Notify,
}

#[derive(Debug, Default)]
struct Holders {
    shared: usize,
    exclusive: bool,
}

impl Holders {
    fn admit(&self, hold: Hold) -> bool {
        match hold {
            Hold::Shared => !self.exclusive,
            Hold::Exclusive => !self.exclusive && self.shared == 0,
        }
    }
}

/// Held claims. Dropping this releases them.
#[must_use = "a claim ends when it is dropped"]
pub struct Claim {
    claims: Arc<Claims>,
    held: Vec<(Subject, Hold)>,
}

impl Claims {
    /// Claims subjects, and waits for those that are not free. Each subject must occur once.
    ///
    /// # Errors
    /// `overloaded` if they are not free by `until`. Then nothing is claimed.
    pub(crate) async fn hold(self: &Arc<Self>, wanted: Vec<(Subject, Hold)>, until: Instant) -> Result<Claim, Problem> {
        loop {
            let released = self.released.notified();
            if let Some(claim) = self.try_hold(&wanted) {
                return Ok(claim);
            }
            let _waiting = wait();
            timeout_at(until, released).await.map_err(|_| overloaded())?;
        }
    }

    /// Claims subjects if all are free now. Each subject must occur once.
    pub(crate) fn try_hold(self: &Arc<Self>, wanted: &[(Subject, Hold)]) -> Option<Claim> {
        let mut table = self.table();
        let free = |(subject, hold): &(Subject, Hold)| table.get(subject).is_none_or(|holders| holders.admit(*hold));
        if !wanted.iter().all(free) {
            return None;
        }
        for (subject, hold) in wanted {
            let holders = table.entry(subject.clone()).or_default();
            match hold {
                Hold::Shared => holders.shared += 1,
                Hold::Exclusive => holders.exclusive = true,
            }
        }
        Some(Claim { claims: Arc::clone(self), held: wanted.to_vec() })
    }

    /// Returns whether a subject has shared claims.
    pub(crate) fn are_shared(&self, subject: &Subject) -> bool {
        self.table().get(subject).is_some_and(|holders| holders.shared > 0)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Subject, Holders>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut table = self.claims.table();
        for (subject, hold) in &self.held {
            let Some(holders) = table.get_mut(subject) else { continue };
            match hold {
                Hold::Shared => holders.shared = holders.shared.saturating_sub(1),
                Hold::Exclusive => holders.exclusive = false,
            }
            if holders.shared == 0 && !holders.exclusive {
                table.remove(subject);
            }
        }
        drop(table);
        self.claims.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::problem::Code;

    const ROOT: Subject = Subject::Contents(FolderId::Root);
    const ROOT_ITSELF: Subject = Subject::Folder(FolderId::Root);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[tokio::test(start_paused = true)]
    async fn claims_are_shared_or_exclusive() {
        let claims = Arc::new(Claims::default());
        let shared = [ROOT, ROOT].map(|root| claims.try_hold(&[(root, Hold::Shared)]).unwrap());
        assert!(claims.try_hold(&[(ROOT, Hold::Exclusive)]).is_none());
        drop(shared);
        let exclusive = claims.try_hold(&[(ROOT, Hold::Exclusive)]).unwrap();
        for hold in [Hold::Shared, Hold::Exclusive] {
            assert!(claims.try_hold(&[(ROOT, hold)]).is_none());
        }
        drop(exclusive);
        assert!(claims.table().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn refused_claim_holds_none_of_its_subjects() {
        let claims = Arc::new(Claims::default());
        let _exclusive = claims.try_hold(&[(ROOT, Hold::Exclusive)]).unwrap();
        assert!(claims.try_hold(&[(ROOT_ITSELF, Hold::Exclusive), (ROOT, Hold::Shared)]).is_none());
        assert!(claims.try_hold(&[(ROOT_ITSELF, Hold::Exclusive)]).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_claim_is_held_once_free_or_overloaded() {
        let claims = Arc::new(Claims::default());
        let first = claims.try_hold(&[(ROOT, Hold::Exclusive)]).unwrap();
        let waits = claims.hold(vec![(ROOT, Hold::Shared)], soon());
        let (waited, ()) = tokio::join!(waits, async {
            tokio::task::yield_now().await;
            drop(first);
        });
        let _held = waited.unwrap();
        let problem = claims.hold(vec![(ROOT, Hold::Exclusive)], soon()).await.map(|_| ()).unwrap_err();
        assert_eq!((problem.code(), problem.is_retryable()), (Code::Overloaded, true));
    }
}
