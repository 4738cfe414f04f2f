//! Files: from what was asked of them, from listings that show them, or from the site.
//!
//! A listing that shows a file need not tell all that the site tells of the file alone. What that is differs from site to
//! site, so it is learned: a listing is enough where it fills every field that a look at a single file has ever filled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use moka::future::Cache;
use polyhost_domain::{Error, File, FileId, FileStatus, FolderId};
use tokio::time::Instant;

use super::answers::{Freshness, Known};
use super::kept::Kept;
use super::key::{Keep as _, Key, Stored, Value};
use super::merging::{Fields, merge, read};
use super::reading::{Look, taken};
use super::tombstones::Moment;
use super::{Catalogue, Inner};
use crate::accounts::{Account, Incarnation};
use crate::scopes::{Reach, What};

/// Which fields looks at single files have filled, for each account.
pub(super) struct FieldsSeen(pub(super) Cache<Incarnation, Arc<AtomicU32>>);

impl FieldsSeen {
    async fn get(&self, account: Incarnation) -> Option<Fields> {
        Some(Fields(self.0.get(&account).await?.load(Ordering::Relaxed)))
    }

    async fn add(&self, account: Incarnation, fields: Fields) {
        self.0.get_with(account, async { Arc::default() }).await.fetch_or(fields.0, Ordering::Relaxed);
    }
}

/// A file in a listing.
struct Shown {
    file: File,
    /// The folder whose listing shows it.
    listed_in: FolderId,
    taken_at: Instant,
}

impl Catalogue {
    /// A file.
    ///
    /// # Errors
    /// The site's own; that of a broken file, too.
    pub async fn file(
        &self,
        account: &Arc<Account>,
        id: &FileId,
        freshness: Freshness,
    ) -> Result<Known<Arc<Kept<File>>>, Error> {
        let look = self.0.look(account, What::File(id.clone())).await?;
        let mut fresh = self.0.fresh(&look, freshness);
        if fresh.is_none() && freshness != Freshness::Anew {
            fresh = self.0.take_from_listing(account, id, &look).await?;
        }
        if let Some(stored) = fresh {
            return taken(self.0.hit(&look.key.what, stored));
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
        self.0.known_anew(account, look, freshness, ask).await
    }

    /// The listings that show a file, where that is known for certain.
    pub(crate) async fn file_shown_in(&self, account: &Account, id: &FileId) -> Option<Vec<FolderId>> {
        let mut folders: Vec<FolderId> = Vec::new();
        let mut is_certain = false;
        for shown in self.0.shown(account, id, usize::MAX).await {
            is_certain |= shown.taken_at.elapsed() < self.0.config.listing_ttl;
            folders.push(shown.listed_in);
            folders.extend(shown.file.folder_id);
        }
        if let Some(file) = self.0.standing_file(account, id).await {
            let told = file.1.value.folder_id.clone();
            is_certain |= told.is_some() && file.0.taken_at.elapsed() < self.0.config.file_ttl;
            folders.extend(told);
        }
        folders.sort_unstable();
        folders.dedup();
        is_certain.then_some(folders)
    }

    /// Notes that a file is about to be deleted: until that is over, only the site knows its status.
    pub(crate) async fn deleting_file(&self, account: &Account, file: &FileId) {
        self.0.tombstones.begin(account, file).await;
    }

    /// Notes that a file was deleted.
    pub(crate) async fn bury_file(&self, account: &Account, file: &FileId) {
        self.0.tombstones.bury_file(account, file).await;
    }

    /// Notes that a file was perhaps deleted: from now on, too, only the site knows its status.
    pub(crate) async fn doubt_file(&self, account: &Account, file: &FileId) {
        self.0.tombstones.doubt(account, file).await;
    }
}

impl Inner {
    /// Keeps what a fresh listing tells of a file of which nothing fresh is kept, where that is all that there is to tell.
    async fn take_from_listing(&self, account: &Account, id: &FileId, look: &Look) -> Result<Option<Stored>, Error> {
        let is_fresh = |taken_at: Instant| taken_at.elapsed() < self.config.file_ttl;
        if self.tombstones.doubts(account, id).await {
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
        // The look came first: where something was written since, nobody will be given it who comes later.
        let value = Value::File(Arc::new(Kept::new(file, account)?));
        let stored = Stored { value, stamp: look.now, reach: Reach::Own, taken_at };
        self.store.insert(look.key.clone(), stored.clone()).await;
        Ok(Some(stored))
    }

    /// What the site tells of a file alone, with what only a listing tells. Also notes what there is to tell.
    async fn complete(&self, account: &Account, file: File, asked: Moment) -> File {
        self.fields.add(account.incarnation(), Fields::of(&file)).await;
        if file.status == FileStatus::Active {
            self.tombstones.lift(account, &file.id, asked).await;
        }
        let shown = self.shown(account, &file.id, 1).await.pop();
        match shown.filter(|shown| shown.taken_at.elapsed() < self.config.listing_ttl) {
            Some(shown) => merge(file, &shown.file),
            None => file,
        }
    }

    /// The listings of an account that show a file and that no write has overtaken, the last first.
    async fn shown(&self, account: &Account, id: &FileId, most: usize) -> Vec<Shown> {
        let profile = account.profile();
        let mut found = Vec::new();
        for folder in self.recent.get(account.incarnation()).await {
            let Some((stored, snapshot)) = self.standing_listing(account, &folder).await else { continue };
            let item = snapshot.file(id.as_str());
            let file = item.and_then(|item| read(item.json, &profile.origin, &profile.ids));
            found.extend(file.map(|file| Shown { file, listed_in: folder, taken_at: stored.taken_at }));
            if found.len() >= most {
                break;
            }
        }
        found
    }

    /// A file that no write has overtaken, perhaps no longer fresh.
    async fn standing_file(&self, account: &Account, id: &FileId) -> Option<(Stored, Arc<Kept<File>>)> {
        let stored = self.standing(account, &Key::new(account, What::File(id.clone()))).await?;
        let file = File::take(&stored.value)?;
        Some((stored, file))
    }
}
