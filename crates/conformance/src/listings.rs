//! Checks of listings: complete, without duplicates, and naming the folder that the entries are in.

use std::collections::HashSet;

use polyhost_domain::{ErrorKind, FolderId, SortKey};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect, files, folders, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(an_empty_folder_is_an_empty_listing, FoldersList, FoldersCreate),
    check!(a_listing_has_each_direct_entry_once, FoldersList, FoldersCreate, FilesUpload),
    check!(the_root_is_listed_like_any_folder, FoldersList, FoldersCreate, FilesUpload),
    check!(a_listed_file_matches_its_upload, FoldersList, FilesUpload),
    check!(a_listing_fills_the_sort_keys_of_the_profile, FoldersList, FilesUpload),
    check!(an_unknown_folder_has_no_listing, FoldersList),
];

/// The number of files in the full folder.
const SEVERAL: usize = 7;

/// An empty folder has an empty listing.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_empty_folder_is_an_empty_listing(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let listing = observe::listing(subject, &scratch.base).await?;
        expect::that(listing.folders.is_empty(), "the folders in an empty folder", "none", &listing.folders)?;
        expect::that(listing.files.is_empty(), "the files in an empty folder", "none", &listing.files)
    })
    .await
}

/// A listing has each file and folder that is directly in the folder exactly once. Entries from deeper folders are
/// absent, or name their own folder.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_listing_has_each_direct_entry_once(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let inner = scratch.folder_in(&scratch.base).await?.id;
        let other = scratch.folder_in(&scratch.base).await?.id;
        let innermost = scratch.folder_in(&inner).await?.id;
        let below = scratch.file_in(&inner).await?.id;
        let mut expected = HashSet::new();
        for _ in 0..SEVERAL {
            expected.insert(scratch.file().await?.id);
        }

        let listing = observe::only_in(observe::listing(subject, &scratch.base).await?, &scratch.base);
        let found: Vec<_> = listing.files.into_iter().map(|file| file.id).collect();
        expect::equal(&found.len(), &SEVERAL, "how many files a listing names in their folder")?;
        expect::equal(&found.into_iter().collect(), &expected, "the files that a listing names")?;
        let found: Vec<_> = listing.folders.into_iter().map(|folder| folder.id).collect();
        expect::equal(&found.len(), &2, "how many folders a listing names in their folder")?;
        let expected = HashSet::from([inner.clone(), other]);
        expect::equal(&found.into_iter().collect(), &expected, "the folders that a listing names")?;

        observe::holds(subject, &inner, &below).await?;
        observe::listed_folder(subject, &inner, &innermost).await.map(drop)
    })
    .await
}

/// The root's listing has the entries of the root.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn the_root_is_listed_like_any_folder(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file_in(&FolderId::Root).await?;
        observe::holds(subject, &FolderId::Root, &sample.id).await?;
        observe::listed_folder(subject, &FolderId::Root, &scratch.base).await.map(drop)
    })
    .await
}

/// A listed file has the name and size of its upload, and every entry names its account and provider.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_listed_file_matches_its_upload(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let listing = observe::listing(subject, &scratch.base).await?;
        for folder in &listing.folders {
            folders::well_formed(subject, folder, "a listed folder")?;
        }
        for file in &listing.files {
            files::well_formed(subject, file, "a listed file")?;
            expect::that(file.folder_id.is_some(), "the folder of a listed file", "a folder", &file.folder_id)?;
        }
        let file = observe::holds(subject, &scratch.base, &sample.id).await?;
        let file = expect::some(file, "an uploaded file in the listing of its folder")?;
        expect::equal(&file.name.as_deref(), &Some(sample.name.as_str()), "the name of a listed file")?;
        let size = sample.bytes.len() as u64;
        expect::equal(&file.size.unwrap_or(size), &size, "the size of a listed file")
    })
    .await
}

/// Every listed file has a value for each sort key of the profile.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_listing_fills_the_sort_keys_of_the_profile(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sample = scratch.file().await?;
        let file = observe::holds(subject, &scratch.base, &sample.id).await?;
        let file = expect::some(file, "an uploaded file in the listing of its folder")?;
        for key in subject.provider.profile().sort_keys {
            let filled = match key {
                SortKey::Name => file.name.is_some(),
                SortKey::Size => file.size.is_some(),
                SortKey::UploadedAt => file.uploaded_at.is_some(),
            };
            expect::that(filled, &format!("the sort key {key:?} of a listed file"), "a value", &file)?;
        }
        Ok(())
    })
    .await
}

/// Listing an unknown folder is an error, not an empty listing.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unknown_folder_has_no_listing(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.provider.list(&unknown::folder(subject)?, None).await;
    expect::kind(answer, ErrorKind::FolderNotFound, "listing an unknown folder")
}
