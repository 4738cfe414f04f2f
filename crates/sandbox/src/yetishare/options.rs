//! The choices in which sites of this script differ, or on which the page is silent. Every default is what
//! streamplay.online is believed to do.

use std::time::Duration;

use super::package::Package;
use crate::{Clock, Copies, Intercept, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply};

/// How a simulator behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which version of the script is shown.
    pub version: Version,
    /// With what `authorize` lets in.
    pub auth: AuthMode,
    /// The credentials of the one account.
    pub login: Login,
    /// Whether the account starts with folders, files and remote uploads to look at.
    pub seeded: bool,
    /// How numbers out of the database are written. Computed ones are always numbers.
    pub numbers: Numbers,
    /// What answers call themselves. They are JSON in any case.
    pub content_type: ContentType,
    /// What stands where the database has no date: `null`, or `0000-00-00 00:00:00` as in old rows.
    pub zero_dates: bool,
    /// Whether errors have an HTTP status of their own, as the page's table promises: 401 for credentials and tokens,
    /// 404 for what is not there, 400 otherwise. Without it, as in the page's lists of errors, all come as HTTP 200.
    pub http_errors: bool,
    /// How long a token lives after its last use. One that was never used lives on.
    pub token_ttl: Duration,
    /// How long a token lives from its issue on, however often it is used; without it, as long as it is used.
    pub token_life: Option<Duration>,
    /// Whether a login ends all other tokens of the account.
    pub single_token: bool,
    /// After how many failed logins in a row the account is locked, for [`lock_duration`](Self::lock_duration).
    pub failed_logins_until_locked: u32,
    /// How long the account stays locked.
    pub lock_duration: Duration,
    /// PHP's `post_max_size`, in bytes: a larger body arrives as if it were empty.
    pub post_max_size: Option<u64>,
    /// PHP's `upload_max_filesize`, in bytes: a larger file arrives as if it were empty.
    pub upload_max_filesize: Option<u64>,
    /// Whether a body without a Content-Length is refused with HTTP 411.
    pub refuse_chunked: bool,
    /// How an upload is named whose folder already has a file of its name.
    pub copies: Copies,
    /// How many listings of its folder an uploaded file is missing from at first.
    pub listed_late: u32,
    /// What the account may do.
    pub package: Package,
    /// The account's own limit of storage, in bytes, in place of the package's.
    pub storage_limit_override: Option<u64>,
    /// Whether the files of a listing tell when they were uploaded, which the page's sample does not show.
    pub dates_in_listings: bool,
    /// Whether a folder in the trash still answers to its id. A file does in any case.
    pub trashed_folders_answer: bool,
    /// Whether the `hash` that is told of an upload is its MD5, which the page does not say.
    pub hash_is_md5: bool,
    /// By how many minutes the site's clock is ahead of UTC, in `_datetime` and in all dates. The HTTP header `Date`
    /// stays GMT.
    pub utc_offset_minutes: i32,
    /// How often one of the waiting remote uploads is taken up. It is then fetched for the same time.
    pub remote_upload_tick: Duration,
    /// Whether `file/url_upload_status` tells why a remote upload failed, as `notes`.
    pub remote_upload_notes: bool,
    /// How long a download URL works.
    pub link_ttl: Duration,
    /// How many requests a download URL is good for, where that is limited.
    pub link_uses: Option<u32>,
    /// What a download URL that is not good any more answers.
    pub dead_links: DeadLinks,
    /// Whether the file server sends Content-Length and Accept-Ranges.
    pub download_headers: bool,
    /// Whether the file server sends an ETag.
    pub download_etag: bool,
    /// Whether the file server answers a Range with the whole file.
    pub ignore_range: bool,
    /// Whether the file server sends a cookie along.
    pub set_cookie_on_download: bool,
    /// What the reply to an upload says of the file's id. Without its own id, the links that contain a name of the file
    /// are left out, too: all but `url`, or all.
    pub upload_reply: UploadReply,
    /// What holds the uploaded file in the reply.
    pub reply_shape: ReplyShape,
    /// What the reply to an upload says of the size.
    pub reply_size: ReplySize,
    /// Whether the reply to an upload has a `hash`.
    pub reply_hash: bool,
    /// Whether the reply to an upload has `delete_url`, `delete_hash`, `info_url` and `stats_url`.
    pub reply_links: bool,
    /// The words by which every upload fails, as an `error` inside a reply that succeeds.
    pub upload_error: Option<String>,
    /// How names are changed before they are stored.
    pub stored_names: StoredNames,
    /// Which characters of names, keywords and messages are written as HTML entities.
    pub escaping: Escaping,
    /// A text in place of every date that the database has, such as `9999-12-31 00:00:00`.
    pub fixed_date: Option<String>,
    /// The account's `paidExpiryDate`, as it is written.
    pub paid_expiry_date: Option<String>,
    /// The files of a listing that are hard to read: each kind is one file's, from the first on.
    pub unreadable_files: Vec<Unreadable>,
    /// The folders of a listing that are hard to read, likewise.
    pub unreadable_folders: Vec<Unreadable>,
    /// The answers that come in place of operations. The first that covers a request counts.
    pub intercepts: Vec<Intercept>,
    /// The origin that links in answers start with, such as `http://sandbox:7002`, where the simulator is reached by
    /// another name than its listener's address.
    pub origin: Option<String>,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        Self {
            version: Version::default(),
            auth: AuthMode::default(),
            login: Login::default(),
            seeded: true,
            numbers: Numbers::default(),
            content_type: ContentType::default(),
            zero_dates: false,
            http_errors: false,
            token_ttl: HOUR,
            token_life: None,
            single_token: true,
            failed_logins_until_locked: 5,
            lock_duration: HOUR,
            post_max_size: None,
            upload_max_filesize: None,
            refuse_chunked: true,
            copies: Copies::default(),
            listed_late: 0,
            package: Package::default(),
            storage_limit_override: None,
            dates_in_listings: false,
            trashed_folders_answer: false,
            hash_is_md5: true,
            utc_offset_minutes: 0,
            remote_upload_tick: Duration::from_secs(2),
            remote_upload_notes: false,
            link_ttl: HOUR * 24,
            link_uses: None,
            dead_links: DeadLinks::default(),
            download_headers: true,
            download_etag: false,
            ignore_range: false,
            set_cookie_on_download: true,
            upload_reply: UploadReply::default(),
            reply_shape: ReplyShape::Array,
            reply_size: ReplySize::default(),
            reply_hash: true,
            reply_links: true,
            upload_error: None,
            stored_names: StoredNames::default(),
            escaping: Escaping::default(),
            fixed_date: None,
            paid_expiry_date: None,
            unreadable_files: Vec::new(),
            unreadable_folders: Vec::new(),
            intercepts: Vec::new(),
            origin: None,
            clock: Clock::default(),
        }
    }
}

/// Which version of the script is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Errors are told by `status`; there are no remote uploads; a file's state in `file/info` is `file_status`.
    V4,
    /// Errors are told by `_status`; remote uploads and downloads by short URL; a file's state is `status` everywhere.
    #[default]
    V5,
}

/// With what `authorize` lets in. A site has one of the two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// `key1` and `key2`, the script's own default.
    #[default]
    Keys,
    /// `username` and `password`.
    Password,
}

/// The credentials of the one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// 64 letters and digits.
    pub key1: String,
    /// 64 letters and digits.
    pub key2: String,
    /// What `account/info` tells, too.
    pub username: String,
    /// As it is typed, not hashed. What looks like a tag is lost on the way: a password must not contain `<`.
    pub password: String,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            key1: "Key1OfTheSandbox".repeat(4),
            key2: "Key2OfTheSandbox".repeat(4),
            username: "sandbox".to_owned(),
            password: "sandbox-password".to_owned(),
        }
    }
}

/// How numbers out of the database are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As texts: PHP before 8.1, and the page's samples.
    #[default]
    Text,
    /// As numbers: PHP from 8.1 on.
    Native,
}

/// Which characters are written as HTML entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escaping {
    /// None.
    #[default]
    None,
    /// `& < > " '`, as PHP's `htmlspecialchars` does.
    Special,
    /// These, and everything outside of ASCII by its number.
    Numeric,
}

impl Escaping {
    /// A text as the site writes it.
    pub(crate) fn apply(self, text: &str) -> String {
        if self == Self::None {
            return text.to_owned();
        }
        let mut written = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => written.push_str("&amp;"),
                '<' => written.push_str("&lt;"),
                '>' => written.push_str("&gt;"),
                '"' => written.push_str("&quot;"),
                '\'' => written.push_str("&#039;"),
                letter if self == Self::Numeric && !letter.is_ascii() => {
                    written.push_str(&format!("&#{};", u32::from(letter)));
                }
                letter => written.push(letter),
            }
        }
        written
    }
}

/// What answers call themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`.
    #[default]
    Json,
    /// `text/html; charset=UTF-8`.
    Html,
}

/// What a download URL answers that has expired, was used up, or never was one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeadLinks {
    /// A redirect to a page that says so.
    #[default]
    Redirect,
    /// That page itself, with HTTP 200.
    Page,
    /// An HTTP status, with a web server's page: 404, 403 or 410.
    Status(u16),
}

/// Where a download URL leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Redirects {
    /// To the file.
    #[default]
    None,
    /// To the file after so many redirects on the same host.
    Hops(u32),
    /// To another address by one redirect: an absolute URL or a path, sent as it is.
    To(String),
}
