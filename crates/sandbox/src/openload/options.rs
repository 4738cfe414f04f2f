//! The options of the simulator: properties in which sites of this dialect differ, or which the site's API page does
//! not describe. Every default is the assumed behaviour of pstream.net.

use std::time::Duration;

use crate::{Clock, Copies, Intercept, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply};

/// The options of a simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API login of the one account.
    pub login: String,
    /// The API key of the one account.
    pub key: String,
    /// Whether the account starts with sample folders, files, remote uploads and conversions.
    pub seeded: bool,
    /// The form of the files in `file/listfolder`.
    pub files_shape: FilesShape,
    /// Whether a listing includes the files of the folders below, as the sample on the site's API page does.
    pub deep_listings: bool,
    /// Whether the body's `status` is also the HTTP status. Otherwise errors have HTTP 200.
    pub http_mirrors_status: bool,
    /// The value in place of a missing one: `result` of an error, `name` of an unknown file, `url` of an unfinished
    /// remote upload.
    pub missing: Missing,
    /// The scale of the progress in `file/converts`.
    pub progress_scale: ProgressScale,
    /// The parameter of `file/converts` that has the file's id. The site's API page names both.
    pub converts_filter: ConvertsFilter,
    /// The JSON type of numbers.
    pub numbers: Numbers,
    /// Whether an upload without a Content-Length is rejected with HTTP 411.
    pub refuse_chunked: bool,
    /// Whether the upload node sends its JSON as `text/html`.
    pub html_reply_to_upload: bool,
    /// The parts of the file's id and URL in the reply to an upload.
    pub upload_reply: UploadReply,
    /// The name of an upload if its folder already has a file of that name.
    pub copies: Copies,
    /// The number of listings of its folder that omit a newly uploaded file.
    pub listed_late: u32,
    /// The largest body of an upload, in bytes. A larger one is rejected with HTTP 413.
    pub max_upload: Option<u64>,
    /// The lifetime of an upload URL.
    pub upload_url_ttl: Duration,
    /// A third of the duration of a remote upload: it is `new` for one step and `downloading` for two.
    pub remote_upload_step: Duration,
    /// Whether the site has `remotedl/remove`, as Openload did. pstream.net does not document it.
    pub remote_remove: bool,
    /// A third of the duration of a conversion: it is at 0 % for one step and progresses for two.
    pub conversion_step: Duration,
    /// The container of the uploaded file in the reply.
    pub reply_shape: ReplyShape,
    /// The size in the reply to an upload.
    pub reply_size: ReplySize,
    /// Whether the reply to an upload has a `sha1`.
    pub reply_hash: bool,
    /// The change of names before they are stored.
    pub stored_names: StoredNames,
    /// The key of the account's id in `account/info`.
    pub account_id: AccountId,
    /// The storage and traffic in `account/info`. pstream.net has none.
    pub storage: Option<Storage>,
    /// A text that replaces every date, such as `9999-12-31 00:00:00`.
    pub fixed_date: Option<String>,
    /// The malformed files in listings. Each kind affects one file, starting with the first.
    pub unreadable_files: Vec<Unreadable>,
    /// The malformed folders in listings. Each kind affects one folder, starting with the first.
    pub unreadable_folders: Vec<Unreadable>,
    /// The answers that replace operations. The first that covers a request decides.
    pub intercepts: Vec<Intercept>,
    /// The origin of links in answers, such as `http://sandbox:7001`. Needed if clients reach the simulator by another
    /// name than its listener's address.
    pub origin: Option<String>,
    /// The source of the time.
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
            remote_remove: false,
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

/// The form of the files in `file/listfolder`. The page's sample, `[ "id": {…} ]`, is not JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FilesShape {
    /// `{"id": {…}}`, or `[]` if there are none, as PHP writes an empty map.
    #[default]
    Map,
    /// `[{…}]`, as Openload did.
    Array,
    /// `[{"id": {…}}]`, a lenient reading of the sample.
    MapsInArray,
}

/// The value in place of a missing one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// `false`, as in the samples of the site's API page.
    #[default]
    False,
    /// `null`.
    Null,
}

/// The scale of the progress in `file/converts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProgressScale {
    /// `57`, as at pstream.net.
    #[default]
    Percent,
    /// `0.57`, as at Openload.
    Fraction,
}

/// The parameter of `file/converts` that has the file's id. On the site's API page, the URL has `id`, and the table of
/// parameters has `file`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConvertsFilter {
    /// `file`, or `id` if `file` is absent.
    #[default]
    Either,
    /// Only `file`. `id` is ignored.
    File,
    /// Only `id`. `file` is ignored.
    Id,
}

/// The JSON type of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Mostly as numbers, as in the samples of the site's API page.
    #[default]
    Native,
    /// All as texts, including the `status` of the envelope and of each file, as PHP does with database values.
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

/// The storage in `account/info`, as at Openload. The used bytes are a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// `storage_left`: the remaining bytes, or -1 for no limit.
    pub left: i64,
    /// `storage_used`.
    pub used: u64,
}
