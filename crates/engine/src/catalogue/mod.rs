//! The catalogue: a cache of the sites' answers that coalesces equal reads and is coherent with the gateway's writes.
//!
//! Every read takes its answer from the first of these that has one:
//! 1. a fresh cache entry;
//! 2. one request to the site, shared by all callers that need the same answer at the time;
//! 3. if that request fails, a stale cache entry.
//!
//! Each answer carries the generations of its scopes, read before the request to the site. Each write raises the
//! generations of the scopes it touches, before and after it. So an answer from before a write is never returned after
//! the write.
//!
//! A listing is stored as a snapshot, under its digest. A request for the folder returns the newest snapshot. A request
//! with a cursor continues in the snapshot in which the walk began, even if the folder has changed since.
//!
//! There is one catalogue for the whole process. It holds no configured account: each call passes its own, because a
//! reload may replace the accounts.

mod answers;
mod cursor;
mod encoded;
mod files;
mod flights;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod key;
mod listings;
mod merging;
mod page;
mod places;
mod query;
mod reading;
mod snapshot;
mod sort;
mod store;
#[cfg(test)]
mod tests;
mod tombstones;

use std::sync::Arc;

use moka::future::Cache;
use polyhost_domain::{Account as SiteAccount, Error, Folder, FolderId, Limits};
use tokio_util::task::TaskTracker;

pub use answers::{Freshness, Known, Page, PageRequest, Source};
pub use encoded::{Encoded, EncodedFile, Tagged};
pub(crate) use places::Search;
pub use query::{ItemKind, ListQuery};
pub(crate) use snapshot::Snapshot;
pub use sort::{Direction, Sort, UnknownSort};

use crate::accounts::Account;
use crate::scopes::{Change, EntrySubject};
use files::FieldsSeen;
use flights::Flights;
use key::{Key, Stored};
use places::{Places, Recent};
use polyhost_config::CacheConfig;
use store::Store;
use tombstones::Tombstones;

/// The cached answers of all accounts. Clones share one cache.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    store: Store,
    flights: Flights<FlightKey, Stored>,
    places: Places,
    recent: Recent,
    tombstones: Tombstones,
    fields: FieldsSeen,
    config: CacheConfig,
}

/// The identity of a read from a site. The generations are part of it: a read after a write does not join a read from
/// before the write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FlightKey {
    key: Key,
    wide: u64,
    own: u64,
}

/// The maximum number of accounts with small stored data: places, searches, tombstones, field masks.
const MAX_ACCOUNTS: u64 = 10_000;

impl Catalogue {
    /// Returns an empty catalogue. Its requests to sites run as tasks that `tasks` tracks.
    #[must_use]
    pub fn new(config: &CacheConfig, tasks: TaskTracker) -> Self {
        Self(Arc::new(Inner {
            store: Store::new(config),
            flights: Flights::new(tasks),
            places: Places::default(),
            recent: Recent::new(),
            tombstones: Tombstones::default(),
            fields: FieldsSeen(Cache::new(MAX_ACCOUNTS)),
            config: config.clone(),
        }))
    }

    /// Returns the account as its site describes it.
    ///
    /// # Errors
    /// The site's error.
    pub async fn account(
        &self,
        account: &Arc<Account>,
        freshness: Freshness,
    ) -> Result<Known<Arc<Encoded<SiteAccount>>>, Error> {
        let ask = |account: Arc<Account>| async move { account.details().await };
        self.0.known(account, EntrySubject::Account, freshness, ask).await
    }

    /// Returns the limits of the account's plan.
    ///
    /// # Errors
    /// The site's error.
    pub async fn limits(
        &self,
        account: &Arc<Account>,
        freshness: Freshness,
    ) -> Result<Known<Arc<Encoded<Limits>>>, Error> {
        let ask = |account: Arc<Account>| async move { account.limits().await };
        self.0.known(account, EntrySubject::Limits, freshness, ask).await
    }

    /// Returns a folder that the site can read by its id.
    ///
    /// # Errors
    /// The site's error.
    pub(crate) async fn folder(
        &self,
        account: &Arc<Account>,
        id: &FolderId,
        freshness: Freshness,
    ) -> Result<Known<Arc<Encoded<Folder>>>, Error> {
        let folder = id.clone();
        let ask = move |account: Arc<Account>| {
            let folder = folder.clone();
            async move { account.folder(&folder).await }
        };
        self.0.known(account, EntrySubject::Folder(id.clone()), freshness, ask).await
    }

    /// Discards everything cached for an account, except the tombstones of objects that were deleted through the
    /// gateway.
    pub async fn purge(&self, account: &Account) {
        account.invalidate(&Change::everything()).await;
        self.0.places.forget(account.incarnation()).await;
        for folder in self.0.recent.take(account.incarnation()).await {
            let key = Key::new(account, EntrySubject::Listing(folder));
            self.0.forget_listing(&key);
        }
    }

    /// Returns the weight of the cache entries in bytes. The configured maximum limits this weight.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.0.store.weight()
    }
}
