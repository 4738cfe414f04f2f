//! The properties of a site of this dialect that are known before the first request.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, Digest, FolderDeletion, IdAlphabet, IdGrammar,
    ListingShape, NameGrammar, Profile, SortKey, Support,
};

use crate::{Config, Quirks};

/// The capabilities that the adapter implements. A site's quirks list those that the site lacks.
const IMPLEMENTED: &[Capability] = &[
    Capability::AccountRead,
    Capability::AccountLimits,
    Capability::FilesRead,
    Capability::FilesUpload,
    Capability::FilesRename,
    Capability::FilesMove,
    Capability::FilesSetContentType,
    Capability::FilesCopy,
    Capability::FilesDelete,
    Capability::FilesDownload,
    Capability::FoldersRead,
    Capability::FoldersList,
    Capability::FoldersCreate,
    Capability::FoldersRename,
    Capability::FoldersMove,
    Capability::FoldersVisibility,
    Capability::FoldersPassword,
    Capability::FoldersDelete,
    Capability::RemoteUploadsCreate,
    Capability::RemoteUploadsRead,
];

/// The site's id of the root folder, in requests where it cannot be left out.
const ROOT: &str = "null";

/// The characters that the site drops from names. It removes HTML tags, and everything after a tag that is not closed.
const DROPPED: &[char] = &['<'];

/// The maximum number of files in a lookup. The site returns one file in a call, so this limits the number of calls.
const MAX_BATCH: usize = 100;

pub(crate) fn profile(config: &Config) -> Profile {
    let quirks = &config.quirks;
    let doubtful = if quirks.digest.is_none() { vec![Digest::Md5] } else { Vec::new() };
    Profile {
        origin: config.origin.clone(),
        dialect: DialectName::Yetishare,
        base_url: config.base_url.clone(),
        capabilities: quirks.capabilities(),
        ids: IdGrammar::new(IdAlphabet::Decimal, ROOT),
        names: NameGrammar::without(DROPPED),
        delete: DeleteSemantics::Trash,
        deletes_folders: FolderDeletion::WithContents,
        max_batch: MAX_BATCH,
        reports_folder: true,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size],
        digests: quirks.digest.into_iter().collect(),
        doubtful_digests: doubtful,
        max_upload_bytes: None,
    }
}

/// Returns the capability that an endpoint implements.
pub(crate) fn capability_of(operation: &str) -> Option<Capability> {
    Some(match operation {
        "account/info" => Capability::AccountRead,
        "account/package" => Capability::AccountLimits,
        "file/info" => Capability::FilesRead,
        "file/upload" => Capability::FilesUpload,
        "file/edit" => Capability::FilesRename,
        "file/move" => Capability::FilesMove,
        "file/copy" => Capability::FilesCopy,
        "file/delete" => Capability::FilesDelete,
        "file/download" => Capability::FilesDownload,
        "file/url_upload_add" => Capability::RemoteUploadsCreate,
        "file/url_upload_status" => Capability::RemoteUploadsRead,
        "folder/info" => Capability::FoldersRead,
        "folder/listing" => Capability::FoldersList,
        "folder/create" => Capability::FoldersCreate,
        "folder/edit" => Capability::FoldersRename,
        "folder/move" => Capability::FoldersMove,
        "folder/delete" => Capability::FoldersDelete,
        _ => return None,
    })
}

impl Quirks {
    /// Returns the capabilities of a site with these quirks.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let all = Capabilities::native(IMPLEMENTED);
        self.unsupported.iter().fold(all, |all, lacking| all.with(*lacking, Support::Unsupported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capability_that_a_site_lacks_is_unsupported() {
        let quirks = Quirks { unsupported: vec![Capability::RemoteUploadsRead], ..Quirks::default() };
        let capabilities = quirks.capabilities();
        assert!(!capabilities.supports(Capability::RemoteUploadsRead));
        assert!(capabilities.supports(Capability::RemoteUploadsCreate));
    }

    #[test]
    fn capabilities_outside_the_dialect_are_unsupported() {
        let capabilities = Quirks::default().capabilities();
        for lacking in [
            Capability::FilesLookup,
            Capability::RemoteUploadsList,
            Capability::RemoteUploadsHeaders,
            Capability::FilesUploadTicket,
        ] {
            assert!(!capabilities.supports(lacking), "{lacking}");
        }
    }
}
