//! Files: from their own cache entries, from listings that show them, or from the site.
//!
//! A listing may report fewer fields of a file than a read of the single file. The set of reported fields differs
//! between sites, so it is recorded for each account. A listing is used for a file only if it fills every field that
//! reads of single files have ever filled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use moka::future::Cache;
use polyhost_domain::{Error, File, FileId, FileStatus, FolderId};
use tokio::time::Instant;

use super::answers::{Freshness, Known};
use super::encoded::EncodedFile;
use super::key::{Cacheable as _, Key, Stored};
use super::merging::{Fields, merge, read};
use super::reading::{Lookup, downcast};
use super::tombstones::Moment;
use super::{Catalogue, Inner};
use crate::accounts::{Account, Incarnation};
use crate::scopes::{EntrySubject, Reach};

/// The fields that reads of single files have filled, for each account.
pub(super) struct FieldsSeen(pub(super) Cache<Incarnation, Arc<AtomicU32>>);

impl FieldsSeen {
    async fn get(&self, account: Incarnation) -> Option<Fields> {
        Some(Fields(self.0.get(&account).await?.load(Ordering::Relaxed)))
    }

    async fn add(&self, account: Incarnation, fields: Fields) {
        self.0.get_with(account, async { Arc::default() }).await.fetch_or(fields.0, Ordering::Relaxed);
    }
}

/// A file in a cached listing.
struct Shown {
    file: File,
    /// The folder with that listing.
    listed_in: FolderId,
    taken_at: Instant,
}

impl Catalogue {
    /// Returns a file.
    ///
    /// # Errors
    /// The site's error, which includes the error for a broken file.
    pub async fn file(
        &self,
        account: &Arc<Account>,
        id: &FileId,
        freshness: Freshness,
    ) -> Result<Known<EncodedFile>, Error> {
        let lookup = self.0.lookup(account, EntrySubject::File(id.clone())).await;
        let mut fresh = self.0.fresh(&lookup, freshness);
        if fresh.is_none() && freshness != Freshness::NoCache {
            fresh = self.0.take_from_listing(account, id, &lookup).await?;
        }
        if let Some(stored) = fresh {
            return downcast::<File>(self.0.hit(&lookup.key.what, stored));
        }
        let (inner, of) = (Arc::clone(&self.0), id.clone());
        let ask = move |account: Arc<Account>| {
            let (inner, id) = (Arc::clone(&inner), of.clone());
            async move {
                let asked = inner.tombstones.now();
                let file = account.file(&id).await?;
                Ok(inner.complete(&account, file, asked).await)
            }
        };
        self.0.known_uncached(account, lookup, freshness, ask).await
    }

    /// Returns a file, as [`file`](Self::file) does, if it has a fresh cache entry of its own. `None` if anything would
    /// have to be awaited.
    #[must_use]
    pub fn cached_file(&self, account: &Account, id: &FileId) -> Option<Known<EncodedFile>> {
        let lookup = self.0.lookup_now(account, EntrySubject::File(id.clone()))?;
        let stored = self.0.fresh(&lookup, Freshness::Cached)?;
        downcast::<File>(self.0.hit(&lookup.key.what, stored)).ok()
    }

    /// Returns the folders whose listings show a file, or `None` if that is not certain.
    pub(crate) async fn file_shown_in(&self, account: &Account, id: &FileId) -> Option<Vec<FolderId>> {
        let mut folders: Vec<FolderId> = Vec::new();
        let mut is_certain = false;
        for shown in self.0.shown(account, id, usize::MAX).await {
            is_certain |= shown.taken_at.elapsed() < self.0.config.listing_ttl;
            folders.push(shown.listed_in);
            folders.extend(shown.file.folder_id);
        }
        if let Some(file) = self.0.valid_file(account, id).await {
            let folder = file.1.folder_id;
            is_certain |= folder.is_some() && file.0.taken_at.elapsed() < self.0.config.file_ttl;
            folders.extend(folder);
        }
        folders.sort_unstable();
        folders.dedup();
        is_certain.then_some(folders)
    }

    /// Records that a file is about to be deleted. Until the deletion is over, its status is read from the site only.
    pub(crate) async fn note_file_deleting(&self, account: &Account, file: &FileId) {
        self.0.tombstones.begin(account, file).await;
    }

    /// Records that a file was deleted.
    pub(crate) async fn note_file_deleted(&self, account: &Account, file: &FileId) {
        self.0.tombstones.insert_file(account, file).await;
    }

    /// Records that a deletion of a file had an unknown outcome. From now on its status is read from the site only.
    pub(crate) async fn note_file_uncertain(&self, account: &Account, file: &FileId) {
        self.0.tombstones.insert_uncertain(account, file).await;
    }
}

impl Inner {
    /// Stores the file from a fresh listing in an entry of its own, if the listing has all fields that the site
    /// reports. Called after a lookup that found no fresh entry of the file.
    async fn take_from_listing(
        &self,
        account: &Account,
        id: &FileId,
        lookup: &Lookup,
    ) -> Result<Option<Stored>, Error> {
        let is_fresh = |taken_at: Instant| taken_at.elapsed() < self.config.file_ttl;
        let Some(stamp) = lookup.now else { return Ok(None) };
        if self.tombstones.is_uncertain(account, id).await {
            return Ok(None);
        }
        let Some(fields) = self.fields.get(account.incarnation()).await else { return Ok(None) };
        let shown = self.shown(account, id, 1).await;
        let Some(Shown { file, taken_at, .. }) = shown.into_iter().find(|shown| is_fresh(shown.taken_at)) else {
            return Ok(None);
        };
        if !Fields::of(&file).include(fields) {
            return Ok(None);
        }
        // The stamp is from before the listing was read. If a write happened since, later lookups ignore this entry.
        let stored = Stored { value: file.store(account)?, stamp, reach: Reach::Own, taken_at };
        self.store.insert(&lookup.key, stored.clone());
        Ok(Some(stored))
    }

    /// Adds the fields that only a listing has to a file that the site returned. Also records which fields the site
    /// filled.
    async fn complete(&self, account: &Account, file: File, asked: Moment) -> File {
        self.fields.add(account.incarnation(), Fields::of(&file)).await;
        if file.status == FileStatus::Active {
            self.tombstones.remove(account, &file.id, asked).await;
        }
        let shown = self.shown(account, &file.id, 1).await.pop();
        match shown.filter(|shown| shown.taken_at.elapsed() < self.config.listing_ttl) {
            Some(shown) => merge(file, &shown.file),
            None => file,
        }
    }

    /// Returns a file as the valid cached listings of the account show it, the most recently listed folder first. At
    /// most `most` results.
    async fn shown(&self, account: &Account, id: &FileId, most: usize) -> Vec<Shown> {
        let profile = account.profile();
        let mut found = Vec::new();
        for folder in self.recent.get(account.incarnation()).await {
            let key = Key::new(account, EntrySubject::Listing(folder.clone()));
            let Some((stored, snapshot)) = self.cached_listing(&key) else { continue };
            let Some(item) = snapshot.file(id.as_str()) else { continue };
            // This may take a call to the shared state, so it is done for listings with the file only.
            if self.is_valid(account, &key, &stored).await {
                let file = read(item.json, &profile.origin, &profile.ids);
                found.extend(file.map(|file| Shown { file, listed_in: folder, taken_at: stored.taken_at }));
            }
            if found.len() >= most {
                break;
            }
        }
        found
    }

    /// Returns a file's own entry if no write has invalidated it. It may be stale.
    async fn valid_file(&self, account: &Account, id: &FileId) -> Option<(Stored, File)> {
        let stored = self.valid_entry(account, &Key::new(account, EntrySubject::File(id.clone()))).await?;
        let file = File::take(&stored.value)?.read(account)?;
        Some((stored, file))
    }
}
