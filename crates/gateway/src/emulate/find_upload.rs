//! An uploaded file whose id the site did not tell: found in its folder's listing.

use polyhost_domain::{EntryName, File, FolderId};

use crate::accounts::Account;
use crate::catalogue::list_whole;

/// What is known of an uploaded file without its id.
#[derive(Debug, Clone)]
pub struct Traits {
    /// The folder that it was sent to.
    pub folder: FolderId,
    /// The name that it was sent under.
    pub name: EntryName,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-1 digest, where the site's digests can be relied on.
    pub sha1: Option<String>,
}

/// The newest file of the folder with this name, size and digest, as the site lists it now.
pub async fn find_upload(account: &Account, traits: &Traits) -> Option<File> {
    let listing = account.read(list_whole(account, &traits.folder)).await.ok()?;
    let alike = listing.files.into_iter().filter(|file| {
        file.name.as_deref() == Some(traits.name.as_str())
            && file.size == Some(traits.size)
            && file.folder_id.as_ref() == Some(&traits.folder)
            && traits
                .sha1
                .as_ref()
                .is_none_or(|sent| file.sha1.as_ref().is_some_and(|sha1| sha1.eq_ignore_ascii_case(sent)))
    });
    alike.max_by_key(|file| file.uploaded_at)
}
