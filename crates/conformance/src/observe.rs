//! Reads the state of a file or folder after a change, as far as the provider's capabilities allow.

use polyhost_domain::{
    Capability, ErrorKind, File, FileId, FileLookup, FileStatus, Folder, FolderId, Listing, ListingShape,
};

use crate::{Failure, Subject, expect};

/// The maximum number of pages that a listing of a check's folder may have.
const MAX_PAGES: usize = 100;

/// Looks up one file and returns the answer.
pub(crate) async fn lookup(subject: &Subject, file: &FileId) -> Result<FileLookup, Failure> {
    let answers = expect::ok(subject.provider.files(std::slice::from_ref(file)).await, "looking up one file")?;
    expect::equal(&answers.len(), &1, "the number of answers to a lookup of one file")?;
    expect::some(answers.into_iter().next(), "the answer to a lookup of one file")
}

/// Returns the file that a lookup finds, or `None` if the provider cannot look up files.
pub(crate) async fn file(subject: &Subject, file: &FileId) -> Result<Option<File>, Failure> {
    if !subject.can(Capability::FilesRead) {
        return Ok(None);
    }
    match lookup(subject, file).await? {
        FileLookup::Found(found) => Ok(Some(*found)),
        other => Err(Failure::new("looking up a file that is there", "the file", format!("{other:?}"))),
    }
}

/// Expects a lookup to fail as `FileNotFound`.
pub(crate) fn not_found(answer: &FileLookup, what: &str) -> Result<(), Failure> {
    match answer {
        FileLookup::Failed(error) if error.kind() == ErrorKind::FileNotFound => Ok(()),
        other => Err(Failure::new(what, "FileNotFound", format!("{other:?}"))),
    }
}

/// Expects a file to be gone, as far as the provider shows it: a lookup does not find it, and its folder does not list
/// it.
pub(crate) async fn gone(subject: &Subject, file: &FileId, folder: &FolderId) -> Result<(), Failure> {
    if subject.can(Capability::FilesRead) {
        not_found(&lookup(subject, file).await?, "looking up a file that is gone")?;
    }
    lacks(subject, folder, file).await
}

/// Expects a file to be in the trash, as far as the provider shows it: a lookup reports it, and its folder does not
/// list it.
pub(crate) async fn trashed(subject: &Subject, file: &FileId, folder: &FolderId) -> Result<(), Failure> {
    if let Some(found) = self::file(subject, file).await? {
        expect::equal(&found.status, &FileStatus::Trashed, "the status of a file in the trash")?;
    }
    lacks(subject, folder, file).await
}

/// Returns a folder's complete listing, reading every page.
pub(crate) async fn listing(subject: &Subject, folder: &FolderId) -> Result<Listing, Failure> {
    let mut all = Listing::default();
    let mut next = None;
    for _ in 0..MAX_PAGES {
        let page = expect::ok(subject.provider.list(folder, next).await, "listing a folder")?;
        all.folders.extend(page.folders);
        all.files.extend(page.files);
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
        if subject.provider.profile().listing == ListingShape::Whole {
            return Err(Failure::new("a listing that the profile calls whole", "no next page", format!("{next:?}")));
        }
    }
    Err(Failure::new("a listing", "a last page", format!("more than {MAX_PAGES} pages")))
}

/// Returns the entries that a listing names as directly in a folder. Some sites also list entries of other folders.
pub(crate) fn only_in(listing: Listing, folder: &FolderId) -> Listing {
    let is_in = |parent: &Option<FolderId>| parent.as_ref() == Some(folder);
    let folders = listing.folders.into_iter().filter(|found| is_in(&found.parent_id)).collect();
    let files = listing.files.into_iter().filter(|found| is_in(&found.folder_id)).collect();
    Listing { folders, files, ..Listing::default() }
}

/// Expects a folder to list a file as directly in it, exactly once, and returns the listed file. Returns `None` if the
/// provider cannot list folders.
pub(crate) async fn holds(subject: &Subject, folder: &FolderId, file: &FileId) -> Result<Option<File>, Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(None);
    }
    let mut found = only_in(listing(subject, folder).await?, folder).files;
    found.retain(|listed| listed.id == *file);
    expect::equal(&found.len(), &1, "how often the listing of its folder names a file")?;
    Ok(found.pop())
}

/// Expects a folder not to list a file as directly in it.
pub(crate) async fn lacks(subject: &Subject, folder: &FolderId, file: &FileId) -> Result<(), Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(());
    }
    let mut found = only_in(listing(subject, folder).await?, folder).files;
    found.retain(|listed| listed.id == *file);
    expect::that(found.is_empty(), "a folder that a file is not in", "a listing without the file", found)
}

/// Expects a parent to list a folder as directly in it, exactly once, and returns the listed folder. Returns `None` if
/// the provider cannot list folders.
pub(crate) async fn listed_folder(
    subject: &Subject,
    parent: &FolderId,
    folder: &FolderId,
) -> Result<Option<Folder>, Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(None);
    }
    let mut found = only_in(listing(subject, parent).await?, parent).folders;
    found.retain(|listed| listed.id == *folder);
    expect::equal(&found.len(), &1, "how often the listing of its parent names a folder")?;
    Ok(found.pop())
}

/// Expects a parent not to list a folder as directly in it.
pub(crate) async fn lacks_folder(subject: &Subject, parent: &FolderId, folder: &FolderId) -> Result<(), Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(());
    }
    let mut found = only_in(listing(subject, parent).await?, parent).folders;
    found.retain(|listed| listed.id == *folder);
    expect::that(found.is_empty(), "a parent that a folder is not in", "a listing without the folder", found)
}

/// Returns the folder in every way that the provider shows it: read by id, and in its parent's listing.
pub(crate) async fn folder(subject: &Subject, parent: &FolderId, folder: &FolderId) -> Result<Vec<Folder>, Failure> {
    let mut views: Vec<Folder> = listed_folder(subject, parent, folder).await?.into_iter().collect();
    if subject.can(Capability::FoldersRead) {
        views.push(expect::ok(subject.provider.folder(folder).await, "reading a folder")?);
    }
    Ok(views)
}
