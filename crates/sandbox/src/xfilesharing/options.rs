//! The options of the simulator: the properties in which sites of this family differ, and the behaviour of the site in
//! special situations. [`Options::of`](super::Options::of) has the defaults of each flavour.

use std::time::Duration;

use super::flavours::{
    Api, DirectLinks, FilesInFolders, Flavour, FolderDelete, FolderFilter, KeyErrors, LimitAnswer, Names, Numbers,
    RenameParameter, Sessions, StatusForm, StorageLeft, SwitchedOff, UnknownFunction, UploadCodes,
};
use crate::{Clock, Intercept, Unreadable};

/// The options of a simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// The key of the account.
    pub key: String,
    /// The kind of site, which decides on the fields of objects and on everything that is no option of its own.
    pub flavour: Flavour,
    /// Whether the account starts with sample folders, files, URL uploads and encodings.
    pub seeded: bool,

    /// The functions that the site has, such as `file/info`.
    pub functions: Vec<String>,
    /// The functions that the site has, but refuses.
    pub off: Vec<SwitchedOff>,
    /// The answer to a function that the site does not have.
    pub unknown_function: UnknownFunction,
    /// The state of the whole API.
    pub api: Api,
    /// The answers to malformed and unknown keys.
    pub key_errors: KeyErrors,
    /// The number of failed keys after which every call is refused for [`lock_duration`](Self::lock_duration).
    pub failed_keys_until_locked: Option<u32>,
    /// The duration of a lock-out.
    pub lock_duration: Duration,
    /// The number of calls in a second.
    pub per_second: Option<u32>,
    /// The number of calls in a minute.
    pub per_minute: Option<u32>,
    /// The number of calls in a day, which ends at the site's midnight.
    pub per_day: Option<u32>,
    /// The answer to calls above a limit.
    pub limit_answer: LimitAnswer,

    /// The form of the envelope's `status`.
    pub status: StatusForm,
    /// The `msg` of successful calls.
    pub success_message: String,
    /// Whether the HTTP status is the body's status. Otherwise errors have HTTP 200.
    pub http_mirrors_status: bool,
    /// The minutes by which the site's clock is ahead of UTC, in `server_time` and in all dates. The HTTP header `Date`
    /// stays in GMT.
    pub utc_offset_minutes: i32,
    /// Whether answers of the API have the content type of HTML.
    pub html_content_type: bool,
    /// The JSON type of numbers.
    pub numbers: Numbers,
    /// The key of a file's code in all objects, if it is the same everywhere: `file_code` or `filecode`.
    pub code_key: Option<String>,

    /// `storage_left` in `account/info`.
    pub storage_left: StorageLeft,
    /// `storage_used` in `account/info`; `None` is `null`.
    pub storage_used: Option<u64>,
    /// The key of the account's expiry, such as `premim_expire`.
    pub premium_key: String,
    /// The value of that key.
    pub premium_until: String,

    /// The form in which names are stored.
    pub names: Names,
    /// The number of bytes after which a name is cut.
    pub name_max: Option<usize>,
    /// Whether an upload without a title is called by its file name without the extension, with blanks.
    pub titles_from_names: bool,
    /// Words of file names that are replaced by `_`.
    pub forbidden_words: Vec<String>,

    /// The meaning of `fld_id=0` in `file/list`.
    pub folder_zero: FolderFilter,
    /// The meaning of a missing `fld_id` in `file/list`.
    pub folder_missing: FolderFilter,
    /// The number of rows of `file/list` if the call does not say, and at most.
    pub per_page: (usize, usize),
    /// Whether files of the same second swap places from one `file/list` to the next.
    pub unstable_ties: bool,
    /// Whether `results_total` is five minutes old.
    pub stale_totals: bool,
    /// Whether `folder/list` has files.
    pub files_in_folders: FilesInFolders,
    /// The number of listings of its folder that omit a newly uploaded file.
    pub listed_late: u32,
    /// The malformed files in listings. Each kind affects one file, starting with the first.
    pub unreadable_files: Vec<Unreadable>,
    /// The malformed folders in listings. Each kind affects one folder, starting with the first.
    pub unreadable_folders: Vec<Unreadable>,

    /// Whether `file/edit` replaces the tags even if it has none.
    pub edit_wipes_tags: bool,
    /// Whether `file/set_folder` and `file/move` refuse unknown folders. Otherwise the file is in no folder then.
    pub refuse_unknown_target: bool,
    /// The parameter of `file/rename` with the new name.
    pub rename_parameter: RenameParameter,
    /// The effect of `folder/delete` on a folder with content.
    pub folder_delete: FolderDelete,
    /// The largest number of folders.
    pub max_folders: usize,

    /// Whether a server is free for uploads.
    pub upload_servers: bool,
    /// The form field of an upload that has the folder.
    pub upload_folder: Option<String>,
    /// The effect of an invalid upload session.
    pub sessions: Sessions,
    /// The time for which an upload session is valid.
    pub session_life: Option<Duration>,
    /// The number of uploads of a session.
    pub session_uses: Option<u32>,
    /// Whether text fields after the first file of a form count.
    pub late_fields: bool,
    /// The origin that a form must name in `Origin`, if the site checks it.
    pub required_origin: Option<String>,
    /// The code in the answer to an upload.
    pub upload_codes: UploadCodes,
    /// The words with which every file is refused inside of a successful answer.
    pub upload_refusal: Option<String>,
    /// The words with which every upload fails as HTTP 500, after `ERROR: `.
    pub upload_error: Option<String>,
    /// Whether the answer to an upload is an HTML form with textareas.
    pub upload_textareas: bool,
    /// The largest file, in bytes.
    pub max_upload: Option<u64>,
    /// The extensions of file names that are refused.
    pub refused_extensions: Vec<String>,
    /// Whether only videos are accepted.
    pub only_videos: bool,
    /// Whether an upload without a Content-Length is rejected with HTTP 411.
    pub refuse_chunked: bool,

    /// Whether the address of a URL upload is unescaped once more, and robbed of some characters and words.
    pub mangle_urls: bool,
    /// The largest number of URL uploads in the queue.
    pub url_queue: usize,
    /// A third of the duration of a URL upload: it is pending for one step and works for two.
    pub remote_upload_step: Duration,
    /// A third of the duration of an encoding, which begins when the video is stored.
    pub encoding_step: Duration,
    /// The time until a video's pictures exist.
    pub picture_delay: Duration,

    /// The form of `file/direct_link`.
    pub direct_links: DirectLinks,
    /// The time for which a download URL is valid.
    pub link_life: Duration,

    /// The answers that replace operations. The first that covers a request decides.
    pub intercepts: Vec<Intercept>,
    /// The origin of links in answers, such as `http://sandbox:7003`. Needed if clients reach the simulator by another
    /// name than its listener's address.
    pub origin: Option<String>,
    /// The source of the time.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self::of(Flavour::Xvs)
    }
}

impl Options {
    /// Adds functions that the site has.
    #[must_use]
    pub fn with(mut self, functions: &[&str]) -> Self {
        self.functions.extend(functions.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Removes functions, so that the site does not know them.
    #[must_use]
    pub fn without(mut self, functions: &[&str]) -> Self {
        self.functions.retain(|name| !functions.contains(&name.as_str()));
        self
    }
}
