//! Retired accounts: a reload has removed or changed them, but requests may still use them.
//!
//! Such requests continue unchanged. After the last one, the account's session is closed, unless another account shares
//! it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::accounts::Account;
use crate::roster::AccountSpec;

/// The interval at which `unused` checks whether a request still uses the account.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// The accounts of earlier rosters that may still have a session at their site.
#[derive(Default)]
pub(crate) struct Retired(Mutex<Vec<RetiredAccount>>);

/// A retired account and its spec.
pub(crate) struct RetiredAccount {
    account: Weak<Account>,
    spec: AccountSpec,
}

impl RetiredAccount {
    /// Holds the account weakly, so that this entry does not count as a user of it.
    pub(crate) fn new(account: &Arc<Account>, spec: AccountSpec) -> Self {
        Self { account: Arc::downgrade(account), spec }
    }

    fn is(&self, account: &Arc<Account>) -> bool {
        std::ptr::eq(self.account.as_ptr(), Arc::as_ptr(account))
    }
}

impl Retired {
    /// Adds an account that the current roster no longer has.
    pub(crate) fn push(&self, retired: RetiredAccount) {
        self.entries().push(retired);
    }

    /// Returns the retired accounts that still exist.
    pub(crate) fn accounts(&self) -> Vec<Arc<Account>> {
        self.entries().iter().filter_map(|retired| retired.account.upgrade()).collect()
    }

    /// Removes an account that no request uses any more. Returns its spec, unless another retired account shares its
    /// session.
    pub(crate) fn release(&self, account: &Arc<Account>) -> Option<AccountSpec> {
        let mut entries = self.entries();
        let place = entries.iter().position(|retired| retired.is(account))?;
        let RetiredAccount { spec, .. } = entries.swap_remove(place);
        let is_shared = entries.iter().any(|other| other.spec.shares_session_with(&spec));
        (!is_shared).then_some(spec)
    }

    fn entries(&self) -> MutexGuard<'_, Vec<RetiredAccount>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|retired| retired.account.strong_count() > 0);
        entries
    }
}

/// Waits until no request uses the account any more.
pub(crate) async fn unused(account: &Arc<Account>) {
    // Each request with an old roster may still begin to use the account, so this waits for the end of all of them.
    while Arc::strong_count(account) > 1 {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}
