//! Words of sites that say more than their status: storage that is full, and features that are missing.

use super::Named;

/// What words mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The storage is full, or an allowance is used up. Sending the same again does not help.
    NoRoom,
    /// The site lacks the endpoint, or has it switched off.
    Unsupported,
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

/// The meaning of a message under a status that is no success.
pub(crate) fn meaning(status: i64, message: &str, named: Named<'_>) -> Option<Meaning> {
    // These statuses say what they mean.
    if matches!(status, 401 | 413 | 429 | 451 | 509) || matches!(named, Named::Account) {
        return None;
    }
    let message = message.to_lowercase();
    let is_of_an_account = message.contains("account") || message.contains("user");
    let (_, meaning) = TABLE.iter().find(|(words, _)| message.contains(words))?;
    (*meaning != Meaning::Unsupported || !is_of_an_account).then_some(*meaning)
}
