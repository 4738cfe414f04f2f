//! The options of this site that can be set by text: each key once, with its values, its meaning and its setter.

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
    // What stands in place of operations.
    setting("firewall", FIREWALL, "An HTML page in place of operations, or of all; repeatable", |options, value| {
        firewall(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("broken", BROKEN, "Operations that do not work; repeatable", |options, value| {
        broken(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("redirect", REDIRECT, "A redirect of operations, or of all; repeatable", |options, value| {
        redirect(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    // How answers look.
    setting("files_shape", "map|array|maps_in_array", "How listings show the files", |options, value| {
        let shapes =
            [("map", FilesShape::Map), ("array", FilesShape::Array), ("maps_in_array", FilesShape::MapsInArray)];
        put(&mut options.files_shape, choice(value, &shapes))
    }),
    setting("deep_listings", SWITCH, "Whether listings name the files of the folders below", |options, value| {
        put(&mut options.deep_listings, switch(value))
    }),
    setting("http_mirrors_status", SWITCH, "Whether the body's status is the HTTP status", |options, value| {
        put(&mut options.http_mirrors_status, switch(value))
    }),
    setting("missing", "false|null", "What stands where a value is missing", |options, value| {
        put(&mut options.missing, choice(value, &[("false", Missing::False), ("null", Missing::Null)]))
    }),
    setting("numbers", "native|text", "How numbers are written", |options, value| {
        put(&mut options.numbers, choice(value, &[("native", Numbers::Native), ("text", Numbers::Text)]))
    }),
    setting("progress_scale", "percent|fraction", "The scale of progress in file/converts", |options, value| {
        let scales = [("percent", ProgressScale::Percent), ("fraction", ProgressScale::Fraction)];
        put(&mut options.progress_scale, choice(value, &scales))
    }),
    setting("converts_filter", "either|file|id", "Which parameter file/converts reads", |options, value| {
        let filters = [("either", ConvertsFilter::Either), ("file", ConvertsFilter::File), ("id", ConvertsFilter::Id)];
        put(&mut options.converts_filter, choice(value, &filters))
    }),
    setting("fixed_date", TEXT, "A text in place of every date", |options, value| {
        put(&mut options.fixed_date, text(value).map(Some))
    }),
    setting("unreadable_files", UNREADABLE, "Files of listings that are hard to read", |options, value| {
        put(&mut options.unreadable_files, unreadable(value))
    }),
    setting("unreadable_folders", UNREADABLE, "Folders of listings that are hard to read", |options, value| {
        put(&mut options.unreadable_folders, unreadable(value))
    }),
    // Uploads.
    setting("upload_reply", UPLOAD_REPLY, "What the reply to an upload says of the id", |options, value| {
        put(&mut options.upload_reply, upload_reply(value))
    }),
    setting("reply_shape", REPLY_SHAPE, "What holds the file in the reply to an upload", |options, value| {
        put(&mut options.reply_shape, reply_shape(value))
    }),
    setting("reply_size", REPLY_SIZE, "The size in the reply to an upload", |options, value| {
        put(&mut options.reply_size, reply_size(value))
    }),
    setting("reply_hash", SWITCH, "Whether the reply to an upload has a sha1", |options, value| {
        put(&mut options.reply_hash, switch(value))
    }),
    setting("html_reply_to_upload", SWITCH, "Whether that reply calls itself text/html", |options, value| {
        put(&mut options.html_reply_to_upload, switch(value))
    }),
    setting("stored_names", STORED_NAMES, "How names are changed before they are stored", |options, value| {
        put(&mut options.stored_names, stored_names(value))
    }),
    setting("copies", COPIES, "The name of a second file of one name", |options, value| {
        put(&mut options.copies, copies(value))
    }),
    setting("listed_late", NUMBER, "Listings that a new file is missing from at first", |options, value| {
        put(&mut options.listed_late, number(value))
    }),
    setting("refuse_chunked", SWITCH, "Whether an upload without Content-Length gets HTTP 411", |options, value| {
        put(&mut options.refuse_chunked, switch(value))
    }),
    setting("max_upload", LIMIT, "Largest body of an upload, in bytes", |options, value| {
        put(&mut options.max_upload, limit(value))
    }),
    setting("upload_url_ttl", DURATION, "How long an upload URL can be used", |options, value| {
        put(&mut options.upload_url_ttl, duration(value))
    }),
    // Remote uploads and conversions.
    setting("remote_upload_step", DURATION, "A third of the time of a remote upload", |options, value| {
        put(&mut options.remote_upload_step, duration(value))
    }),
    setting("conversion_step", DURATION, "A third of the time of a conversion", |options, value| {
        put(&mut options.conversion_step, duration(value))
    }),
    setting("origin", TEXT, "The origin of links in answers", |options, value| {
        put(&mut options.origin, text(value).map(Some))
    }),
];

/// `LEFT/USED`, or `none`.
fn storage(text: &str) -> Option<Option<Storage>> {
    if text == "none" {
        return Some(None);
    }
    let (left, used) = text.split_once('/')?;
    Some(Some(Storage { left: left.parse().ok()?, used: used.parse().ok()? }))
}
