//! The complaints that other replicas got from sites, and the paces that they apply to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use polyhost_domain::{AccountName, Origin, ProviderId};

use super::hint::Complaint;
use crate::pace::Pace;

/// The complaints about each account. The lock is taken when an account is built and when a complaint is read.
#[derive(Default)]
pub(super) struct Complaints(Mutex<BTreeMap<(ProviderId, AccountName), Account>>);

/// An account. It may be one that only other replicas have.
#[derive(Default)]
struct Account {
    /// While a reload replaces the account, there are two.
    paces: Vec<Weak<Pace>>,
    /// The complaint that ends last. A new pace takes it over, because complaints may be read before accounts exist.
    last: Option<Complaint>,
}

impl Complaints {
    /// Applies the complaint in force to a pace, and all later ones.
    pub(super) fn follow(&self, origin: &Origin, pace: &Arc<Pace>) {
        let mut accounts = self.lock();
        let account = accounts.entry(key(origin)).or_default();
        account.paces.retain(|pace| pace.strong_count() > 0);
        account.paces.push(Arc::downgrade(pace));
        if let Some(complaint) = account.last.filter(Complaint::is_in_force) {
            apply(complaint, pace);
        }
    }

    /// Applies a complaint to the paces of its account, unless it is over.
    pub(super) fn add(&self, origin: &Origin, complaint: Complaint) {
        if !complaint.is_in_force() {
            return;
        }
        let mut accounts = self.lock();
        // The accounts of other replicas must not collect here.
        accounts.retain(|_, account| account.is_needed());
        let account = accounts.entry(key(origin)).or_default();
        account.paces.iter().filter_map(Weak::upgrade).for_each(|pace| apply(complaint, &pace));
        account.last = account.last.into_iter().chain([complaint]).max_by_key(Complaint::end);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(ProviderId, AccountName), Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn is_needed(&self) -> bool {
        self.paces.iter().any(|pace| pace.strong_count() > 0) || self.last.as_ref().is_some_and(Complaint::is_in_force)
    }
}

fn key(origin: &Origin) -> (ProviderId, AccountName) {
    (origin.provider.clone(), origin.account.clone())
}

fn apply(complaint: Complaint, pace: &Pace) {
    pace.slow_down_after(complaint.age(), complaint.pause());
}
