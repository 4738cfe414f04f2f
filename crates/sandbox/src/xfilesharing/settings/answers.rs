//! The options of answers, names and listings.

use super::{OPTIONAL_TEXT, WORDS, optional_text, words};
use crate::settings::{
    LIMIT, NUMBER, SWITCH, Setting, TEXT, UNREADABLE, choice, limit, number, put, setting, switch, text, unreadable,
};
use crate::xfilesharing::flavours::{FilesInFolders, FolderFilter, Names, Numbers, StatusForm, StorageLeft};
use crate::xfilesharing::options::Options;

pub(super) const SETTINGS: &[Setting<Options>] = &[
    // The envelope.
    setting("status", "number|text|absent", "The form of the envelope's status", |options, value| {
        put(
            &mut options.status,
            choice(
                value,
                &[("number", StatusForm::Number), ("text", StatusForm::Text), ("absent", StatusForm::AbsentOnSuccess)],
            ),
        )
    }),
    setting("success_message", TEXT, "The msg of successful calls", |options, value| {
        put(&mut options.success_message, text(value))
    }),
    setting("http_mirrors_status", SWITCH, "Whether the HTTP status is the body's status", |options, value| {
        put(&mut options.http_mirrors_status, switch(value))
    }),
    setting("utc_offset_minutes", NUMBER, "Minutes by which the site's clock is ahead of UTC", |options, value| {
        put(&mut options.utc_offset_minutes, number(value))
    }),
    setting("html_content_type", SWITCH, "Whether answers are sent as text/html", |options, value| {
        put(&mut options.html_content_type, switch(value))
    }),
    setting("numbers", "as_known|text|number", "How numbers are written", |options, value| {
        put(
            &mut options.numbers,
            choice(value, &[("as_known", Numbers::AsKnown), ("text", Numbers::Text), ("number", Numbers::Number)]),
        )
    }),
    setting("code_key", OPTIONAL_TEXT, "The key of every file's code", |options, value| {
        put(&mut options.code_key, optional_text(value))
    }),
    // The account.
    setting("storage_left", STORAGE_LEFT, "Bytes of storage left in account/info", |options, value| {
        put(&mut options.storage_left, storage_left(value))
    }),
    setting("storage_used", LIMIT, "Bytes of storage used; none is null", |options, value| {
        put(&mut options.storage_used, limit(value))
    }),
    setting("premium_key", TEXT, "The key of the account's expiry", |options, value| {
        put(&mut options.premium_key, text(value))
    }),
    setting("premium_until", TEXT, "The account's expiry", |options, value| {
        put(&mut options.premium_until, text(value))
    }),
    // Names.
    setting("names", "plain|entities|latin1", "The form of stored names", |options, value| {
        put(
            &mut options.names,
            choice(value, &[("plain", Names::Plain), ("entities", Names::Entities), ("latin1", Names::Latin1)]),
        )
    }),
    setting("name_max", LIMIT, "Bytes after which a name is cut", |options, value| {
        put(&mut options.name_max, limit(value))
    }),
    setting("titles_from_names", SWITCH, "Whether uploads are called by their stem", |options, value| {
        put(&mut options.titles_from_names, switch(value))
    }),
    setting("forbidden_words", WORDS, "Words of file names that become _", |options, value| {
        put(&mut options.forbidden_words, words(value))
    }),
    // Listings.
    setting("folder_zero", "root|account", "fld_id=0 in file/list", |options, value| {
        put(
            &mut options.folder_zero,
            choice(value, &[("root", FolderFilter::Root), ("account", FolderFilter::Account)]),
        )
    }),
    setting("folder_missing", "root|account", "No fld_id in file/list", |options, value| {
        put(
            &mut options.folder_missing,
            choice(value, &[("root", FolderFilter::Root), ("account", FolderFilter::Account)]),
        )
    }),
    setting("per_page", "DEFAULT/MOST", "Rows of a page of file/list", |options, value| {
        put(&mut options.per_page, per_page(value))
    }),
    setting("unstable_ties", SWITCH, "Whether files of one second swap places", |options, value| {
        put(&mut options.unstable_ties, switch(value))
    }),
    setting("stale_totals", SWITCH, "Whether results_total is old", |options, value| {
        put(&mut options.stale_totals, switch(value))
    }),
    setting("files_in_folders", "when_asked|always|never", "Whether folder/list has files", |options, value| {
        put(
            &mut options.files_in_folders,
            choice(
                value,
                &[
                    ("when_asked", FilesInFolders::WhenAsked),
                    ("always", FilesInFolders::Always),
                    ("never", FilesInFolders::Never),
                ],
            ),
        )
    }),
    setting("listed_late", NUMBER, "How many listings omit a new file", |options, value| {
        put(&mut options.listed_late, number(value))
    }),
    setting("unreadable_files", UNREADABLE, "Malformed files in listings", |options, value| {
        put(&mut options.unreadable_files, unreadable(value))
    }),
    setting("unreadable_folders", UNREADABLE, "Malformed folders in listings", |options, value| {
        put(&mut options.unreadable_folders, unreadable(value))
    }),
];

const STORAGE_LEFT: &str = "BYTES|text:BYTES|unlimited|absent";

fn storage_left(value: &str) -> Option<StorageLeft> {
    match value {
        "unlimited" => Some(StorageLeft::Unlimited),
        "absent" => Some(StorageLeft::Absent),
        value => match value.strip_prefix("text:") {
            Some(bytes) => number(bytes).map(StorageLeft::Text),
            None => number(value).map(StorageLeft::Bytes),
        },
    }
}

fn per_page(value: &str) -> Option<(usize, usize)> {
    let (default, most) = value.split_once('/')?;
    Some((number(default)?, number(most)?)).filter(|(default, most)| *default > 0 && default <= most)
}
