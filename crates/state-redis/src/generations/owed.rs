//! The raises that Redis did not confirm. They are sent again until it does.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyhost_state::ScopeKey;
use tokio::sync::Notify;

/// The number of scopes of one owner beyond which all scopes of the owner are raised instead. The number of owners is
/// bounded by the accounts of the configuration.
const MOST_SCOPES: usize = 256;

/// The owed raises, by owner.
#[derive(Default)]
pub(crate) struct Owed {
    owners: Mutex<HashMap<Arc<str>, Debt>>,
    /// The number of owners, so that a look-up usually takes no lock.
    count: AtomicUsize,
    added: Notify,
}

/// The owed raises of one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Debt {
    /// The numbers of the scopes; `None`: all scopes.
    pub(crate) scopes: Option<BTreeSet<u64>>,
    /// The number of changes, which shows whether a raise was added while these were sent.
    changes: u64,
}

impl Owed {
    /// Adds raises.
    pub(crate) fn add(&self, owner: &str, scopes: &[&ScopeKey]) {
        let mut owners = self.owners();
        let debt = owners.entry(owner.into()).or_insert_with(|| Debt { scopes: Some(BTreeSet::new()), changes: 0 });
        debt.changes += 1;
        if let Some(owed) = &mut debt.scopes {
            owed.extend(scopes.iter().map(|scope| scope.number()));
            if owed.len() > MOST_SCOPES {
                debt.scopes = None;
            }
        }
        self.count.store(owners.len(), Ordering::SeqCst);
        self.added.notify_one();
    }

    /// Waits until raises are added. A call after that returns at once.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    /// Returns the owed raises of an owner.
    pub(crate) fn of(&self, owner: &str) -> Option<Debt> {
        if self.is_empty() { None } else { self.owners().get(owner).cloned() }
    }

    /// Returns whether an owner is owed raises.
    pub(crate) fn includes(&self, owner: &str) -> bool {
        !self.is_empty() && self.owners().contains_key(owner)
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    /// Returns an owner that is owed raises.
    pub(crate) fn owner(&self) -> Option<Arc<str>> {
        self.owners().keys().next().cloned()
    }

    /// Removes raises that Redis has confirmed, unless more were added meanwhile.
    pub(crate) fn settle(&self, owner: &str, debt: &Debt) {
        let mut owners = self.owners();
        if owners.get(owner) == Some(debt) {
            owners.remove(owner);
        }
        self.count.store(owners.len(), Ordering::SeqCst);
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<Arc<str>, Debt>> {
        // No step within a change can panic, so the map is consistent even if the lock is poisoned.
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(numbers: std::ops::Range<usize>) -> Vec<ScopeKey> {
        numbers.map(|number| ScopeKey::new(&"a".into(), "folder", &number.to_string())).collect()
    }

    fn add(owed: &Owed, scopes: &[ScopeKey]) {
        owed.add("a", &scopes.iter().collect::<Vec<_>>());
    }

    #[test]
    fn raise_that_was_added_while_others_were_sent_stays() {
        let owed = Owed::default();
        add(&owed, &scopes(0..1));
        let sent = owed.of("a").unwrap();
        // The same scope again: its second raise came after the first one was sent.
        add(&owed, &scopes(0..1));
        owed.settle("a", &sent);
        assert_eq!(owed.of("a").unwrap().scopes.unwrap().len(), 1);

        owed.settle("a", &owed.of("a").unwrap());
        assert_eq!(owed.of("a"), None);
        assert_eq!(owed.owner(), None);
    }

    #[test]
    fn too_many_owed_raises_become_one_of_all_scopes() {
        let owed = Owed::default();
        for number in 0..MOST_SCOPES {
            add(&owed, &scopes(number..number + 1));
            add(&owed, &scopes(number..number + 1));
        }
        assert_eq!(owed.of("a").unwrap().scopes.unwrap().len(), MOST_SCOPES, "each scope counts once");

        add(&owed, &scopes(MOST_SCOPES..MOST_SCOPES + 1));
        assert_eq!(owed.of("a").unwrap().scopes, None);
    }
}
