//! The catalogue: listings as they were read, kept for a while, and paged from snapshots that a walk can rely on.
//!
//! Two caches hold the same snapshots. `fresh` answers who asks for a folder; its keys hold the account's
//! generation, so that every write makes all of them unreachable at once. `pinned` answers who continues a walk; its
//! keys hold the listing's digest, so that a walk goes on in what it began with whatever was written since.

mod cursor;
mod joining;
mod page;
mod query;
mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use polyhost_domain::{AccountName, Error, ErrorKind, FolderId, Limits, Listing};

pub use page::{Page, Source};
pub use query::{Direction, ItemKind, ListQuery, Sort, UnknownSort};
pub(crate) use snapshot::Snapshot;

use crate::accounts::Account;
use crate::config::CacheConfig;
use crate::metrics;
use crate::problem::{Code, Fault, Problem};
use cursor::{Cursor, CursorError, CursorSeal};
use joining::Joining;
use snapshot::Digest;

/// Which page a caller wants.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Which items, in which order.
    pub query: ListQuery,
    /// At most so many.
    pub limit: usize,
    /// Where the page before it ended.
    pub cursor: Option<String>,
    /// Whether a cached listing will do.
    pub freshness: Freshness,
    /// What the caller's cursors are sealed with.
    pub secret: Vec<u8>,
}

/// Whether a cached answer will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// One that is fresh.
    #[default]
    Cached,
    /// The site must be asked.
    Anew,
}

/// The listings of every account, and what its plan allows.
pub struct Catalogue {
    fresh: Cache<FreshKey, Arc<Snapshot>>,
    pinned: Cache<PinnedKey, Arc<Snapshot>>,
    parents: Cache<(AccountName, FolderId), FolderId>,
    limits: Cache<AccountName, Arc<Limits>>,
    listing_ttl: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FreshKey {
    account: AccountName,
    folder: FolderId,
    generation: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PinnedKey {
    account: AccountName,
    folder: FolderId,
    digest: Digest,
}

/// What the caches are asked for, as it is counted.
const LISTING: &str = "listing";
const LIMITS: &str = "limits";
/// How many folders' places are remembered.
const MAX_PARENTS: u64 = 100_000;
/// Of how many accounts the limits are remembered.
const MAX_LIMITS: u64 = 10_000;

impl Catalogue {
    /// An empty catalogue.
    #[must_use]
    pub fn new(config: &CacheConfig) -> Self {
        let weigh = |snapshot: &Arc<Snapshot>| u32::try_from(snapshot.weight()).unwrap_or(u32::MAX);
        // A pinned snapshot is mostly the fresh one too; each cache has half, so that together they keep the bound.
        let half = config.max_size / 2;
        Self {
            fresh: Cache::builder()
                .max_capacity(half)
                .weigher(move |_, snapshot| weigh(snapshot))
                .time_to_live(config.listing_ttl)
                .build(),
            pinned: Cache::builder()
                .max_capacity(half)
                .weigher(move |_, snapshot| weigh(snapshot))
                .time_to_idle(config.cursor_ttl)
                .build(),
            parents: Cache::new(MAX_PARENTS),
            limits: Cache::builder().max_capacity(MAX_LIMITS).time_to_live(config.account_ttl).build(),
            listing_ttl: config.listing_ttl,
        }
    }

    /// A page of a folder's items.
    ///
    /// # Errors
    /// `invalid_cursor`, `cursor_expired`, a sort that the site's listings cannot be put in, and the listing's own.
    pub async fn page(&self, account: &Account, folder: &FolderId, request: &PageRequest) -> Result<Page, Problem> {
        check_sort(account, request.query.sort)?;
        let fingerprint = request.query.fingerprint();
        let seal = CursorSeal::new(&request.secret, &[account.name().as_str(), folder.as_str(), &fingerprint]);
        let (snapshot, source, start) = match &request.cursor {
            None => {
                let (snapshot, source) = self.listing(account, folder, request.freshness).await?;
                (snapshot, source, 0)
            }
            Some(text) => self.resume(account, folder, request, seal.open(text)?).await?,
        };
        let cut = page::cut(&snapshot, &request.query, &seal, start, request.limit);
        if cut.has_next {
            self.pin(account, folder, &snapshot).await;
        }
        Ok(Page { json: cut.json, etag: cut.etag, age: snapshot.taken_at().elapsed(), source })
    }

    /// A folder's listing, from the cache where that will do; callers who miss together ask the site once.
    pub(crate) async fn listing(
        &self,
        account: &Account,
        folder: &FolderId,
        freshness: Freshness,
    ) -> Result<(Arc<Snapshot>, Source), Error> {
        let generation = account.generation().await?;
        let key = FreshKey { account: account.name().clone(), folder: folder.clone(), generation };
        if freshness == Freshness::Anew {
            metrics::cache(LISTING, Source::Requested);
            let snapshot = self.fetch(account, folder).await?;
            self.fresh.insert(key, Arc::clone(&snapshot)).await;
            return Ok((snapshot, Source::Requested));
        }
        if let Some(snapshot) = self.fresh.get(&key).await {
            let source = self.hit(&snapshot);
            return Ok((snapshot, source));
        }
        let joining = Joining::new();
        let fetch = async {
            joining.asks();
            self.fetch(account, folder).await
        };
        let snapshot = self.fresh.try_get_with(key, fetch).await;
        let source = joining.source();
        metrics::cache(LISTING, source);
        Ok((snapshot.map_err(|error| Error::clone(&error))?, source))
    }

    /// What an account's plan allows, as the site has said lately; callers who miss together ask once.
    ///
    /// # Errors
    /// The site's own.
    pub async fn limits(&self, account: &Account) -> Result<Arc<Limits>, Error> {
        if let Some(limits) = self.limits.get(account.name()).await {
            metrics::cache(LIMITS, Source::Hit { ttl_seconds: 0 });
            return Ok(limits);
        }
        let joining = Joining::new();
        let ask = async {
            joining.asks();
            account.read(account.site().limits()).await.map(Arc::new)
        };
        let limits = self.limits.try_get_with(account.name().clone(), ask).await;
        metrics::cache(LIMITS, joining.source());
        limits.map_err(|error| Error::clone(&error))
    }

    /// The folder that holds this one, where a listing has shown it.
    pub(crate) async fn parent(&self, account: &Account, folder: &FolderId) -> Option<FolderId> {
        self.parents.get(&(account.name().clone(), folder.clone())).await
    }

    fn hit(&self, snapshot: &Snapshot) -> Source {
        let (ttl, age) = (self.listing_ttl.as_secs(), snapshot.taken_at().elapsed().as_secs());
        let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let source = Source::Hit { ttl_seconds: seconds(ttl) - seconds(age) };
        metrics::cache(LISTING, source);
        source
    }

    async fn resume(
        &self,
        account: &Account,
        folder: &FolderId,
        request: &PageRequest,
        cursor: Cursor,
    ) -> Result<(Arc<Snapshot>, Source, usize), Problem> {
        let key = PinnedKey { account: account.name().clone(), folder: folder.clone(), digest: cursor.digest };
        if let Some(snapshot) = self.pinned.get(&key).await {
            let source = self.hit(&snapshot);
            return Ok((snapshot, source, cursor.seen as usize));
        }
        let (snapshot, source) = self.listing(account, folder, request.freshness).await?;
        let start = if snapshot.digest() == cursor.digest {
            cursor.seen as usize
        } else {
            let selection = request.query.select(&snapshot);
            let entries = selection.iter().map(|place| &snapshot.entries()[*place as usize]);
            cursor.resume(request.query.sort, entries)
        };
        Ok((snapshot, source, start))
    }

    async fn pin(&self, account: &Account, folder: &FolderId, snapshot: &Arc<Snapshot>) {
        let key = PinnedKey { account: account.name().clone(), folder: folder.clone(), digest: snapshot.digest() };
        // Reading it also restarts its time.
        if self.pinned.get(&key).await.is_none() {
            self.pinned.insert(key, Arc::clone(snapshot)).await;
        }
    }

    async fn fetch(&self, account: &Account, folder: &FolderId) -> Result<Arc<Snapshot>, Error> {
        let listing = account.read(list_whole(account, folder)).await?;
        for child in &listing.folders {
            self.parents.insert((account.name().clone(), child.id.clone()), folder.clone()).await;
        }
        // A listing may hold a hundred thousand files, and sorting them must not hold up everybody else.
        let made = tokio::task::spawn_blocking(move || Snapshot::new(listing)).await;
        let snapshot = made
            .map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?
            .map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
        Ok(Arc::new(snapshot))
    }
}

/// A folder's listing as the site has it now, with every native page of it.
pub(crate) async fn list_whole(account: &Account, folder: &FolderId) -> Result<Listing, Error> {
    let mut whole = account.site().list(folder, None).await?;
    while let Some(from) = whole.next.take() {
        let part = account.site().list(folder, Some(from)).await?;
        whole.folders.extend(part.folders);
        whole.files.extend(part.files);
        whole.unread += part.unread;
        whole.next = part.next;
    }
    Ok(whole)
}

fn check_sort(account: &Account, sort: Sort) -> Result<(), Problem> {
    if account.profile().sort_keys.contains(&sort.key) {
        return Ok(());
    }
    Err(Problem::invalid(vec![Fault::parameter("sort", "is by a key that this provider's listings never have")]))
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Invalid => {
                Self::new(Code::InvalidCursor, "The cursor was altered, or belongs to another query.")
            }
            CursorError::Expired => Self::new(Code::CursorExpired, "The cursor can no longer be resumed."),
        }
    }
}
