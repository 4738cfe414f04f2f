//! Counts the content of a folder and of all folders below it.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{DeleteSemantics, FolderId, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Encoded, Freshness, Known, Snapshot, Source, Tagged};

/// The content of a folder and of all folders below it, which a recursive deletion would delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "folders": 3, "files": 41, "bytes": 7_964_211_200_u64, "unreadable": 0, "delete": "permanent"
}))]
pub struct Usage {
    /// The number of folders.
    pub folders: u64,
    /// The number of files.
    pub files: u64,
    /// The total size of the files in bytes; `null` if the size of any file is unknown.
    pub bytes: Option<u64>,
    /// The number of entries in the site's listings without a usable id. They are not counted above.
    pub unreadable: u64,
    /// The effect of deleting the folder on its files.
    pub delete: DeleteSemantics,
}

impl Tagged for Usage {}

/// Counts the content of a folder and of all folders below it.
///
/// # Errors
/// The error of a listing; `Timeout` if there are too many folders.
pub async fn usage(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    folder: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Encoded<Usage>>>> {
    let delete = account.profile().delete;
    let mut usage = Usage { folders: 0, files: 0, bytes: Some(0), unreadable: 0, delete };
    let (mut age, mut source) = (Duration::ZERO, None::<Source>);
    // A listing may also show files of other folders. Count each file once.
    let mut counted: HashSet<Box<str>> = HashSet::new();
    let mut seen: HashSet<FolderId> = HashSet::from([folder.clone()]);
    let count = |_: &FolderId, listing: Known<Arc<Snapshot>>| {
        age = age.max(listing.age);
        source = Some(source.map_or(listing.source, |source| source.and(listing.source)));
        let snapshot = listing.value;
        usage.folders += snapshot.folders().iter().filter(|child| seen.insert(child.id.clone())).count() as u64;
        usage.unreadable += snapshot.unreadable() as u64;
        for file in snapshot.files().filter(|file| counted.insert(file.id.into())) {
            usage.files += 1;
            usage.bytes = usage.bytes.zip(file.size).and_then(|(sum, size)| sum.checked_add(size));
        }
        ControlFlow::<()>::Continue(())
    };
    walk(catalogue, account, folder, freshness, count).await?;
    Ok(Known { value: Arc::new(Encoded::new(usage, account)?), age, source: source.unwrap_or(Source::Miss) })
}
