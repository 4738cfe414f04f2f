//! Accounts that were left behind by a new configuration. The last request of such an account goes on as it began, and
//! then what the account holds at its site is given back, unless somebody else has come to use it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::accounts::Account;
use crate::roster::Origins;

/// How often is looked whether an account is still in use that was left behind.
const LOOK: Duration = Duration::from_millis(200);

/// Accounts of earlier rosters that may still hold something at their sites.
#[derive(Default)]
pub(crate) struct Retired(Mutex<Vec<Former>>);

/// An account, and what it was made of.
pub(crate) struct Former {
    account: Weak<Account>,
    origins: Origins,
}

impl Former {
    /// An account that is left behind, and what it was made of.
    pub(crate) fn new(account: &Arc<Account>, origins: Origins) -> Self {
        Self { account: Arc::downgrade(account), origins }
    }

    fn is(&self, account: &Arc<Account>) -> bool {
        std::ptr::eq(self.account.as_ptr(), Arc::as_ptr(account))
    }
}

impl Retired {
    /// Takes an account that the roster has no more.
    pub(crate) fn push(&self, former: Former) {
        self.former().push(former);
    }

    /// Those that still hold something, as far as is known.
    pub(crate) fn accounts(&self) -> Vec<Arc<Account>> {
        self.former().iter().filter_map(|former| former.account.upgrade()).collect()
    }

    /// Lets an account go that nobody uses any more. What it was made of, if no other account here has its session.
    pub(crate) fn release(&self, account: &Arc<Account>) -> Option<Origins> {
        let mut former = self.former();
        let place = former.iter().position(|former| former.is(account))?;
        let Former { origins, .. } = former.swap_remove(place);
        let is_used = former.iter().any(|other| other.origins.uses_the_session_of(&origins));
        (!is_used).then_some(origins)
    }

    fn former(&self) -> MutexGuard<'_, Vec<Former>> {
        let mut former = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        former.retain(|former| former.account.strong_count() > 0);
        former
    }
}

/// Resolves once no request uses the account any more.
pub(crate) async fn unused(account: &Arc<Account>) {
    // A request that still has the old roster may begin to use it, so nothing but the end of them all will do.
    while Arc::strong_count(account) > 1 {
        tokio::time::sleep(LOOK).await;
    }
}
