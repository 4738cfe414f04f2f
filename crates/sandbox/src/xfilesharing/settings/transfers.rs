//! The options of writes, uploads and downloads.

use super::{OPTIONAL_TEXT, WORDS, optional_text, words};
use crate::settings::{
    DURATION, LIMIT, NUMBER, SWITCH, Setting, choice, duration, limit, number, put, setting, switch,
};
use crate::xfilesharing::flavours::{DirectLinks, FolderDelete, RenameParameter, Sessions, UploadCodes};
use crate::xfilesharing::options::Options;

pub(super) const SETTINGS: &[Setting<Options>] = &[
    // Writes.
    setting("edit_wipes_tags", SWITCH, "Whether file/edit without tags removes them", |options, value| {
        put(&mut options.edit_wipes_tags, switch(value))
    }),
    setting("refuse_unknown_target", SWITCH, "Whether moves to unknown folders are refused", |options, value| {
        put(&mut options.refuse_unknown_target, switch(value))
    }),
    setting("rename_parameter", "name|title|either", "The parameter of file/rename", |options, value| {
        put(
            &mut options.rename_parameter,
            choice(
                value,
                &[
                    ("name", RenameParameter::Name),
                    ("title", RenameParameter::Title),
                    ("either", RenameParameter::Either),
                ],
            ),
        )
    }),
    setting("folder_delete", "empty_only|force", "folder/delete with content", |options, value| {
        put(
            &mut options.folder_delete,
            choice(value, &[("empty_only", FolderDelete::EmptyOnly), ("force", FolderDelete::Force)]),
        )
    }),
    setting("max_folders", NUMBER, "Largest number of folders", |options, value| {
        put(&mut options.max_folders, number(value))
    }),
    // Uploads.
    setting("upload_servers", SWITCH, "Whether a server is free for uploads", |options, value| {
        put(&mut options.upload_servers, switch(value))
    }),
    setting("upload_folder", OPTIONAL_TEXT, "The form field with the folder", |options, value| {
        put(&mut options.upload_folder, optional_text(value))
    }),
    setting("sessions", "anonymous|refused", "The effect of an invalid session", |options, value| {
        put(&mut options.sessions, choice(value, &[("anonymous", Sessions::Anonymous), ("refused", Sessions::Refused)]))
    }),
    setting("session_life", DURATION, "How long a session is valid", |options, value| {
        put(&mut options.session_life, duration(value).map(Some))
    }),
    setting("session_uses", LIMIT, "Uploads of a session", |options, value| {
        put(&mut options.session_uses, limit(value))
    }),
    setting("late_fields", SWITCH, "Whether form fields after the file count", |options, value| {
        put(&mut options.late_fields, switch(value))
    }),
    setting("required_origin", OPTIONAL_TEXT, "The origin that a form must name", |options, value| {
        put(&mut options.required_origin, optional_text(value))
    }),
    setting("upload_codes", "given|undef|empty", "The code in the answer", |options, value| {
        put(
            &mut options.upload_codes,
            choice(
                value,
                &[("given", UploadCodes::Given), ("undef", UploadCodes::Undef), ("empty", UploadCodes::Empty)],
            ),
        )
    }),
    setting("upload_refusal", OPTIONAL_TEXT, "Words that refuse every file", |options, value| {
        put(&mut options.upload_refusal, optional_text(value))
    }),
    setting("upload_error", OPTIONAL_TEXT, "Words of an HTTP 500 for every upload", |options, value| {
        put(&mut options.upload_error, optional_text(value))
    }),
    setting("upload_textareas", SWITCH, "Whether uploads are answered in HTML", |options, value| {
        put(&mut options.upload_textareas, switch(value))
    }),
    setting("max_upload", LIMIT, "Largest file, in bytes", |options, value| put(&mut options.max_upload, limit(value))),
    setting("refused_extensions", WORDS, "Extensions that are refused", |options, value| {
        put(&mut options.refused_extensions, words(value))
    }),
    setting("only_videos", SWITCH, "Whether only videos are accepted", |options, value| {
        put(&mut options.only_videos, switch(value))
    }),
    setting("refuse_chunked", SWITCH, "Whether uploads need a Content-Length", |options, value| {
        put(&mut options.refuse_chunked, switch(value))
    }),
    // URL uploads, encodings and downloads.
    setting("mangle_urls", SWITCH, "Whether addresses of URL uploads are mangled", |options, value| {
        put(&mut options.mangle_urls, switch(value))
    }),
    setting("url_queue", NUMBER, "Largest number of URL uploads", |options, value| {
        put(&mut options.url_queue, number(value))
    }),
    setting("remote_upload_step", DURATION, "A third of the duration of a URL upload", |options, value| {
        put(&mut options.remote_upload_step, duration(value))
    }),
    setting("encoding_step", DURATION, "A third of the duration of an encoding", |options, value| {
        put(&mut options.encoding_step, duration(value))
    }),
    setting("picture_delay", DURATION, "How long pictures are missing", |options, value| {
        put(&mut options.picture_delay, duration(value))
    }),
    setting("direct_links", "versions|map|single", "The form of file/direct_link", |options, value| {
        put(
            &mut options.direct_links,
            choice(
                value,
                &[("versions", DirectLinks::Versions), ("map", DirectLinks::Map), ("single", DirectLinks::Single)],
            ),
        )
    }),
    setting("link_life", DURATION, "How long a download URL is valid", |options, value| {
        put(&mut options.link_life, duration(value))
    }),
];
