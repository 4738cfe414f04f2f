//! The messages of the sites. Only the words show which of several errors a status means.

use std::time::Duration;

use crate::named::Named;

/// The meaning of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The key is wrong, or the site has switched its API off.
    BadKey,
    /// The account or its plan may not do this.
    Denied,
    /// The site has switched the function off for everybody, or lacks it.
    SwitchedOff,
    /// The limit of requests a second is reached.
    SecondLimit,
    /// The limit of requests a minute is reached.
    MinuteLimit,
    /// The limit of requests a day is reached.
    DayLimit,
    /// The site accepts no request for some time, after too many wrong keys.
    LockOut,
    /// The file does not exist, or is of another user.
    NoFile,
    /// The folder does not exist, or is of another user.
    NoFolder,
    /// The folder is not empty.
    FolderNotEmpty,
    /// The file is larger than the site accepts.
    TooLarge,
    /// The site does not accept this file or this request.
    Refused,
    /// A part of the site is broken or busy.
    SiteTrouble,
}

/// Fragments of messages in lower case, with their meanings. The first that fits counts.
const TABLE: &[(&str, Meaning)] = &[
    ("per min", Meaning::MinuteLimit),
    ("per day", Meaning::DayLimit),
    ("requests limit reached", Meaning::MinuteLimit),
    ("failed attempts", Meaning::LockOut),
    ("ip banned", Meaning::LockOut),
    ("ip is banned", Meaning::LockOut),
    ("too many requests", Meaning::SecondLimit),
    ("invalid key", Meaning::BadKey),
    ("wrong auth", Meaning::BadKey),
    ("authentication failed", Meaning::BadKey),
    ("premium only", Meaning::Denied),
    ("for your account", Meaning::Denied),
    ("your account options", Meaning::Denied),
    ("this type of users", Meaning::Denied),
    ("not allowed in api", Meaning::SwitchedOff),
    ("not enabled", Meaning::SwitchedOff),
    ("invalid operation", Meaning::SwitchedOff),
    ("files inside", Meaning::FolderNotEmpty),
    ("sub-folders inside", Meaning::FolderNotEmpty),
    ("folder not exist", Meaning::NoFolder),
    ("don't have such folder", Meaning::NoFolder),
    ("folder id required", Meaning::NoFolder),
    ("invalid parent folder", Meaning::NoFolder),
    ("invalid file codes", Meaning::NoFile),
    ("not your file", Meaning::NoFile),
    ("no file", Meaning::NoFile),
    ("no servers available", Meaning::SiteTrouble),
];

/// Fragments of an upload node's refusals in lower case, with their meanings.
const UPLOAD_TABLE: &[(&str, Meaning)] = &[
    ("not enabled", Meaning::Denied),
    ("not allowed for you", Meaning::Denied),
    ("not allowed to upload", Meaning::Denied),
    ("unauthorized", Meaning::Denied),
    ("invalid key", Meaning::BadKey),
    ("wrong auth", Meaning::BadKey),
    ("null filesize", Meaning::Refused),
    ("too big", Meaning::TooLarge),
    ("max filesize", Meaning::TooLarge),
    ("filesize limit", Meaning::TooLarge),
    ("session", Meaning::SiteTrouble),
    ("no file on disk", Meaning::SiteTrouble),
    ("connecting to db", Meaning::SiteTrouble),
    ("fs.cgi", Meaning::SiteTrouble),
    ("at the moment", Meaning::SiteTrouble),
];

/// Returns the meaning of a message, if it is known.
pub(crate) fn meaning(message: &str, named: Named<'_>) -> Option<Meaning> {
    let message = message.to_lowercase();
    let find = |table: &[(&str, Meaning)]| table.iter().find(|(words, _)| message.contains(words)).map(|row| row.1);
    match named {
        Named::Upload => find(UPLOAD_TABLE).or_else(|| find(TABLE)),
        _ => find(TABLE),
    }
}

/// Returns the time in a message such as "Please try again in 60 minutes."
pub(crate) fn minutes(message: &str) -> Option<Duration> {
    let mut words = message.split_whitespace();
    let number: u64 = words.find_map(|word| word.parse().ok())?;
    let unit = words.next()?.to_lowercase();
    let seconds = if unit.starts_with("hour") {
        3600
    } else if unit.starts_with("second") {
        1
    } else {
        60
    };
    Some(Duration::from_secs(number.saturating_mul(seconds)))
}
