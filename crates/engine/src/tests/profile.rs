//! The profile of a site with folders and files, which a test changes by struct update: `..profile()`.

use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, FolderDeletion, IdAlphabet, IdGrammar, ListingShape,
    NameGrammar, Origin, Profile, SortKey,
};

/// The capabilities of `profile()`: folders are found through listings, and jobs are not supported.
pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability::AccountRead,
    Capability::AccountLimits,
    Capability::FilesRead,
    Capability::FilesUpload,
    Capability::FilesRename,
    Capability::FilesMove,
    Capability::FilesCopy,
    Capability::FilesDelete,
    Capability::FoldersList,
    Capability::FoldersCreate,
    Capability::FoldersRename,
    Capability::FoldersMove,
    Capability::FoldersDelete,
];

/// Returns the profile of a site that deletes permanently and reports no digests.
pub(crate) fn profile() -> Profile {
    Profile {
        origin: Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() },
        dialect: DialectName::Openload,
        base_url: "http://127.0.0.1:9/".parse().unwrap(),
        capabilities: Capabilities::native(CAPABILITIES),
        ids: IdGrammar::new(IdAlphabet::UrlSafe, "0"),
        names: NameGrammar::ANY,
        delete: DeleteSemantics::Permanent,
        deletes_folders: FolderDeletion::WithContents,
        max_batch: 50,
        reports_folder: false,
        listing: ListingShape::Whole,
        sort_keys: &[SortKey::Name, SortKey::Size],
        digests: Vec::new(),
        doubtful_digests: Vec::new(),
        max_upload_bytes: None,
    }
}
