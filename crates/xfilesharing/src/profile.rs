//! The properties of a site of this dialect that are known before the first request.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, FolderDeletion, IdAlphabet, IdGrammar, ListingShape,
    Profile, Support,
};

use crate::flavour::RemoteCalls;
use crate::named::Named;
use crate::{Config, Flavour, Quirks};

/// The maximum number of files in one lookup. A site drops the ids after the fiftieth without a word.
pub(crate) const MAX_BATCH: usize = 50;

pub(crate) fn profile(config: &Config) -> Profile {
    let traits = config.quirks.flavour.traits();
    let ids = IdGrammar::new(traits.ids, "0").with_folders(IdAlphabet::Decimal);
    let ids = match traits.remote {
        RemoteCalls::Numbered => ids.with_remote_uploads(IdAlphabet::Decimal),
        _ => ids,
    };
    Profile {
        origin: config.origin.clone(),
        dialect: DialectName::Xfilesharing,
        base_url: config.base_url.clone(),
        capabilities: config.quirks.capabilities(),
        ids,
        names: traits.names,
        delete: DeleteSemantics::Permanent,
        deletes_folders: FolderDeletion::OnlyEmpty,
        max_batch: MAX_BATCH,
        reports_folder: traits.flavour == Flavour::Xvs,
        listing: ListingShape::Whole,
        sort_keys: traits.sort_keys,
        digests: Vec::new(),
        doubtful_digests: Vec::new(),
        max_upload_bytes: None,
    }
}

/// Returns the capability that an endpoint implements.
pub(crate) fn capability_of(operation: &str, named: Named<'_>) -> Option<Capability> {
    Some(match operation {
        "account/info" => Capability::AccountRead,
        "file/info" => Capability::FilesRead,
        "upload/server" | "upload" => Capability::FilesUpload,
        "file/rename" => Capability::FilesRename,
        "file/set_folder" | "file/move" => Capability::FilesMove,
        "file/edit" if matches!(named, Named::FileAndFolder(..)) => Capability::FilesMove,
        "file/edit" => Capability::FilesRename,
        "file/clone" => Capability::FilesCopy,
        "file/delete" => Capability::FilesDelete,
        "file/direct_link" => Capability::FilesDownload,
        "images/thumb" => Capability::FilesThumbnail,
        "folder/list" | "file/list" => Capability::FoldersList,
        "folder/create" => Capability::FoldersCreate,
        "folder/rename" | "folder/edit" => Capability::FoldersRename,
        "folder/move" => Capability::FoldersMove,
        "folder/delete" => Capability::FoldersDelete,
        "upload/url" | "remote/add" => Capability::RemoteUploadsCreate,
        "file/url_uploads" | "urlupload/status" | "remote/status" => Capability::RemoteUploadsRead,
        "urlupload/list" | "upload/url/list" => Capability::RemoteUploadsList,
        "file/url_actions" | "urlupload/actions" | "remote/remove" => Capability::RemoteUploadsCancel,
        "file/encodings" | "encoding/list" | "encoding/status" => Capability::ConversionsList,
        _ => return None,
    })
}

impl Quirks {
    /// Returns the capabilities of a site with these quirks.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let usual = Capabilities::native(self.flavour.traits().native);
        let more = self.supported.iter().fold(usual, |all, added| all.with(*added, Support::Native));
        self.unsupported.iter().fold(more, |all, lacking| all.with(*lacking, Support::Unsupported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_may_have_more_or_less_than_its_flavour() {
        let quirks = Quirks {
            flavour: Flavour::Xfs,
            supported: vec![Capability::FilesDelete],
            unsupported: vec![Capability::FoldersRename],
            ..Quirks::default()
        };
        let capabilities = quirks.capabilities();
        assert!(capabilities.supports(Capability::FilesDelete) && !capabilities.supports(Capability::FoldersRename));
        assert!(
            !Quirks { flavour: Flavour::Xfs, ..Quirks::default() }.capabilities().supports(Capability::FilesDelete)
        );
    }

    #[test]
    fn no_flavour_reads_a_single_folder() {
        for flavour in [Flavour::Xvs, Flavour::Xfs, Flavour::Dood, Flavour::Byse, Flavour::Voe] {
            let capabilities = Quirks { flavour, ..Quirks::default() }.capabilities();
            assert!(capabilities.supports(Capability::FilesRead), "{flavour:?}");
            assert!(!capabilities.supports(Capability::FoldersRead), "{flavour:?}");
        }
    }
}
