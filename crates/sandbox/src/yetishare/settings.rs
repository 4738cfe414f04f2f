//! The options of this site that can be set from text: key, values, description and setter of each.

use super::operations::names as operations;
use super::options::{AuthMode, ContentType, DeadLinks, Escaping, Numbers, Options, Version};
use crate::settings::{
    BROKEN, DURATION, FIREWALL, LIMIT, NUMBER, REDIRECT, STORED_NAMES, SWITCH, Setting, TEXT, UNREADABLE, UPLOAD_REPLY,
    broken, choice, copies, duration, firewall, limit, number, put, redirect, reply_shape, reply_size, setting,
    stored_names, switch, text, unreadable, upload_reply,
};
use crate::settings::{COPIES, REPLY_SHAPE, REPLY_SIZE};

pub(crate) const SETTINGS: &[Setting<Options>] = &[
    // The script and its account.
    setting("version", "4|5", "Version of the script", |options, value| {
        put(&mut options.version, choice(value, &[("4", Version::V4), ("5", Version::V5)]))
    }),
    setting("auth", "keys|password", "The credentials that authorize accepts", |options, value| {
        put(&mut options.auth, choice(value, &[("keys", AuthMode::Keys), ("password", AuthMode::Password)]))
    }),
    setting("key1", "64 letters and digits", "First key of the account", |options, value| {
        put(&mut options.login.key1, text(value).filter(|key| key.len() == 64))
    }),
    setting("key2", "64 letters and digits", "Second key of the account", |options, value| {
        put(&mut options.login.key2, text(value).filter(|key| key.len() == 64))
    }),
    setting("username", TEXT, "User name of the account", |options, value| {
        put(&mut options.login.username, text(value))
    }),
    setting("password", TEXT, "Password of the account", |options, value| {
        put(&mut options.login.password, text(value))
    }),
    setting("seeded", SWITCH, "Whether the account starts with folders and files", |options, value| {
        put(&mut options.seeded, switch(value))
    }),
    setting("paid_expiry_date", TEXT, "The account's paidExpiryDate, as the site writes it", |options, value| {
        put(&mut options.paid_expiry_date, text(value).map(Some))
    }),
    setting("storage_limit", LIMIT, "The account's own storage limit, in bytes", |options, value| {
        put(&mut options.storage_limit_override, limit(value))
    }),
    setting("max_upload_size", NUMBER, "Largest file of the package, in bytes; 0 is no limit", |options, value| {
        put(&mut options.package.max_upload_size, number(value))
    }),
    setting("can_upload", SWITCH, "Whether the package allows uploads", |options, value| {
        put(&mut options.package.can_upload, switch(value))
    }),
    // Tokens.
    setting("token_ttl", DURATION, "How long a token is valid after its last use", |options, value| {
        put(&mut options.token_ttl, duration(value))
    }),
    setting("token_life", DURATION, "How long a token is valid after its issue, used or not", |options, value| {
        put(&mut options.token_life, duration(value).map(Some))
    }),
    setting("single_token", SWITCH, "Whether a login ends the account's other tokens", |options, value| {
        put(&mut options.single_token, switch(value))
    }),
    setting("failed_logins_until_locked", NUMBER, "Failed logins in a row that lock the account", |options, value| {
        put(&mut options.failed_logins_until_locked, number(value))
    }),
    setting("lock_duration", DURATION, "How long the account stays locked", |options, value| {
        put(&mut options.lock_duration, duration(value))
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
    setting("numbers", "text|native", "How numbers from the database are written", |options, value| {
        put(&mut options.numbers, choice(value, &[("text", Numbers::Text), ("native", Numbers::Native)]))
    }),
    setting("content_type", "json|html", "The content type of answers", |options, value| {
        put(&mut options.content_type, choice(value, &[("json", ContentType::Json), ("html", ContentType::Html)]))
    }),
    setting("escaping", "none|special|numeric", "What is written as HTML entities", |options, value| {
        let choices = [("none", Escaping::None), ("special", Escaping::Special), ("numeric", Escaping::Numeric)];
        put(&mut options.escaping, choice(value, &choices))
    }),
    setting("zero_dates", SWITCH, "0000-00-00 00:00:00 in place of null", |options, value| {
        put(&mut options.zero_dates, switch(value))
    }),
    setting("fixed_date", TEXT, "A text that replaces every date", |options, value| {
        put(&mut options.fixed_date, text(value).map(Some))
    }),
    setting("utc_offset_minutes", NUMBER, "Minutes by which the site's clock is ahead of UTC", |options, value| {
        put(&mut options.utc_offset_minutes, number(value))
    }),
    setting("http_errors", SWITCH, "Whether errors have an HTTP status of their own", |options, value| {
        put(&mut options.http_errors, switch(value))
    }),
    setting("dates_in_listings", SWITCH, "Whether files in listings have an upload date", |options, value| {
        put(&mut options.dates_in_listings, switch(value))
    }),
    setting("unreadable_files", UNREADABLE, "Malformed files in listings", |options, value| {
        put(&mut options.unreadable_files, unreadable(value))
    }),
    setting("unreadable_folders", UNREADABLE, "Malformed folders in listings", |options, value| {
        put(&mut options.unreadable_folders, unreadable(value))
    }),
    setting("trashed_folders_answer", SWITCH, "Whether calls find a folder in the trash", |options, value| {
        put(&mut options.trashed_folders_answer, switch(value))
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
    setting("reply_hash", SWITCH, "Whether the reply to an upload has a hash", |options, value| {
        put(&mut options.reply_hash, switch(value))
    }),
    setting("reply_links", SWITCH, "Whether the reply has delete_url, info_url and stats_url", |options, value| {
        put(&mut options.reply_links, switch(value))
    }),
    setting("upload_error", TEXT, "An error inside the reply to every upload", |options, value| {
        put(&mut options.upload_error, text(value).map(Some))
    }),
    setting("hash_is_md5", SWITCH, "Whether the hash of an upload is its MD5", |options, value| {
        put(&mut options.hash_is_md5, switch(value))
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
    setting("refuse_chunked", SWITCH, "Whether a body without Content-Length gets HTTP 411", |options, value| {
        put(&mut options.refuse_chunked, switch(value))
    }),
    setting("post_max_size", LIMIT, "PHP's post_max_size, in bytes", |options, value| {
        put(&mut options.post_max_size, limit(value))
    }),
    setting("upload_max_filesize", LIMIT, "PHP's upload_max_filesize, in bytes", |options, value| {
        put(&mut options.upload_max_filesize, limit(value))
    }),
    // Remote uploads and downloads.
    setting("remote_upload_tick", DURATION, "How often a waiting remote upload is started", |options, value| {
        put(&mut options.remote_upload_tick, duration(value).filter(|tick| !tick.is_zero()))
    }),
    setting("remote_upload_notes", SWITCH, "Whether the status says why a remote upload failed", |options, value| {
        put(&mut options.remote_upload_notes, switch(value))
    }),
    setting("link_ttl", DURATION, "How long a download URL is valid", |options, value| {
        put(&mut options.link_ttl, duration(value))
    }),
    setting("link_uses", LIMIT, "How many requests a download URL is valid for", |options, value| {
        put(&mut options.link_uses, limit(value))
    }),
    setting("dead_links", "redirect|page|STATUS", "The answer of an invalid download URL", |options, value| {
        let choices = [("redirect", DeadLinks::Redirect), ("page", DeadLinks::Page)];
        put(&mut options.dead_links, choice(value, &choices).or_else(|| number(value).map(DeadLinks::Status)))
    }),
    setting("download_headers", SWITCH, "Content-Length and Accept-Ranges on downloads", |options, value| {
        put(&mut options.download_headers, switch(value))
    }),
    setting("download_etag", SWITCH, "Whether downloads have an ETag", |options, value| {
        put(&mut options.download_etag, switch(value))
    }),
    setting("ignore_range", SWITCH, "Whether a Range gets the whole file", |options, value| {
        put(&mut options.ignore_range, switch(value))
    }),
    setting("origin", TEXT, "The origin of links in answers", |options, value| {
        put(&mut options.origin, text(value).map(Some))
    }),
];
