//! Listings: read in full, without the entries deleted through the gateway, stored as snapshots and served in pages.

use std::sync::Arc;

use polyhost_domain::{Error, ErrorKind, FolderId, Listing};

use super::answers::{Freshness, Known, Page, PageRequest, Source};
use super::cursor::{Cursor, CursorError, CursorSeal};
use super::key::{Key, Stored, Value};
use super::reading::{Fetched, ttl_seconds};
use super::snapshot::Snapshot;
use super::{Catalogue, Inner, Search, Sort, page};
use crate::accounts::Account;
use crate::measure;
use crate::problem::{Code, Fault, Problem};
use crate::scopes::EntrySubject;

/// From this many items on, snapshots are built and sorted on a blocking thread, not on one that serves other requests.
const BLOCKING_THRESHOLD: usize = 500;

impl Catalogue {
    /// Returns one page of a folder's items.
    ///
    /// # Errors
    /// `invalid_cursor`; `cursor_expired`; `invalid_request` for a sort key that the provider's listings do not have;
    /// else the listing's error.
    pub async fn page(
        &self,
        account: &Arc<Account>,
        folder: &FolderId,
        request: &PageRequest,
    ) -> Result<Known<Page>, Problem> {
        check_sort(account, request.query.sort)?;
        let seal = seal(account, folder, request);
        let (known, start) = match &request.cursor {
            None => (self.listing(account, folder, request.freshness).await?, Start::At(0)),
            Some(text) => self.resume(account, folder, request, seal.open(text)?).await?,
        };
        let sorted = sorted(&known.value, request.query.sort).await?;
        let start = start_in(&sorted, request, start);
        let cut = page::cut(&sorted, &request.query, &seal, start, request.limit);
        if cut.has_next {
            self.0.pin(account, folder, &sorted);
        }
        Ok(known.map(|_| Page { json: cut.json, etag: cut.etag }))
    }

    /// Returns the first page of a folder's items, as [`page`](Self::page) does, if its listing is cached and fresh.
    /// `None` if anything would have to be awaited, and for every problem.
    #[must_use]
    pub fn cached_page(&self, account: &Account, folder: &FolderId, request: &PageRequest) -> Option<Known<Page>> {
        let sort = request.query.sort;
        check_sort(account, sort).ok()?;
        let lookup = self.0.lookup_now(account, EntrySubject::Listing(folder.clone()))?;
        let stored = self.0.fresh(&lookup, request.freshness).filter(|_| request.cursor.is_none())?;
        let Value::Snapshot(snapshot) = &stored.value else { return None };
        if snapshot.lacks_order(sort) {
            return None;
        }
        let cut = page::cut(snapshot, &request.query, &seal(account, folder, request), 0, request.limit);
        if cut.has_next {
            // The lookup has just found the snapshot's own entry, so it need not be stored again.
            snapshot.mark_walked();
        }
        Some(self.0.hit(&lookup.key.what, stored).map(|_| Page { json: cut.json, etag: cut.etag }))
    }

    /// Returns a folder's listing.
    ///
    /// # Errors
    /// The site's error.
    pub(crate) async fn listing(
        &self,
        account: &Arc<Account>,
        folder: &FolderId,
        freshness: Freshness,
    ) -> Result<Known<Arc<Snapshot>>, Error> {
        let (inner, of) = (Arc::clone(&self.0), folder.clone());
        let fetch = move |account: Arc<Account>| {
            let (inner, folder) = (Arc::clone(&inner), of.clone());
            async move { inner.fetch_listing(&account, &folder).await }
        };
        let known = self.0.read(account, EntrySubject::Listing(folder.clone()), freshness, fetch).await?;
        match &known.value.value {
            Value::Snapshot(snapshot) => {
                let snapshot = Arc::clone(snapshot);
                Ok(known.map(|_| snapshot))
            }
            _ => Err(Error::new(ErrorKind::Internal)),
        }
    }

    /// Reads a folder's listing from the site, past the cache, without the entries that were deleted through the
    /// gateway.
    ///
    /// # Errors
    /// The site's error.
    pub(crate) async fn listing_now(&self, account: &Account, folder: &FolderId) -> Result<Listing, Error> {
        let mut listing = account.list(folder).await?;
        if let Some(tombstones) = self.0.tombstones.of(account).await {
            tombstones.purge(&mut listing);
        }
        Ok(listing)
    }

    /// Returns the folder's parent, if a listing has shown it.
    pub(crate) async fn parent(&self, account: &Account, folder: &FolderId) -> Option<FolderId> {
        self.0.places.parent(account.incarnation(), folder).await
    }

    /// Records a folder's parent.
    pub(crate) async fn note_place(&self, account: &Account, folder: &FolderId, parent: &FolderId) {
        self.0.places.set(account.incarnation(), folder, parent).await;
    }

    /// Returns the account's unfinished folder search, or a new one.
    pub(crate) async fn search(&self, account: &Account, tree: Option<u64>) -> Arc<tokio::sync::Mutex<Search>> {
        self.0.places.search(account.incarnation(), tree).await
    }

    /// Returns the folders whose listings show this folder, or `None` if that is not certain.
    pub(crate) async fn folder_shown_in(&self, account: &Account, id: &FolderId) -> Option<Vec<FolderId>> {
        let parent = self.parent(account, id).await?;
        let (stored, snapshot) = self.0.valid_listing(account, &parent).await?;
        let is_fresh = stored.taken_at.elapsed() < self.0.config.listing_ttl;
        (is_fresh && snapshot.folders().iter().any(|child| child.id == *id)).then(|| vec![parent])
    }

    /// Records that a folder was deleted.
    pub(crate) async fn note_folder_deleted(&self, account: &Account, folder: &FolderId) {
        self.0.tombstones.insert_folder(account, folder).await;
    }

    /// Returns whether a folder was recently deleted through the gateway. The site may still serve it from its trash.
    pub(crate) async fn has_deleted_folder(&self, account: &Account, folder: &FolderId) -> bool {
        self.0.tombstones.has_folder(account, folder).await
    }

    async fn resume(
        &self,
        account: &Arc<Account>,
        folder: &FolderId,
        request: &PageRequest,
        cursor: Cursor,
    ) -> Result<(Known<Arc<Snapshot>>, Start), Problem> {
        if let Some(snapshot) = self.0.pinned(account, folder, &cursor) {
            let age = snapshot.made_at().elapsed();
            let source = Source::Hit { ttl_seconds: ttl_seconds(self.0.config.listing_ttl, age) };
            measure::cache("listing", source.word());
            return Ok((Known { value: snapshot, age, source }, Start::At(cursor.seen as usize)));
        }
        let known = self.listing(account, folder, request.freshness).await?;
        let is_unchanged = known.value.digest() == cursor.digest;
        let start = if is_unchanged { Start::At(cursor.seen as usize) } else { Start::After(Box::new(cursor)) };
        Ok((known, start))
    }
}

/// The position at which a page begins.
enum Start {
    At(usize),
    /// After the last item that the walk has returned, in another snapshot than the one it began in.
    After(Box<Cursor>),
}

fn start_in(snapshot: &Snapshot, request: &PageRequest, start: Start) -> usize {
    match start {
        Start::At(place) => place,
        Start::After(cursor) => {
            let selection = request.query.select(snapshot);
            cursor.resume(request.query.sort, selection.len(), |number| snapshot.item(selection.place(number)))
        }
    }
}

/// Returns the snapshot with the requested order computed.
async fn sorted(snapshot: &Arc<Snapshot>, sort: Sort) -> Result<Arc<Snapshot>, Error> {
    if snapshot.lacks_order(sort) && snapshot.len() > BLOCKING_THRESHOLD {
        let snapshot = Arc::clone(snapshot);
        let order = move || snapshot.order(sort).map_or(0, <[u32]>::len);
        tokio::task::spawn_blocking(order).await.map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
    }
    Ok(Arc::clone(snapshot))
}

impl Inner {
    async fn fetch_listing(&self, account: &Account, folder: &FolderId) -> Result<Fetched, Error> {
        let mut listing = account.list_readable(folder).await?;
        let tombstones = self.tombstones.of(account).await;
        let (of, is_long) = (folder.clone(), listing.files.len() + listing.folders.len() > BLOCKING_THRESHOLD);
        let make = move || {
            if let Some(tombstones) = tombstones {
                tombstones.purge(&mut listing);
            }
            Snapshot::new(&of, listing)
        };
        let snapshot = if is_long {
            let made = tokio::task::spawn_blocking(make).await;
            made.map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?
        } else {
            make()
        };
        let snapshot = snapshot.map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
        for child in snapshot.folders() {
            self.places.set(account.incarnation(), &child.id, folder).await;
        }
        self.recent.note(account.incarnation(), folder).await;
        let reach = snapshot.reach();
        Ok(Fetched { value: Value::Snapshot(Arc::new(snapshot)), reach })
    }

    /// Returns the snapshot in which a walk began, if it is still pinned.
    fn pinned(&self, account: &Account, folder: &FolderId, cursor: &Cursor) -> Option<Arc<Snapshot>> {
        let what = EntrySubject::Snapshot(folder.clone(), cursor.digest);
        let stored = self.store.get(&Key::new(account, what))?;
        let Value::Snapshot(snapshot) = stored.value else { return None };
        let is_pinned = snapshot.since_last_walk().is_some_and(|since| since <= self.config.cursor_ttl);
        is_pinned.then_some(snapshot)
    }

    fn pin(&self, account: &Account, folder: &FolderId, snapshot: &Arc<Snapshot>) {
        snapshot.mark_walked();
        let what = EntrySubject::Snapshot(folder.clone(), snapshot.digest());
        let key = Key::new(account, what);
        // The cache may have evicted the snapshot meanwhile. The generations of the read are in the listing's own
        // entry, so the snapshot's entry needs none.
        if self.store.get(&key).is_none() {
            let stored = Stored {
                value: Value::Snapshot(Arc::clone(snapshot)),
                stamp: crate::scopes::Stamp::default(),
                reach: snapshot.reach(),
                taken_at: snapshot.made_at(),
            };
            self.store.insert(&key, stored);
        }
    }

    /// Returns a folder's listing if no write has invalidated it. It may be stale.
    async fn valid_listing(&self, account: &Account, folder: &FolderId) -> Option<(Stored, Arc<Snapshot>)> {
        let key = Key::new(account, EntrySubject::Listing(folder.clone()));
        let (stored, snapshot) = self.cached_listing(&key)?;
        self.is_valid(account, &key, &stored).await.then_some((stored, snapshot))
    }

    /// Returns the listing under a key. A write may have invalidated it.
    pub(super) fn cached_listing(&self, key: &Key) -> Option<(Stored, Arc<Snapshot>)> {
        let stored = self.cached(key)?;
        match &stored.value {
            Value::Snapshot(snapshot) => {
                let snapshot = Arc::clone(snapshot);
                Some((stored, snapshot))
            }
            _ => None,
        }
    }

    /// Removes a listing and its snapshot.
    pub(super) fn forget_listing(&self, key: &Key) {
        if let (EntrySubject::Listing(folder), Some(Stored { value: Value::Snapshot(snapshot), .. })) =
            (&key.what, self.cached(key))
        {
            self.store.remove(&key.of_snapshot(folder, snapshot.digest()));
        }
        self.store.remove(key);
    }
}

/// Returns the seal of the cursors of a request's walk.
fn seal(account: &Account, folder: &FolderId, request: &PageRequest) -> CursorSeal {
    let fingerprint = request.query.fingerprint();
    CursorSeal::new(&request.secret, &[account.name().as_str(), account.user(), folder.as_str(), &fingerprint])
}

fn check_sort(account: &Account, sort: Sort) -> Result<(), Problem> {
    if account.profile().sort_keys.contains(&sort.key) {
        return Ok(());
    }
    Err(Problem::invalid(vec![Fault::parameter("sort", "names a field that this provider's listings never have")]))
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Invalid => {
                Self::new(Code::InvalidCursor, "The cursor was altered, or belongs to another query.")
            }
            CursorError::Expired => {
                Self::new(Code::CursorExpired, "The cursor can no longer be resumed. Begin again without a cursor.")
            }
        }
    }
}
