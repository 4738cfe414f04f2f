//! The options of this site that can be set from text: key, values, description and setter of each.

use super::options::{AccountId, ConvertsFilter, FilesShape, Missing, Numbers, Options, ProgressScale, Storage};
use super::routes::operations;
use crate::settings::{
    BROKEN, COPIES, DURATION, FIREWALL, LIMIT, NUMBER, REDIRECT, REPLY_SHAPE, REPLY_SIZE, STORED_NAMES, SWITCH,
    Setting, TEXT, UNREADABLE, UPLOAD_REPLY, broken, choice, copies, duration, firewall, limit, number, put, redirect,
    reply_shape, reply_size, setting, stored_names, switch, text, unreadable, upload_reply,
};

pub(crate) const SETTINGS: &[Setting<Options>] = &[
    // The account.
    setting("login", TEXT, "API login of the account", |options, value| put(&mut options.login, text(value))),
    setting("key", TEXT, "API key of the account", |options, value| put(&mut options.key, text(value))),
    setting("seeded", SWITCH, "Whether the account starts with folders and files", |options, value| {
        put(&mut options.seeded, switch(value))
    }),
    setting("account_id", "extid|apiid|id", "Key of the account's id in account/info", |options, value| {
        let keys = [("extid", AccountId::Extid), ("apiid", AccountId::Apiid), ("id", AccountId::Id)];
        put(&mut options.account_id, choice(value, &keys))
    }),
    setting("storage", "LEFT/USED|none", "Bytes of storage in account/info; -1 is no limit", |options, value| {
        put(&mut options.storage, storage(value))
    }),
    // Answers that replace operations.
    setting("firewall", FIREWALL, "An HTML page that replaces some or all operations; repeatable", |options, value| {
        firewall(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("broken", BROKEN, "Operations that fail; repeatable", |options, value| {
        broken(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("redirect", REDIRECT, "A redirect of some or all operations; repeatable", |options, value| {
        redirect(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    // The format of answers.
    setting("files_shape", "map|array|maps_in_array", "The form of the files in listings", |options, value| {
        let shapes =
            [("map", FilesShape::Map), ("array", FilesShape::Array), ("maps_in_array", FilesShape::MapsInArray)];
        put(&mut options.files_shape, choice(value, &shapes))
    }),
    setting("deep_listings", SWITCH, "Whether listings include the files of the folders below", |options, value| {
        put(&mut options.deep_listings, switch(value))
    }),
    setting("http_mirrors_status", SWITCH, "Whether the HTTP status is the body's status", |options, value| {
        put(&mut options.http_mirrors_status, switch(value))
    }),
    setting("missing", "false|null", "The value in place of a missing one", |options, value| {
        put(&mut options.missing, choice(value, &[("false", Missing::False), ("null", Missing::Null)]))
    }),
    setting("numbers", "native|text", "How numbers are written", |options, value| {
        put(&mut options.numbers, choice(value, &[("native", Numbers::Native), ("text", Numbers::Text)]))
    }),
    setting("progress_scale", "percent|fraction", "The scale of progress in file/converts", |options, value| {
        let scales = [("percent", ProgressScale::Percent), ("fraction", ProgressScale::Fraction)];
        put(&mut options.progress_scale, choice(value, &scales))
    }),
    setting(
        "converts_filter",
        "either|file|id",
        "The parameter of file/converts with the file's id",
        |options, value| {
            let filters =
                [("either", ConvertsFilter::Either), ("file", ConvertsFilter::File), ("id", ConvertsFilter::Id)];
            put(&mut options.converts_filter, choice(value, &filters))
        },
    ),
    setting("fixed_date", TEXT, "A text that replaces every date", |options, value| {
        put(&mut options.fixed_date, text(value).map(Some))
    }),
    setting("unreadable_files", UNREADABLE, "Malformed files in listings", |options, value| {
        put(&mut options.unreadable_files, unreadable(value))
    }),
    setting("unreadable_folders", UNREADABLE, "Malformed folders in listings", |options, value| {
        put(&mut options.unreadable_folders, unreadable(value))
    }),
    // Uploads.
    setting("upload_reply", UPLOAD_REPLY, "What the reply to an upload has of the id", |options, value| {
        put(&mut options.upload_reply, upload_reply(value))
    }),
    setting("reply_shape", REPLY_SHAPE, "The container of the file in the reply to an upload", |options, value| {
        put(&mut options.reply_shape, reply_shape(value))
    }),
    setting("reply_size", REPLY_SIZE, "The size in the reply to an upload", |options, value| {
        put(&mut options.reply_size, reply_size(value))
    }),
    setting("reply_hash", SWITCH, "Whether the reply to an upload has a sha1", |options, value| {
        put(&mut options.reply_hash, switch(value))
    }),
    setting("html_reply_to_upload", SWITCH, "Whether the reply to an upload is sent as text/html", |options, value| {
        put(&mut options.html_reply_to_upload, switch(value))
    }),
    setting("stored_names", STORED_NAMES, "How names are changed before they are stored", |options, value| {
        put(&mut options.stored_names, stored_names(value))
    }),
    setting("copies", COPIES, "The name of a second file of the same name", |options, value| {
        put(&mut options.copies, copies(value))
    }),
    setting("listed_late", NUMBER, "How many listings omit a new file", |options, value| {
        put(&mut options.listed_late, number(value))
    }),
    setting("refuse_chunked", SWITCH, "Whether an upload without Content-Length gets HTTP 411", |options, value| {
        put(&mut options.refuse_chunked, switch(value))
    }),
    setting("max_upload", LIMIT, "Largest body of an upload, in bytes", |options, value| {
        put(&mut options.max_upload, limit(value))
    }),
    setting("upload_url_ttl", DURATION, "How long an upload URL is valid", |options, value| {
        put(&mut options.upload_url_ttl, duration(value))
    }),
    // Remote uploads and conversions.
    setting("remote_upload_step", DURATION, "A third of the duration of a remote upload", |options, value| {
        put(&mut options.remote_upload_step, duration(value))
    }),
    setting("remote_remove", SWITCH, "Whether the site has remotedl/remove", |options, value| {
        put(&mut options.remote_remove, switch(value))
    }),
    setting("conversion_step", DURATION, "A third of the duration of a conversion", |options, value| {
        put(&mut options.conversion_step, duration(value))
    }),
    setting("origin", TEXT, "The origin of links in answers", |options, value| {
        put(&mut options.origin, text(value).map(Some))
    }),
];

/// Parses `LEFT/USED` or `none`.
fn storage(text: &str) -> Option<Option<Storage>> {
    if text == "none" {
        return Some(None);
    }
    let (left, used) = text.split_once('/')?;
    Some(Some(Storage { left: left.parse().ok()?, used: used.parse().ok()? }))
}
