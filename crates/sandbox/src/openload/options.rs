//! The choices in which sites of this dialect differ, or on which the page is silent. Every default is what pstream.net
//! is believed to do.

use std::time::Duration;

use crate::{Clock, Copies, Intercept, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply};

/// How a simulator behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API login of the one account.
    pub login: String,
    /// The API key of the one account.
    pub key: String,
    /// Whether the account starts with folders, files, remote uploads and conversions to look at.
    pub seeded: bool,
    /// How `file/listfolder` shows the files.
    pub files_shape: FilesShape,
    /// Whether a listing also names the files of the folders below, as the page's own sample does.
    pub deep_listings: bool,
    /// Whether the body's `status` is the HTTP status too. Otherwise errors come as HTTP 200.
    pub http_mirrors_status: bool,
    /// What stands where a value is missing: `result` of an error, `name` of an unknown file, `url` of an unfinished
    /// remote upload.
    pub missing: Missing,
    /// In which scale `file/converts` tells progress.
    pub progress_scale: ProgressScale,
    /// Which parameter `file/converts` reads the file's id from; the page names both.
    pub converts_filter: ConvertsFilter,
    /// How numbers are written.
    pub numbers: Numbers,
    /// Whether an upload without a Content-Length is refused with HTTP 411.
    pub refuse_chunked: bool,
    /// Whether the upload node calls its JSON `text/html`.
    pub html_reply_to_upload: bool,
    /// What the reply to an upload tells of the file's id.
    pub upload_reply: UploadReply,
    /// How an upload is named whose folder already has a file of its name.
    pub copies: Copies,
    /// How many listings of its folder an uploaded file is missing from at first.
    pub listed_late: u32,
    /// The largest body that an upload may have, in bytes; a larger one gets HTTP 413.
    pub max_upload: Option<u64>,
    /// How long an upload URL can be used.
    pub upload_url_ttl: Duration,
    /// A third of the time that a remote upload takes: `new` for one step, `downloading` for two, then done.
    pub remote_upload_step: Duration,
    /// A third of the time that a conversion takes: 0 % for one step, rising for two, then done.
    pub conversion_step: Duration,
    /// What holds the uploaded file in the reply.
    pub reply_shape: ReplyShape,
    /// What the reply to an upload says of the size.
    pub reply_size: ReplySize,
    /// Whether the reply to an upload has a `sha1`.
    pub reply_hash: bool,
    /// How names are changed before they are stored.
    pub stored_names: StoredNames,
    /// The key of the account's id in `account/info`.
    pub account_id: AccountId,
    /// What `account/info` says of storage and traffic; nothing at pstream.net.
    pub storage: Option<Storage>,
    /// A text in place of every date, such as `9999-12-31 00:00:00`.
    pub fixed_date: Option<String>,
    /// The files of a listing that are hard to read: each kind is one file's, from the first on.
    pub unreadable_files: Vec<Unreadable>,
    /// The folders of a listing that are hard to read, likewise.
    pub unreadable_folders: Vec<Unreadable>,
    /// The answers that come in place of operations. The first that covers a request counts.
    pub intercepts: Vec<Intercept>,
    /// The origin that links in answers start with, such as `http://sandbox:7001`, where the simulator is reached by
    /// another name than its listener's address.
    pub origin: Option<String>,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            login: "sandbox-login".to_owned(),
            key: "sandbox-key".to_owned(),
            seeded: true,
            files_shape: FilesShape::default(),
            deep_listings: false,
            http_mirrors_status: false,
            missing: Missing::default(),
            progress_scale: ProgressScale::default(),
            converts_filter: ConvertsFilter::default(),
            numbers: Numbers::default(),
            refuse_chunked: true,
            html_reply_to_upload: true,
            upload_reply: UploadReply::default(),
            copies: Copies::default(),
            listed_late: 0,
            max_upload: None,
            upload_url_ttl: Duration::from_secs(4 * 60 * 60),
            remote_upload_step: Duration::from_secs(2),
            conversion_step: Duration::from_secs(2),
            reply_shape: ReplyShape::Object,
            reply_size: ReplySize::default(),
            reply_hash: true,
            stored_names: StoredNames::default(),
            account_id: AccountId::default(),
            storage: None,
            fixed_date: None,
            unreadable_files: Vec::new(),
            unreadable_folders: Vec::new(),
            intercepts: Vec::new(),
            origin: None,
            clock: Clock::default(),
        }
    }
}

/// How `file/listfolder` shows the files. The page's sample, `[ "id": {…} ]`, is not JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilesShape {
    /// `{"id": {…}}`, and `[]` where there are none, as PHP writes an empty map.
    #[default]
    Map,
    /// `[{…}]`, as Openload did.
    Array,
    /// `[{"id": {…}}]`, the sample read generously.
    MapsInArray,
}

/// What stands where a value is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// `false`, as in the page's samples.
    #[default]
    False,
    /// `null`.
    Null,
}

/// In which scale `file/converts` tells progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProgressScale {
    /// `57`, as at pstream.net.
    #[default]
    Percent,
    /// `0.57`, as at Openload.
    Fraction,
}

/// Which parameter `file/converts` reads the file's id from. The page's URL says `id`, its table `file`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConvertsFilter {
    /// `file`, and where that is absent `id`.
    #[default]
    Either,
    /// `file` alone; `id` is ignored.
    File,
    /// `id` alone; `file` is ignored.
    Id,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As the page's samples show: mostly as numbers.
    #[default]
    Native,
    /// All as texts, `status` of the envelope and of each file among them, as PHP does with what a database gave it.
    Text,
}

/// The key of the account's id in `account/info`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccountId {
    /// `extid`, as at pstream.net and Openload.
    #[default]
    Extid,
    /// `apiid`, as at Streamtape.
    Apiid,
    /// `id`, as at HighLoad.
    Id,
}

/// What `account/info` says of storage, as at Openload. The used bytes are a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// `storage_left`: the bytes that are left; -1 for no limit.
    pub left: i64,
    /// `storage_used`.
    pub used: u64,
}
