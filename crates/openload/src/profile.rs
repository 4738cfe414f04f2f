//! What is known of a site of this dialect before the first request.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, Dialect, IdAlphabet, IdGrammar, ListingShape, Profile, SortKey, Support,
};

use crate::{Config, Quirks};

/// What the adapter has code for; a site's quirks say which of it the site lacks.
pub const IMPLEMENTED: &[Capability] = &[
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

/// Ten calls of 50 files.
const MAX_BATCH: usize = 500;

pub(crate) fn profile(config: &Config) -> Profile {
    let quirks = &config.quirks;
    Profile {
        origin: config.origin.clone(),
        dialect: Dialect::Openload,
        base_url: config.base_url.clone(),
        capabilities: capabilities(quirks),
        ids: IdGrammar::new(IdAlphabet::UrlSafe, &quirks.root_folder),
        delete: DeleteSemantics::Permanent,
        max_batch: MAX_BATCH,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size, SortKey::UploadedAt],
        digests: quirks.digest.into_iter().collect(),
        max_upload_bytes: None,
    }
}

/// What is added and has no code stays unsupported: a profile that promised it would lie.
fn capabilities(quirks: &Quirks) -> Capabilities {
    let added = quirks.added.iter().filter(|capability| IMPLEMENTED.contains(capability));
    let all = added.fold(Capabilities::native(IMPLEMENTED), |all, added| all.with(*added, Support::Native));
    quirks.removed.iter().fold(all, |all, removed| all.with(*removed, Support::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_take_away_and_add_only_what_there_is_code_for() {
        let quirks = Quirks {
            added: vec![Capability::FilesDownload],
            removed: vec![Capability::FoldersDelete],
            ..Quirks::default()
        };
        let changed = capabilities(&quirks);
        assert!(!changed.supports(Capability::FilesDownload));
        assert!(!changed.supports(Capability::FoldersDelete));
        assert!(changed.supports(Capability::FoldersList));
    }

    #[test]
    fn a_folder_is_found_by_walking_and_not_by_the_site() {
        assert!(!capabilities(&Quirks::default()).supports(Capability::FoldersRead));
    }
}
