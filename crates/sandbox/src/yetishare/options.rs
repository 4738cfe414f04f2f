//! The options in which sites of this script differ, or on which the page is silent. Every default is the assumed
//! behaviour of streamplay.online.

use std::time::Duration;

use super::package::Package;
use crate::{Clock, Copies, Intercept, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply};

/// The options of a simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// The version of the script.
    pub version: Version,
    /// The kind of credentials that `authorize` accepts.
    pub auth: AuthMode,
    /// The credentials of the one account.
    pub login: Login,
    /// Whether the account starts with sample folders, files and remote uploads.
    pub seeded: bool,
    /// The JSON type of numbers from the database. Computed ones are always numbers.
    pub numbers: Numbers,
    /// The content type of answers. They are always JSON.
    pub content_type: ContentType,
    /// Whether a missing date in the database is `0000-00-00 00:00:00`, as in old rows, instead of `null`.
    pub zero_dates: bool,
    /// Whether errors have an HTTP status of their own, as the page's table says: 401 for credentials and tokens, 404
    /// for unknown objects, 400 otherwise. Without it, all have HTTP 200, as in the page's lists of errors.
    pub http_errors: bool,
    /// The time for which a token is valid after its last use. A token that was never used does not expire.
    pub token_ttl: Duration,
    /// The time for which a token is valid after its issue, regardless of its use; `None` for no such limit.
    pub token_life: Option<Duration>,
    /// Whether a login invalidates all other tokens of the account.
    pub single_token: bool,
    /// The number of consecutive failed logins after which the account is locked for
    /// [`lock_duration`](Self::lock_duration).
    pub failed_logins_until_locked: u32,
    /// The time for which the account stays locked.
    pub lock_duration: Duration,
    /// PHP's `post_max_size`, in bytes: a larger body is treated as empty.
    pub post_max_size: Option<u64>,
    /// PHP's `upload_max_filesize`, in bytes: a larger file is treated as empty.
    pub upload_max_filesize: Option<u64>,
    /// Whether a body without a Content-Length is rejected with HTTP 411.
    pub refuse_chunked: bool,
    /// The name of an upload whose folder already has a file of that name.
    pub copies: Copies,
    /// The number of listings of its folder that omit a newly uploaded file.
    pub listed_late: u32,
    /// The account's plan.
    pub package: Package,
    /// The account's own storage limit in bytes, which replaces the package's.
    pub storage_limit_override: Option<u64>,
    /// Whether files in listings have an upload date. The page's sample does not have one.
    pub dates_in_listings: bool,
    /// Whether calls still find a folder in the trash by its id. They always find a file in the trash.
    pub trashed_folders_answer: bool,
    /// Whether the `hash` of an upload is its MD5. The page does not say.
    pub hash_is_md5: bool,
    /// The minutes by which the site's clock is ahead of UTC, in `_datetime` and in all dates. The HTTP header `Date`
    /// stays in GMT.
    pub utc_offset_minutes: i32,
    /// The interval at which one waiting remote upload is started. Fetching takes the same time.
    pub remote_upload_tick: Duration,
    /// Whether `file/url_upload_status` has the reason of a failed remote upload, as `notes`.
    pub remote_upload_notes: bool,
    /// The time for which a download URL is valid.
    pub link_ttl: Duration,
    /// The number of requests that a download URL is valid for, if that is limited.
    pub link_uses: Option<u32>,
    /// The answer of a download URL that is no longer valid.
    pub dead_links: DeadLinks,
    /// Whether the file server sends Content-Length and Accept-Ranges.
    pub download_headers: bool,
    /// Whether the file server sends an ETag.
    pub download_etag: bool,
    /// Whether the file server answers a range request with the whole file.
    pub ignore_range: bool,
    /// Whether the file server sets a cookie.
    pub set_cookie_on_download: bool,
    /// The form of the file's id in the reply to an upload. Without the id, the links that contain an identifier of the
    /// file are omitted, too: all except `url`, or all.
    pub upload_reply: UploadReply,
    /// The container of the uploaded file in the reply.
    pub reply_shape: ReplyShape,
    /// The size in the reply to an upload.
    pub reply_size: ReplySize,
    /// Whether the reply to an upload has a `hash`.
    pub reply_hash: bool,
    /// Whether the reply to an upload has `delete_url`, `delete_hash`, `info_url` and `stats_url`.
    pub reply_links: bool,
    /// The message with which every upload fails, as an `error` inside a successful reply.
    pub upload_error: Option<String>,
    /// The change of names before they are stored.
    pub stored_names: StoredNames,
    /// The characters of names, keywords and messages that are written as HTML entities.
    pub escaping: Escaping,
    /// A text that replaces every date of the database, such as `9999-12-31 00:00:00`.
    pub fixed_date: Option<String>,
    /// The account's `paidExpiryDate`, as the site writes it.
    pub paid_expiry_date: Option<String>,
    /// The malformed files in listings. Each kind affects one file, starting with the first.
    pub unreadable_files: Vec<Unreadable>,
    /// The malformed folders in listings. Each kind affects one folder, starting with the first.
    pub unreadable_folders: Vec<Unreadable>,
    /// The answers that replace operations. The first that covers a request decides.
    pub intercepts: Vec<Intercept>,
    /// The origin of links in answers, such as `http://sandbox:7002`. Needed if clients reach the simulator by another
    /// name than its listener's address.
    pub origin: Option<String>,
    /// The source of the time.
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

/// The version of the script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The key for errors is `status`. There are no remote uploads. The state of a file in `file/info` is
    /// `file_status`.
    V4,
    /// The key for errors is `_status`. There are remote uploads and downloads by short URL. The state of a file is
    /// always `status`.
    #[default]
    V5,
}

/// The kind of credentials that `authorize` accepts. A site has one of the two.
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
    /// The user name, which `account/info` returns as well.
    pub username: String,
    /// The password in plain text. It must not contain `<`, because the script strips everything that looks like a tag.
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

/// The JSON type of numbers from the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As texts: PHP before 8.1, and the page's samples.
    #[default]
    Text,
    /// As numbers: PHP from 8.1 on.
    Native,
}

/// The characters that are written as HTML entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escaping {
    /// None.
    #[default]
    None,
    /// `& < > " '`, as PHP's `htmlspecialchars` does.
    Special,
    /// Those of `Special`, and every character outside ASCII by its number.
    Numeric,
}

impl Escaping {
    /// Returns a text as the site writes it.
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

/// The content type of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`.
    #[default]
    Json,
    /// `text/html; charset=UTF-8`.
    Html,
}

/// The answer of a download URL that has expired, was used up, or never existed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeadLinks {
    /// A redirect to an error page.
    #[default]
    Redirect,
    /// The error page itself, with HTTP 200.
    Page,
    /// An HTTP status with a web server's page: 404, 403 or 410.
    Status(u16),
}

/// The target of a download URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Redirects {
    /// The file.
    #[default]
    None,
    /// The file, after this many redirects on the same host.
    Hops(u32),
    /// Another address, by one redirect. It is an absolute URL or a path, and is sent unchanged.
    To(String),
}
