//! The errors of the sites: the status in an answer's body and its message, mapped to an error.

mod words;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use polyhost_domain::{AccountName, Error, ErrorKind, Result};
use polyhost_upstream::{CallKind, Reply};

use crate::named::Named;
use crate::profile::capability_of;
use words::Meaning;

/// The wait of a limit of requests a minute.
const MINUTE: Duration = Duration::from_secs(60);
/// The wait of a limit of requests a second.
const SECOND: Duration = Duration::from_secs(1);
/// The time of a lock-out whose message has no time.
const LOCK_OUT: Duration = Duration::from_secs(15 * 60);

/// Returns the error of an answer whose status is not a success.
pub(crate) fn refusal(
    reply: &Reply,
    status: i64,
    message: Option<&str>,
    named: Named<'_>,
    account: &AccountName,
    zone: &TimeZone,
) -> Error {
    let meaning = message.and_then(|message| words::meaning(message, named));
    let capability = capability_of(reply.operation(), named).filter(|_| meaning == Some(Meaning::SwitchedOff));
    let kind = match (capability, meaning) {
        (Some(capability), _) => ErrorKind::Unsupported(capability),
        (None, Some(meaning)) => kind_of_meaning(meaning, named),
        (None, None) => kind_of(status, named),
    };
    let error = reply.error(kind, Some(status.to_string()), message).with_detail(detail(kind, named, account));
    let error = error.retryable(is_retryable(kind, reply.kind()));
    let wait = match meaning {
        Some(Meaning::MinuteLimit) => MINUTE,
        Some(Meaning::DayLimit) => until_midnight(Timestamp::now(), zone),
        Some(Meaning::LockOut) => message.and_then(words::minutes).unwrap_or(LOCK_OUT),
        _ => SECOND,
    };
    match (kind, error.retry_after()) {
        (ErrorKind::RateLimited, None) => error.with_retry_after(Some(wait)),
        _ => error,
    }
}

fn kind_of_meaning(meaning: Meaning, named: Named<'_>) -> ErrorKind {
    match meaning {
        Meaning::BadKey => ErrorKind::CredentialsRejected,
        Meaning::Denied | Meaning::SwitchedOff => ErrorKind::Forbidden,
        Meaning::MinuteLimit | Meaning::DayLimit | Meaning::SecondLimit | Meaning::LockOut => ErrorKind::RateLimited,
        Meaning::NoFile => match named {
            Named::RemoteUpload(_) => ErrorKind::RemoteUploadNotFound,
            _ => ErrorKind::FileNotFound,
        },
        Meaning::NoFolder => ErrorKind::FolderNotFound,
        Meaning::FolderNotEmpty => ErrorKind::FolderNotEmpty,
        Meaning::TooLarge => ErrorKind::TooLarge,
        Meaning::Refused => ErrorKind::Rejected,
        Meaning::SiteTrouble => ErrorKind::SiteFailed,
    }
}

/// Returns the kind of a status whose message is unknown.
fn kind_of(status: i64, named: Named<'_>) -> ErrorKind {
    match (status, named) {
        (401, _) => ErrorKind::CredentialsRejected,
        (403, _) => ErrorKind::Forbidden,
        (404, Named::File(_) | Named::Files | Named::FileAndFolder(..)) => ErrorKind::FileNotFound,
        (404, Named::Folder(_)) => ErrorKind::FolderNotFound,
        (404, Named::RemoteUpload(_)) => ErrorKind::RemoteUploadNotFound,
        (413, _) => ErrorKind::TooLarge,
        (429 | 509, _) => ErrorKind::RateLimited,
        (451, _) => ErrorKind::LegalBlock,
        (500.., _) => ErrorKind::SiteFailed,
        _ => ErrorKind::Rejected,
    }
}

fn is_retryable(kind: ErrorKind, call: CallKind) -> bool {
    match kind {
        ErrorKind::RateLimited => true,
        ErrorKind::SiteFailed => call == CallKind::Read,
        _ => false,
    }
}

/// Returns the time until the site's next midnight.
fn until_midnight(now: Timestamp, zone: &TimeZone) -> Duration {
    let today = now.to_zoned(zone.clone());
    let midnight = today.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    midnight.map_or(MINUTE, |midnight| now.duration_until(midnight.timestamp()).unsigned_abs())
}

/// Returns the refusal of an upload node, by its words.
pub(crate) fn upload_refusal(reply: &Reply, words: &str, account: &AccountName) -> Error {
    let meaning = words::meaning(words, Named::Upload).unwrap_or(Meaning::Refused);
    let kind = kind_of_meaning(meaning, Named::Upload);
    // The site has discarded the bytes, so the same upload may be sent again.
    let retryable = matches!(kind, ErrorKind::SiteFailed | ErrorKind::RateLimited);
    reply.error(kind, None, Some(words)).retryable(retryable).with_detail(detail(kind, Named::Upload, account))
}

/// Returns the error of one file, by its own status.
pub(crate) fn of_item(reply: &Reply, status: i64, named: Named<'_>, account: &AccountName) -> Error {
    let kind = kind_of(status, named);
    reply.error(kind, Some(status.to_string()), None).with_detail(detail(kind, named, account))
}

/// Returns the error for a success without the requested object.
pub(crate) fn absent(reply: &Reply, named: Named<'_>, account: &AccountName) -> Error {
    let kind = kind_of(404, named);
    reply.error(kind, Some("200".to_owned()), None).with_detail(detail(kind, named, account))
}

/// Returns the outcome without the error of an object that does not exist.
pub(crate) fn unless_missing<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::FileNotFound | ErrorKind::RemoteUploadNotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the sentence for callers.
pub(crate) fn detail(kind: ErrorKind, named: Named<'_>, account: &AccountName) -> String {
    match (kind, named) {
        (ErrorKind::FileNotFound, Named::File(id) | Named::FileAndFolder(id, _)) => {
            format!("No file has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::FileNotFound, _) => format!("None of the files is in account \"{account}\"."),
        (ErrorKind::FolderNotFound, Named::Folder(id) | Named::FileAndFolder(_, id)) => {
            format!("No folder has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::FolderNotFound, _) => format!("The folder is not in account \"{account}\"."),
        (ErrorKind::FolderNotEmpty, Named::Folder(id)) => format!("The folder \"{id}\" is not empty."),
        (ErrorKind::RemoteUploadNotFound, Named::RemoteUpload(id)) => {
            format!("No remote upload has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::CredentialsRejected, _) => format!("The site rejected the key of account \"{account}\"."),
        (ErrorKind::Forbidden, _) => format!("The site does not allow this for account \"{account}\"."),
        (ErrorKind::Rejected, Named::Upload) => "The site rejected the file.".to_owned(),
        (ErrorKind::Rejected, _) => "The site rejected the request.".to_owned(),
        (ErrorKind::TooLarge, _) => "The file is larger than the site accepts.".to_owned(),
        (ErrorKind::RateLimited, _) => format!("The site's limit for account \"{account}\" is reached."),
        (ErrorKind::LegalBlock, _) => "The site blocks this for legal reasons.".to_owned(),
        (ErrorKind::Unsupported(capability), _) => {
            format!("The site of account \"{account}\" reports that it does not support \"{capability}\".")
        }
        _ => "The site failed.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
