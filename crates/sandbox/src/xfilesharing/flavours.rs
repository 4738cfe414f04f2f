//! The flavours of the family, and the values of the options in which sites differ.

/// A kind of site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flavour {
    /// XVideoSharing, the script of most video sites of the family.
    #[default]
    Xvs,
    /// XFileSharing Pro, the script of file hosts, as katfile runs it.
    Xfs,
    /// DoodStream.
    Dood,
    /// Byse, formerly Filemoon.
    Byse,
    /// VOE, a program of its own that imitates the API.
    Voe,
}

/// A function that the site has, but refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// The function, such as `file/clone`.
    pub function: String,
    /// The site's words.
    pub words: OffWords,
}

/// The words with which a site refuses a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffWords {
    /// `This function not allowed in API`
    NotAllowed,
    /// `Not enabled`
    NotEnabled,
    /// `API special allowed for premium only`
    PremiumOnly,
    /// `API special not enable for your account`
    SpecialNotEnabled,
    /// `File Delete disabled by your account options`
    ByAccountOptions,
}

/// The state of the whole API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Api {
    /// It works.
    #[default]
    On,
    /// Every key is answered like an unknown one.
    Off,
    /// `API not enabled for your account`
    NotForAccount,
}

/// The answer to a function that the site does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownFunction {
    /// 400 `Invalid operation`, after the key was checked.
    #[default]
    InvalidOperation,
    /// HTTP 404 with an HTML page, whatever the key is.
    Page,
}

/// The answers to malformed and unknown keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyErrors {
    /// 400 `Invalid key` for a malformed key, 403 `Wrong auth` for an unknown one.
    #[default]
    ByForm,
    /// 400 `Invalid key` for both.
    InvalidKey,
    /// 401 `Authentication failed.` for both.
    AuthenticationFailed,
}

/// The answer to calls above a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LimitAnswer {
    /// Body status 403: `Requests limit reached: N per min`.
    Forbidden,
    /// Body status `"429"`, as a text: `Too Many Requests`.
    Text,
    /// Body status 429, as a number: `Too many requests`.
    Number,
    /// The same under HTTP 429.
    #[default]
    Http,
}

/// The form of the envelope's `status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StatusForm {
    /// A number.
    #[default]
    Number,
    /// A text.
    Text,
    /// Absent on success, and a number otherwise.
    AbsentOnSuccess,
}

/// The JSON type of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Text or number, as the site has it for each field.
    #[default]
    AsKnown,
    /// All texts, apart from the envelope's status.
    Text,
    /// All numbers.
    Number,
}

/// `storage_left` in `account/info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageLeft {
    /// A number of bytes, which may be negative.
    Bytes(i64),
    /// The same as text.
    Text(i64),
    /// The word for no limit: `unlimited`, at file hosts `inf`.
    Unlimited,
    /// The field is absent.
    Absent,
}

/// The form in which names are stored and shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// Unchanged.
    #[default]
    Plain,
    /// Some characters as HTML entities, a backslash doubled.
    Entities,
    /// Each byte as a character of Latin-1, and `"` as `&quote;`.
    Latin1,
}

/// The files that `file/list` selects for a value of `fld_id`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FolderFilter {
    /// The files of the root.
    Root,
    /// The files of the whole account.
    #[default]
    Account,
}

/// Whether `folder/list` has files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilesInFolders {
    /// Only with `files=1`.
    #[default]
    WhenAsked,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The parameter of `file/rename` with the new name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RenameParameter {
    /// `name`
    Name,
    /// `title`
    Title,
    /// Either of them.
    #[default]
    Either,
}

/// The effect of `folder/delete` on a folder with content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FolderDelete {
    /// 403.
    #[default]
    EmptyOnly,
    /// 400, unless the call has `force=1`. Then its files go to the root and its folders to its parent.
    Force,
}

/// The effect of an invalid upload session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sessions {
    /// The file is stored as an anonymous one, and the answer is `OK`.
    #[default]
    Anonymous,
    /// The file is refused.
    Refused,
}

/// The code in the answer to an upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UploadCodes {
    /// The code of the stored file.
    #[default]
    Given,
    /// `undef`: the file is discarded.
    Undef,
    /// An empty text: the file is discarded.
    Empty,
}

/// The form of `file/direct_link`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DirectLinks {
    /// `{"versions": [{"name", "size", "url"}]}`, as at newer video sites.
    #[default]
    Versions,
    /// `{"o": {"url", "size"}, "h": {…}}`, as at older ones.
    Map,
    /// `{"url", "size"}`, as at file hosts.
    Single,
}
