//! What a provider shows of a file or folder after something was done to it, as far as it can show anything.

use polyhost_domain::{
    Capability, ErrorKind, File, FileId, FileLookup, FileStatus, Folder, FolderId, Listing, ListingShape,
};

use crate::{Failure, Subject, expect};

/// No folder of a check has more native pages than this.
const MOST_PAGES: usize = 100;

/// What a lookup of one file leads to.
pub(crate) async fn lookup(subject: &Subject, file: &FileId) -> Result<FileLookup, Failure> {
    let answers = expect::ok(subject.provider.files(std::slice::from_ref(file)).await, "looking up one file")?;
    expect::equal(&answers.len(), &1, "the number of answers to a lookup of one file")?;
    expect::some(answers.into_iter().next(), "the answer to a lookup of one file")
}

/// The file that a lookup finds; `None` where the provider cannot look up.
pub(crate) async fn file(subject: &Subject, file: &FileId) -> Result<Option<File>, Failure> {
    if !subject.can(Capability::FilesRead) {
        return Ok(None);
    }
    match lookup(subject, file).await? {
        FileLookup::Found(found) => Ok(Some(*found)),
        other => Err(Failure::new("looking up a file that is there", "the file", format!("{other:?}"))),
    }
}

/// That a lookup did not find its file.
pub(crate) fn not_found(answer: &FileLookup, what: &str) -> Result<(), Failure> {
    match answer {
        FileLookup::Failed(error) if error.kind() == ErrorKind::FileNotFound => Ok(()),
        other => Err(Failure::new(what, "FileNotFound", format!("{other:?}"))),
    }
}

/// That a file is gone, as far as the provider shows it: a lookup does not find it, and its folder does not list it.
pub(crate) async fn gone(subject: &Subject, file: &FileId, folder: &FolderId) -> Result<(), Failure> {
    if subject.can(Capability::FilesRead) {
        not_found(&lookup(subject, file).await?, "looking up a file that is gone")?;
    }
    lacks(subject, folder, file).await
}

/// That a file is in the trash, as far as the provider shows it: a lookup says so, and its folder does not list it.
pub(crate) async fn trashed(subject: &Subject, file: &FileId, folder: &FolderId) -> Result<(), Failure> {
    if let Some(found) = self::file(subject, file).await? {
        expect::equal(&found.status, &FileStatus::Trashed, "the status of a file in the trash")?;
    }
    lacks(subject, folder, file).await
}

/// All of a folder's listing, page by page.
pub(crate) async fn listing(subject: &Subject, folder: &FolderId) -> Result<Listing, Failure> {
    let mut all = Listing::default();
    let mut next = None;
    for _ in 0..MOST_PAGES {
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
    Err(Failure::new("a listing", "an end", format!("{MOST_PAGES} pages and no end")))
}

/// The files and folders that a listing names as directly in a folder. Sites also name files of other folders.
pub(crate) fn only_in(listing: Listing, folder: &FolderId) -> Listing {
    let is_in = |parent: &Option<FolderId>| parent.as_ref() == Some(folder);
    let folders = listing.folders.into_iter().filter(|found| is_in(&found.parent_id)).collect();
    let files = listing.files.into_iter().filter(|found| is_in(&found.folder_id)).collect();
    Listing { folders, files, ..Listing::default() }
}

/// That a folder lists a file as directly in it, exactly once; answers what the listing says of the file. `None` where
/// the provider cannot list.
pub(crate) async fn holds(subject: &Subject, folder: &FolderId, file: &FileId) -> Result<Option<File>, Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(None);
    }
    let mut found = only_in(listing(subject, folder).await?, folder).files;
    found.retain(|listed| listed.id == *file);
    expect::equal(&found.len(), &1, "how often the listing of its folder names a file")?;
    Ok(found.pop())
}

/// That a folder does not list a file as directly in it.
pub(crate) async fn lacks(subject: &Subject, folder: &FolderId, file: &FileId) -> Result<(), Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(());
    }
    let mut found = only_in(listing(subject, folder).await?, folder).files;
    found.retain(|listed| listed.id == *file);
    expect::that(found.is_empty(), "a folder that a file is not in", "a listing without the file", found)
}

/// A folder as its parent's listing shows it, directly in it and exactly once. `None` where the provider cannot list.
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

/// That a folder does not list another as directly in it.
pub(crate) async fn lacks_folder(subject: &Subject, parent: &FolderId, folder: &FolderId) -> Result<(), Failure> {
    if !subject.can(Capability::FoldersList) {
        return Ok(());
    }
    let mut found = only_in(listing(subject, parent).await?, parent).folders;
    found.retain(|listed| listed.id == *folder);
    expect::that(found.is_empty(), "a folder that another is not in", "a listing without the folder", found)
}

/// A folder in every way that the provider shows it: read by itself, and in its parent's listing.
pub(crate) async fn folder(subject: &Subject, parent: &FolderId, folder: &FolderId) -> Result<Vec<Folder>, Failure> {
    let mut views: Vec<Folder> = listed_folder(subject, parent, folder).await?.into_iter().collect();
    if subject.can(Capability::FoldersRead) {
        views.push(expect::ok(subject.provider.folder(folder).await, "reading a folder")?);
    }
    Ok(views)
}
