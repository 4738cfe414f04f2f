//! What is in a folder, all the way down.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{DeleteSemantics, FolderId, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Kept, Known, Snapshot, Source, Tagged};

/// What is in a folder, all the way down: what deleting it would delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"folders": 3, "files": 41, "bytes": 7_964_211_200_u64, "unreadable": 0, "delete": "permanent"}))]
pub struct Usage {
    /// How many folders.
    pub folders: u64,
    /// How many files.
    pub files: u64,
    /// The size of the files together, in bytes; `null` where the size of one is not known.
    pub bytes: Option<u64>,
    /// How many entries of the site's listings have no usable id. They are not counted above.
    pub unreadable: u64,
    /// What deleting the folder would do to them.
    pub delete: DeleteSemantics,
}

impl Tagged for Usage {}

/// Counts what is in a folder, all the way down.
///
/// # Errors
/// The listings' own; `Timeout` where there are too many folders.
pub async fn usage(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    folder: &FolderId,
    freshness: Freshness,
) -> Result<Known<Arc<Kept<Usage>>>> {
    let delete = account.profile().delete;
    let mut usage = Usage { folders: 0, files: 0, bytes: Some(0), unreadable: 0, delete };
    let (mut age, mut source) = (Duration::ZERO, None::<Source>);
    // A listing may name what is in other folders too, which then comes up twice.
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
    Ok(Known { value: Arc::new(Kept::new(usage, account)?), age, source: source.unwrap_or(Source::Miss) })
}
