//! The properties of a site of this dialect that are known before the first request.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, FolderDeletion, IdAlphabet, IdGrammar, ListingShape,
    NameGrammar, Profile, SortKey, Support,
};

use crate::named::Named;
use crate::{Config, Quirks};

/// The capabilities that the adapter implements at every site. A site's quirks list those that the site lacks.
const IMPLEMENTED: &[Capability] = &[
    Capability::AccountRead,
    Capability::FilesLookup,
    Capability::FilesRead,
    Capability::FilesUpload,
    Capability::FilesRename,
    Capability::FilesMove,
    Capability::FilesDelete,
    Capability::FilesThumbnail,
    Capability::FilesUploadTicket,
    Capability::FoldersList,
    Capability::FoldersCreate,
    Capability::FoldersRename,
    Capability::FoldersDelete,
    Capability::RemoteUploadsCreate,
    Capability::RemoteUploadsHeaders,
    Capability::RemoteUploadsList,
    Capability::RemoteUploadsRead,
    Capability::ConversionsList,
];

/// The maximum number of files in a lookup: ten calls of 50 files.
const MAX_BATCH: usize = 500;

pub(crate) fn profile(config: &Config) -> Profile {
    let quirks = &config.quirks;
    Profile {
        origin: config.origin.clone(),
        dialect: DialectName::Openload,
        base_url: config.base_url.clone(),
        capabilities: quirks.capabilities(),
        ids: IdGrammar::new(IdAlphabet::UrlSafe, &quirks.root_folder),
        names: NameGrammar::ANY,
        delete: DeleteSemantics::Permanent,
        deletes_folders: FolderDeletion::WithContents,
        max_batch: MAX_BATCH,
        reports_folder: false,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size, SortKey::UploadedAt],
        digests: quirks.digest.into_iter().collect(),
        doubtful_digests: Vec::new(),
        max_upload_bytes: None,
    }
}

/// Returns the capability that an endpoint implements.
pub(crate) fn capability_of(operation: &str, named: Named<'_>) -> Option<Capability> {
    Some(match operation {
        "file/info" => Capability::FilesRead,
        "file/getsplash" => Capability::FilesThumbnail,
        "file/ul" | "upload" => Capability::FilesUpload,
        "file/rename" => Capability::FilesRename,
        "file/move" => Capability::FilesMove,
        "file/delete" => Capability::FilesDelete,
        "file/listfolder" => Capability::FoldersList,
        "file/createfolder" => Capability::FoldersCreate,
        "file/renamefolder" => Capability::FoldersRename,
        "file/deletefolder" => Capability::FoldersDelete,
        "remotedl/add" => Capability::RemoteUploadsCreate,
        "remotedl/status" if matches!(named, Named::RemoteUpload(_)) => Capability::RemoteUploadsRead,
        "remotedl/status" => Capability::RemoteUploadsList,
        "remotedl/remove" => Capability::RemoteUploadsCancel,
        "file/converts" => Capability::ConversionsList,
        _ => return None,
    })
}

impl Quirks {
    /// Returns the capabilities of a site with these quirks.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let all = Capabilities::native(IMPLEMENTED);
        let all = if self.remote_remove { all.with(Capability::RemoteUploadsCancel, Support::Native) } else { all };
        self.unsupported.iter().fold(all, |all, lacking| all.with(*lacking, Support::Unsupported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capability_that_a_site_lacks_is_unsupported() {
        let quirks = Quirks { unsupported: vec![Capability::FoldersDelete], ..Quirks::default() };
        let capabilities = quirks.capabilities();
        assert!(!capabilities.supports(Capability::FoldersDelete));
        assert!(capabilities.supports(Capability::FoldersList));
    }

    #[test]
    fn remote_uploads_are_cancelled_only_by_quirk() {
        let cancels = |quirks: Quirks| quirks.capabilities().supports(Capability::RemoteUploadsCancel);
        assert!(!cancels(Quirks::default()));
        assert!(cancels(Quirks { remote_remove: true, ..Quirks::default() }));
        let unsupported = vec![Capability::RemoteUploadsCancel];
        assert!(!cancels(Quirks { remote_remove: true, unsupported, ..Quirks::default() }));
    }

    #[test]
    fn reading_a_single_folder_is_unsupported() {
        assert!(!Quirks::default().capabilities().supports(Capability::FoldersRead));
    }
}
