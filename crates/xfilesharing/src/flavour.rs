//! The families of sites, as data: the endpoints, parameters and habits in which they differ.

use polyhost_domain::{Capability, IdAlphabet, NameGrammar, SortKey};

use crate::NameForm;

/// A family of sites with the same API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// XVideoSharing: sites for video, such as upstream.to.
    Xvs,
    /// XFileSharing Pro: sites for files of any kind, such as katfile.
    Xfs,
    /// DoodStream and Vinovo.
    Dood,
    /// Byse, formerly Filemoon.
    Byse,
    /// VOE.
    Voe,
}

/// The API of a flavour.
#[derive(Debug)]
pub(crate) struct Traits {
    pub(crate) flavour: Flavour,
    /// The transport of the key and the parameters.
    pub(crate) transport: Transport,
    /// The capabilities of its sites, unless a site's quirks say otherwise.
    pub(crate) native: &'static [Capability],
    /// The capabilities that only some of its sites have.
    pub(crate) optional: &'static [Capability],
    /// The syntax of files' ids.
    pub(crate) ids: IdAlphabet,
    /// The names that its sites store unchanged.
    pub(crate) names: NameGrammar,
    /// The form in which its sites return names.
    pub(crate) name_form: NameForm,
    /// The sort keys for which its listings have values.
    pub(crate) sort_keys: &'static [SortKey],
    /// The pace that its sites allow, in requests a second.
    pub(crate) requests_per_second: f64,
    pub(crate) edits: Edits,
    /// The parameter of `file/delete` with the file's id.
    pub(crate) delete_field: &'static str,
    pub(crate) listing: ListingSource,
    /// The number of files on a page of `file/list`.
    pub(crate) page: usize,
    pub(crate) upload: UploadForm,
    pub(crate) remote: RemoteCalls,
    /// Whether a 403 with an unknown text may be about the key. It never is at XVideoSharing, which checks the key
    /// first and has words for it.
    pub(crate) unknown_denial_may_be_the_key: bool,
}

/// The transport of the key and the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// In the urlencoded body of a POST. The key is then in no address.
    Form,
    /// In the query of a GET.
    Query,
}

/// The endpoints that change files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edits {
    /// `file/edit` and `folder/edit` change everything.
    Edit,
    /// `file/rename` with this parameter, `file/set_folder`, `folder/rename`, `folder/move`.
    SetFolder {
        /// The parameter of `file/rename` with the name.
        name: &'static str,
    },
    /// `file/rename` with `title`, `file/move`, `folder/rename`.
    Move,
    /// `file/clone` with a folder moves a file, which gets another id.
    Clone,
}

/// The calls that list a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListingSource {
    /// `folder/list` has folders and files.
    Whole,
    /// `folder/list` has folders and files without sizes, which `file/list` and `file/info` have.
    WithoutSizes,
    /// `folder/list` has the folders, and `file/list` has the files, in pages.
    Pages,
}

/// The form of an upload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadForm {
    /// The field with the file.
    pub(crate) file: &'static str,
    pub(crate) authorization: Authorization,
    /// The field with the target folder. Without it, the file is moved after the upload.
    pub(crate) folder: Option<&'static str>,
    /// The field with the file's name. Without it, the name is that of the part with the file.
    pub(crate) title: Option<&'static str>,
}

/// The proof in an upload's form that it is of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// The key, in the field `key`.
    Key,
    /// The key, in the field `api_key` and as the query of the address.
    KeyAndQuery,
    /// A session of `upload/server`. A site takes an upload with an invalid one as that of an anonymous user.
    Session,
}

/// The endpoints of remote uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemoteCalls {
    /// `upload/url`, `file/url_uploads`, `file/url_actions`
    Queue,
    /// `upload/url`; some sites return the state of one when called with its id.
    Alone,
    /// `upload/url`, `urlupload/list`, `urlupload/status`, `urlupload/actions`
    Slots,
    /// `remote/add`, `remote/status`, `remote/remove`
    Single,
    /// `upload/url`, `upload/url/list`, with ids of their own
    Numbered,
}

impl Flavour {
    pub(crate) fn traits(self) -> &'static Traits {
        match self {
            Self::Xvs => &XVS,
            Self::Xfs => &XFS,
            Self::Dood => &DOOD,
            Self::Byse => &BYSE,
            Self::Voe => &VOE,
        }
    }
}

/// The characters that sites drop from the names of uploads, or take for the end of the name.
const LOST: &[char] = &['"', '\\', '<', '>'];

const NAME_AND_TIME: &[SortKey] = &[SortKey::Name, SortKey::UploadedAt];
const NAME_SIZE_AND_TIME: &[SortKey] = &[SortKey::Name, SortKey::Size, SortKey::UploadedAt];

static XVS: Traits = Traits {
    flavour: Flavour::Xvs,
    transport: Transport::Form,
    native: &[
        Capability::AccountRead,
        Capability::FilesLookup,
        Capability::FilesRead,
        Capability::FilesUpload,
        Capability::FilesRename,
        Capability::FilesMove,
        Capability::FilesCopy,
        Capability::FilesDelete,
        Capability::FilesDownload,
        Capability::FilesThumbnail,
        Capability::FoldersList,
        Capability::FoldersCreate,
        Capability::FoldersRename,
        Capability::FoldersMove,
        Capability::FoldersDelete,
        Capability::RemoteUploadsCreate,
        Capability::RemoteUploadsList,
        Capability::RemoteUploadsRead,
        Capability::RemoteUploadsCancel,
        Capability::ConversionsList,
    ],
    optional: &[],
    ids: IdAlphabet::Word,
    names: NameGrammar::without(LOST),
    name_form: NameForm::Entities,
    sort_keys: NAME_AND_TIME,
    requests_per_second: 2.0,
    edits: Edits::Edit,
    delete_field: "file_code",
    listing: ListingSource::Whole,
    page: 1000,
    upload: UploadForm {
        file: "file",
        authorization: Authorization::Key,
        folder: Some("fld_id"),
        title: Some("file_title"),
    },
    remote: RemoteCalls::Queue,
    unknown_denial_may_be_the_key: false,
};

static XFS: Traits = Traits {
    flavour: Flavour::Xfs,
    transport: Transport::Form,
    native: &[
        Capability::AccountRead,
        Capability::FilesLookup,
        Capability::FilesRead,
        Capability::FilesUpload,
        Capability::FilesRename,
        Capability::FilesMove,
        Capability::FoldersList,
        Capability::FoldersCreate,
        Capability::FoldersRename,
    ],
    optional: &[
        Capability::FilesCopy,
        Capability::FilesDelete,
        Capability::FilesDownload,
        Capability::FoldersMove,
        Capability::FoldersDelete,
        Capability::RemoteUploadsCreate,
        Capability::RemoteUploadsRead,
    ],
    ids: IdAlphabet::Word,
    names: NameGrammar::without(LOST).within(128),
    name_form: NameForm::Latin1,
    sort_keys: NAME_SIZE_AND_TIME,
    requests_per_second: 2.0,
    edits: Edits::SetFolder { name: "name" },
    delete_field: "file_code",
    listing: ListingSource::WithoutSizes,
    page: 1000,
    upload: UploadForm {
        file: "file_0",
        authorization: Authorization::Session,
        folder: Some("to_folder"),
        title: None,
    },
    remote: RemoteCalls::Alone,
    unknown_denial_may_be_the_key: true,
};

static DOOD: Traits = Traits {
    flavour: Flavour::Dood,
    transport: Transport::Query,
    native: &[
        Capability::AccountRead,
        Capability::FilesLookup,
        Capability::FilesRead,
        Capability::FilesUpload,
        Capability::FilesRename,
        Capability::FilesMove,
        Capability::FilesCopy,
        Capability::FilesThumbnail,
        Capability::FoldersList,
        Capability::FoldersCreate,
        Capability::FoldersRename,
        Capability::RemoteUploadsCreate,
        Capability::RemoteUploadsList,
        Capability::RemoteUploadsRead,
        Capability::RemoteUploadsCancel,
    ],
    optional: &[],
    ids: IdAlphabet::Code,
    names: NameGrammar::without(LOST),
    name_form: NameForm::Plain,
    sort_keys: NAME_AND_TIME,
    requests_per_second: 8.0,
    edits: Edits::Move,
    delete_field: "file_code",
    listing: ListingSource::Whole,
    page: 200,
    upload: UploadForm { file: "file", authorization: Authorization::KeyAndQuery, folder: None, title: None },
    remote: RemoteCalls::Slots,
    unknown_denial_may_be_the_key: true,
};

static BYSE: Traits = Traits {
    flavour: Flavour::Byse,
    transport: Transport::Query,
    native: &[
        Capability::AccountRead,
        Capability::FilesRead,
        Capability::FilesUpload,
        Capability::FilesMove,
        Capability::FilesCopy,
        Capability::FilesThumbnail,
        Capability::FoldersList,
        Capability::FoldersCreate,
        Capability::RemoteUploadsCreate,
        Capability::RemoteUploadsRead,
        Capability::RemoteUploadsCancel,
        Capability::ConversionsList,
    ],
    optional: &[],
    ids: IdAlphabet::Code,
    names: NameGrammar::without(LOST),
    name_form: NameForm::Entities,
    sort_keys: NAME_AND_TIME,
    requests_per_second: 2.0,
    edits: Edits::Clone,
    delete_field: "file_code",
    listing: ListingSource::Whole,
    page: 200,
    upload: UploadForm { file: "file", authorization: Authorization::Key, folder: None, title: None },
    remote: RemoteCalls::Single,
    unknown_denial_may_be_the_key: true,
};

static VOE: Traits = Traits {
    flavour: Flavour::Voe,
    transport: Transport::Query,
    native: &[
        Capability::AccountRead,
        Capability::FilesRead,
        Capability::FilesUpload,
        Capability::FilesRename,
        Capability::FilesMove,
        Capability::FilesCopy,
        Capability::FilesDelete,
        Capability::FoldersList,
        Capability::FoldersCreate,
        Capability::FoldersRename,
        Capability::RemoteUploadsCreate,
        Capability::RemoteUploadsList,
        Capability::RemoteUploadsRead,
    ],
    optional: &[],
    ids: IdAlphabet::Code,
    names: NameGrammar::without(LOST),
    name_form: NameForm::Plain,
    sort_keys: NAME_SIZE_AND_TIME,
    requests_per_second: 3.0,
    edits: Edits::SetFolder { name: "title" },
    delete_field: "del_code",
    listing: ListingSource::Pages,
    page: 200,
    upload: UploadForm { file: "file", authorization: Authorization::Key, folder: None, title: None },
    remote: RemoteCalls::Numbered,
    unknown_denial_may_be_the_key: true,
};
