//! What is known of a site of this dialect before the first request.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, Digest, IdAlphabet, IdGrammar, ListingShape, NameGrammar,
    Profile, SortKey, Support,
};

use crate::{Config, Quirks};

/// What the adapter has code for; a site's quirks say which of it the site lacks.
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

/// What the site calls the root where it must be named.
const ROOT: &str = "null";

/// Every value loses its tags on the way, and all that stands behind one that is never closed.
const LOST: &[char] = &['<'];

/// The site reads one file in a call; this bounds what is made of such calls.
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
        names: NameGrammar::without(LOST),
        delete: DeleteSemantics::Trash,
        max_batch: MAX_BATCH,
        reports_folder: true,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size],
        digests: quirks.digest.into_iter().collect(),
        doubtful_digests: doubtful,
        max_upload_bytes: None,
    }
}

/// The capability that an endpoint of the site is for.
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
    /// What such a site does natively.
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
    fn a_site_may_lack_what_the_dialect_has() {
        let quirks = Quirks { unsupported: vec![Capability::RemoteUploadsRead], ..Quirks::default() };
        let capabilities = quirks.capabilities();
        assert!(!capabilities.supports(Capability::RemoteUploadsRead));
        assert!(capabilities.supports(Capability::RemoteUploadsCreate));
    }

    #[test]
    fn many_files_are_not_read_in_a_call_and_no_list_of_remote_uploads_is_kept() {
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
