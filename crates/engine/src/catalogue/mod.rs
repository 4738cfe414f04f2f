//! The catalogue: what the sites have told, kept for a while, asked for once for all who want it, and never wrong about
//! what was written through the gateway.
//!
//! Every read goes through `Inner::read`: the cache, else one question to the site that all share who have it at the
//! time, else what was lately true. Every answer carries the generations from before it was asked for, and every write
//! raises those that it touches before and after it, so that no answer from before a write is given after it.
//!
//! A listing is a snapshot, kept under its digest. Whoever asks for the folder gets the newest; whoever continues a walk
//! gets the one that the walk began in, whatever was written since.
//!
//! It is made once and knows no configured account: those come with each call, and may be exchanged meanwhile.

mod answers;
mod cursor;
mod files;
mod flights;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod kept;
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
pub use kept::{Kept, Tagged};
pub(crate) use places::Search;
pub use query::{ItemKind, ListQuery};
pub(crate) use snapshot::Snapshot;
pub use sort::{Direction, Sort, UnknownSort};

use crate::accounts::Account;
use crate::scopes::{Change, What};
use files::FieldsSeen;
use flights::Flights;
use key::{Key, Stored};
use places::{Places, Recent};
use polyhost_config::CacheConfig;
use store::Store;
use tombstones::Tombstones;

/// What is known of every account. Clones are the same one.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    store: Store,
    flights: Flights<Question, Stored>,
    places: Places,
    recent: Recent,
    tombstones: Tombstones,
    fields: FieldsSeen,
    config: CacheConfig,
}

/// A question to a site. One that is asked after a write is another than the same before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    key: Key,
    wide: u64,
    own: u64,
}

/// Of how many accounts small things are remembered.
const MAX_ACCOUNTS: u64 = 10_000;

impl Catalogue {
    /// An empty catalogue. Questions to sites are among `tasks` while they are under way.
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

    /// An account, as its site describes it.
    ///
    /// # Errors
    /// The site's own.
    pub async fn account(
        &self,
        account: &Arc<Account>,
        freshness: Freshness,
    ) -> Result<Known<Arc<Kept<SiteAccount>>>, Error> {
        let ask = |account: Arc<Account>| async move { account.details().await };
        self.0.known(account, What::Account, freshness, ask).await
    }

    /// What an account's plan allows.
    ///
    /// # Errors
    /// The site's own.
    pub async fn limits(
        &self,
        account: &Arc<Account>,
        freshness: Freshness,
    ) -> Result<Known<Arc<Kept<Limits>>>, Error> {
        let ask = |account: Arc<Account>| async move { account.limits().await };
        self.0.known(account, What::Limits, freshness, ask).await
    }

    /// A folder that its site tells by its id.
    ///
    /// # Errors
    /// The site's own.
    pub(crate) async fn folder(
        &self,
        account: &Arc<Account>,
        id: &FolderId,
        freshness: Freshness,
    ) -> Result<Known<Arc<Kept<Folder>>>, Error> {
        let folder = id.clone();
        let ask = move |account: Arc<Account>| {
            let folder = folder.clone();
            async move { account.folder(&folder).await }
        };
        self.0.known(account, What::Folder(id.clone()), freshness, ask).await
    }

    /// Forgets all that is known of an account, but not what its callers have deleted.
    ///
    /// # Errors
    /// `Internal`, where the shared state cannot be reached.
    pub async fn purge(&self, account: &Account) -> Result<(), Error> {
        account.outdate(&Change::everything()).await?;
        self.0.places.forget(account.incarnation()).await;
        for folder in self.0.recent.take(account.incarnation()).await {
            let key = Key::new(account, What::Listing(folder));
            self.0.forget_listing(&key).await;
        }
        Ok(())
    }

    /// How many bytes are kept, as they are weighed against the most that may be.
    pub async fn weight(&self) -> u64 {
        self.0.store.weight().await
    }
}
