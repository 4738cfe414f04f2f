//! Words of sites that say more than their status: storage that is full, features that are missing, and why an upload
//! node refuses a file.

use crate::named::Named;

/// What words mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The storage is full, or an allowance is used up. Sending the same again does not help.
    NoRoom,
    /// The site lacks the endpoint, or has it switched off.
    Unsupported,
    /// The file is larger than the site takes.
    TooLarge,
    /// The site does not take this file, by its content, type or name.
    BadFile,
    /// The folder that the file is to go to is missing.
    NoFolder,
    /// The account may not upload.
    Denied,
    /// The address for the upload has expired or was used. A new one may be asked for.
    SpentAddress,
}

/// Fragments of messages, in lower case.
pub(crate) const TABLE: &[(&str, Meaning)] = &[
    ("storage full", Meaning::NoRoom),
    ("storage is full", Meaning::NoRoom),
    ("storage limit", Meaning::NoRoom),
    ("storage space", Meaning::NoRoom),
    ("storage left", Meaning::NoRoom),
    ("insufficient storage", Meaning::NoRoom),
    ("insufficient space", Meaning::NoRoom),
    ("enough storage", Meaning::NoRoom),
    ("enough space", Meaning::NoRoom),
    ("enough free space", Meaning::NoRoom),
    ("available space", Meaning::NoRoom),
    ("space available", Meaning::NoRoom),
    ("space left", Meaning::NoRoom),
    ("disk space", Meaning::NoRoom),
    ("out of space", Meaning::NoRoom),
    ("disk full", Meaning::NoRoom),
    ("quota", Meaning::NoRoom),
    ("daily", Meaning::NoRoom),
    ("limit for today", Meaning::NoRoom),
    ("per day", Meaning::NoRoom),
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

/// Fragments of what an upload node says, in lower case. Where none is in its message, its status alone counts.
pub(crate) const OF_UPLOADS: &[(&str, Meaning)] = &[
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

/// The meaning of a message under a status that is no success.
pub(crate) fn meaning(status: i64, message: &str, named: Named<'_>) -> Option<Meaning> {
    // These statuses say what they mean.
    if matches!(status, 413 | 429 | 451 | 509) || matches!(named, Named::Account) {
        return None;
    }
    let message = message.to_lowercase();
    let find = |table: &[(&str, Meaning)]| table.iter().find(|(words, _)| message.contains(words)).map(|row| row.1);
    let general = if status == 401 { None } else { find(TABLE) };
    let is_of_an_account = message.contains("account") || message.contains("user");
    match (general, named) {
        (Some(general), _) if general != Meaning::Unsupported || !is_of_an_account => Some(general),
        // After a failure inside the site its words say nothing certain about the file or the address.
        (_, Named::UploadAddress(_)) if status < 500 => find(OF_UPLOADS),
        _ => None,
    }
}
