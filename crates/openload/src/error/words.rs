//! Messages of sites that are more specific than their status: full storage, missing features, and the reasons why an
//! upload node rejects a file.

use crate::named::Named;

/// The meaning of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The storage is full, or an allowance is used up. A retry does not help.
    StorageFull,
    /// The site lacks the endpoint or has disabled it.
    Unsupported,
    /// The file is larger than the site accepts.
    TooLarge,
    /// The site does not accept this file because of its content, type or name.
    BadFile,
    /// The destination folder does not exist.
    NoFolder,
    /// The account may not upload.
    Denied,
    /// The address for the upload has expired or was already used. A new one can be requested.
    SpentAddress,
}

/// Fragments of messages in lower case, with their meanings.
pub(crate) const TABLE: &[(&str, Meaning)] = &[
    ("storage full", Meaning::StorageFull),
    ("storage is full", Meaning::StorageFull),
    ("storage limit", Meaning::StorageFull),
    ("storage space", Meaning::StorageFull),
    ("storage left", Meaning::StorageFull),
    ("insufficient storage", Meaning::StorageFull),
    ("insufficient space", Meaning::StorageFull),
    ("enough storage", Meaning::StorageFull),
    ("enough space", Meaning::StorageFull),
    ("enough free space", Meaning::StorageFull),
    ("available space", Meaning::StorageFull),
    ("space available", Meaning::StorageFull),
    ("space left", Meaning::StorageFull),
    ("disk space", Meaning::StorageFull),
    ("out of space", Meaning::StorageFull),
    ("disk full", Meaning::StorageFull),
    ("quota", Meaning::StorageFull),
    ("daily", Meaning::StorageFull),
    ("limit for today", Meaning::StorageFull),
    ("per day", Meaning::StorageFull),
    ("method not found", Meaning::Unsupported),
    ("no such method", Meaning::Unsupported),
    ("unknown method", Meaning::Unsupported),
    ("endpoint not found", Meaning::Unsupported),
    ("unknown endpoint", Meaning::Unsupported),
    ("feature is disabled", Meaning::Unsupported),
    ("feature disabled", Meaning::Unsupported),
    ("feature is not enabled", Meaning::Unsupported),
    ("feature not enabled", Meaning::Unsupported),
    ("function is disabled", Meaning::Unsupported),
    ("upload is disabled", Meaning::Unsupported),
    ("uploads are disabled", Meaning::Unsupported),
    ("uploading is disabled", Meaning::Unsupported),
    ("upload is not enabled", Meaning::Unsupported),
    ("uploads are not enabled", Meaning::Unsupported),
];

/// Fragments of an upload node's messages in lower case, with their meanings. For any other message, only the status is
/// used.
pub(crate) const UPLOAD_TABLE: &[(&str, Meaning)] = &[
    ("too large", Meaning::TooLarge),
    ("too big", Meaning::TooLarge),
    ("larger than", Meaning::TooLarge),
    ("file size", Meaning::TooLarge),
    ("filesize", Meaning::TooLarge),
    ("size limit", Meaning::TooLarge),
    ("maximum size", Meaning::TooLarge),
    ("max size", Meaning::TooLarge),
    ("sha1", Meaning::BadFile),
    ("sha-1", Meaning::BadFile),
    ("sha256", Meaning::BadFile),
    ("checksum", Meaning::BadFile),
    ("hash", Meaning::BadFile),
    ("digest", Meaning::BadFile),
    ("expired", Meaning::SpentAddress),
    ("url", Meaning::SpentAddress),
    ("link", Meaning::SpentAddress),
    ("ticket", Meaning::SpentAddress),
    ("token", Meaning::SpentAddress),
    ("session", Meaning::SpentAddress),
    ("already used", Meaning::SpentAddress),
    ("folder", Meaning::NoFolder),
    ("directory", Meaning::NoFolder),
    ("account", Meaning::Denied),
    ("premium", Meaning::Denied),
    ("not allowed to upload", Meaning::Denied),
    ("may not upload", Meaning::Denied),
    ("cannot upload", Meaning::Denied),
    ("type", Meaning::BadFile),
    ("format", Meaning::BadFile),
    ("extension", Meaning::BadFile),
    ("codec", Meaning::BadFile),
    ("no video", Meaning::BadFile),
    ("not a video", Meaning::BadFile),
    ("invalid video", Meaning::BadFile),
    ("invalid file", Meaning::BadFile),
    ("filename", Meaning::BadFile),
    ("file name", Meaning::BadFile),
    ("not allowed", Meaning::BadFile),
    ("not supported", Meaning::BadFile),
    ("unsupported", Meaning::BadFile),
    ("not accepted", Meaning::BadFile),
    ("too small", Meaning::BadFile),
    ("too short", Meaning::BadFile),
    ("too long", Meaning::BadFile),
    ("empty", Meaning::BadFile),
    ("zero", Meaning::BadFile),
    ("corrupt", Meaning::BadFile),
    ("damaged", Meaning::BadFile),
    ("virus", Meaning::BadFile),
    ("malware", Meaning::BadFile),
    ("banned", Meaning::BadFile),
    ("blocked", Meaning::BadFile),
    ("blacklist", Meaning::BadFile),
    ("copyright", Meaning::BadFile),
    ("duplicate", Meaning::BadFile),
    ("already exists", Meaning::BadFile),
    ("match", Meaning::BadFile),
    ("no file", Meaning::BadFile),
];

/// Returns the meaning of a message under a status of failure.
pub(crate) fn meaning(status: i64, message: &str, named: Named<'_>) -> Option<Meaning> {
    // These statuses are specific enough.
    if matches!(status, 413 | 429 | 451 | 509) || matches!(named, Named::Account) {
        return None;
    }
    let message = message.to_lowercase();
    let find =
        |table: &[(&str, Meaning)]| table.iter().find(|(fragment, _)| message.contains(fragment)).map(|row| row.1);
    let general = if status == 401 { None } else { find(TABLE) };
    let is_of_an_account = message.contains("account") || message.contains("user");
    match (general, named) {
        (Some(general), _) if general != Meaning::Unsupported || !is_of_an_account => Some(general),
        // After a failure inside the site, its message is no evidence about the file or the address.
        (_, Named::UploadAddress(_)) if status < 500 => find(UPLOAD_TABLE),
        _ => None,
    }
}
