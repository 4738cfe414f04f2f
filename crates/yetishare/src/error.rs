//! Converts the site's answers to errors. An error is recognized only by its text: see [`table`]. An unknown text is a
//! failure of the site, and never a success.

mod table;

use std::time::Duration;

use polyhost_domain::{AccountName, Error, ErrorKind, FileId, FolderId, RemoteUploadId, UpstreamAnswer};
use polyhost_upstream::decode::Unreadable;
use polyhost_upstream::{CallKind, Evidence, Refusal, Reply};

use crate::envelope::{Outcome, Signature, Success, read};
use crate::profile::capability_of;
use crate::words::{without_entities, without_queries};
use table::{Meaning, find};

/// The `Retry-After` for callers if a limit is reached and the site does not report its end.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
/// The same for a daily limit. It is unknown when the site's day ends, and a short wait does not help.
const DAILY_LIMIT_WAIT: Duration = Duration::from_secs(60 * 60);

/// The objects that a request names, to which its errors refer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// No object that could be missing.
    Nothing,
    /// The credentials.
    Login,
    /// A file, by its id.
    File(&'a FileId),
    /// A file, by its short code.
    ShortCode,
    /// A file and its destination folder.
    FileAndFolder(&'a FileId, &'a FolderId),
    /// A folder.
    Folder(&'a FolderId),
    /// A folder and its destination folder.
    FolderAndParent(&'a FolderId, &'a FolderId),
    /// A remote upload.
    RemoteUpload(&'a RemoteUploadId),
    /// An upload of this many bytes.
    Upload(u64),
}

/// Returns the success in an answer.
///
/// # Errors
/// - A rejected session, or another error by the table, wherever in the answer it is.
/// - `InvalidResponse`, or `OutcomeUnknown` for a write: the answer does not come from this API.
pub(crate) fn success<'a>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<Success<'a>, Refusal> {
    match read(reply.body()) {
        // Errors of other servers may have data, too.
        Ok(Outcome::Success(success)) if success.confirmed || reply.http_status() < 400 => Ok(success),
        Ok(Outcome::Error { status, message, signature })
            if is_of_the_api(reply, signature, message.as_deref(), named) =>
        {
            Err(refusal(reply, status, message.as_deref(), named, account))
        }
        Ok(Outcome::Error { message, .. }) => {
            let message = message.and_then(|text| reply.shown(&without_queries(&text)));
            let answer = UpstreamAnswer { http_status: Some(reply.http_status()), status: None, message };
            Err(reply.foreign(Unreadable::Missing("a status")).with_answer(answer).into())
        }
        Ok(Outcome::Success(_) | Outcome::Neither) => {
            Err(reply.foreign(Unreadable::Missing("data or a status")).into())
        }
        Err(why) => Err(reply.foreign(why).into()),
    }
}

/// Returns whether the API itself has written an error. JSON from a proxy or a firewall proves nothing about the
/// session, the account or the file. It does not show whether a write was carried out, either.
fn is_of_the_api(reply: &Reply, signature: Signature, message: Option<&str>, named: Named<'_>) -> bool {
    match signature {
        Signature::Own => true,
        // No proxy writes an error under an HTTP status below 400.
        Signature::Shared => reply.http_status() < 400 || find(message, named).is_some(),
        Signature::Missing => false,
    }
}

/// Returns the error for a success without the requested object.
pub(crate) fn absent(reply: &Reply, named: Named<'_>, account: &AccountName) -> Error {
    let kind = match named {
        Named::Folder(_) => ErrorKind::FolderNotFound,
        Named::RemoteUpload(_) => ErrorKind::RemoteUploadNotFound,
        _ => ErrorKind::FileNotFound,
    };
    reply.error(kind, None, None).with_detail(detail(kind, named, account))
}

/// Returns the error for a folder that the site returns although it is in the trash. A file stored in it would not be
/// visible.
pub(crate) fn in_trash(reply: &Reply, folder: &FolderId, account: &AccountName) -> Error {
    reply.error(ErrorKind::FolderNotFound, None, None).with_detail(no_folder(folder, account))
}

/// Converts an error of the site, by its text and the HTTP status of the answer.
pub(crate) fn refusal(
    reply: &Reply,
    status: Option<String>,
    message: Option<&str>,
    named: Named<'_>,
    account: &AccountName,
) -> Refusal {
    let message = message.map(|text| without_queries(&without_entities(text)));
    let meaning = meaning(reply.http_status(), message.as_deref(), named);
    let (kind, detail) = match meaning {
        Meaning::Session => (ErrorKind::SiteFailed, "The site no longer accepts the session.".to_owned()),
        Meaning::NoDestination => (ErrorKind::FolderNotFound, no_destination(named, account)),
        Meaning::DailyLimit => (ErrorKind::RateLimited, detail(ErrorKind::RateLimited, named, account)),
        Meaning::Missing => missing(named, account),
        Meaning::Unsupported => unsupported(reply, named, account),
        Meaning::Kind(kind) => (kind, detail(kind, named, account)),
    };
    let error = reply
        .error(kind, status, message.as_deref())
        .retryable(is_retryable(meaning, reply.kind()))
        .with_detail(detail);
    let error = match (kind, error.retry_after()) {
        (ErrorKind::RateLimited, None) if meaning == Meaning::DailyLimit => {
            error.with_retry_after(Some(DAILY_LIMIT_WAIT))
        }
        (ErrorKind::RateLimited, None) => error.with_retry_after(Some(DEFAULT_WAIT)),
        _ => error,
    };
    match (meaning, find(message.as_deref(), named)) {
        (Meaning::Session, Some(_)) => Refusal::Session(error, Evidence::Message),
        (Meaning::Session, None) => Refusal::Session(error, Evidence::Status),
        _ => Refusal::Other(error),
    }
}

/// Returns the meaning of an error. The text counts more than the HTTP status, which is 200 for nearly every answer.
/// With an unknown text, a 401 is about the session.
pub(crate) fn meaning(http_status: u16, message: Option<&str>, named: Named<'_>) -> Meaning {
    match (find(message, named), http_status, named) {
        (Some(meaning), ..) => meaning,
        (None, 401 | 403, Named::Login) => Meaning::Kind(ErrorKind::CredentialsRejected),
        (None, 401, _) => Meaning::Session,
        (None, ..) => Meaning::Kind(kind_of_status(http_status)),
    }
}

fn kind_of_status(http_status: u16) -> ErrorKind {
    match http_status {
        400 => ErrorKind::Rejected,
        403 => ErrorKind::Forbidden,
        413 => ErrorKind::TooLarge,
        429 | 509 => ErrorKind::RateLimited,
        451 => ErrorKind::LegalBlock,
        _ => ErrorKind::SiteFailed,
    }
}

/// Returns whether the request may be sent again. A limit and an unknown session reject it before the site does
/// anything. After any other failure, a write may have been carried out.
pub(crate) fn is_retryable(meaning: Meaning, call: CallKind) -> bool {
    match meaning {
        Meaning::Session | Meaning::DailyLimit | Meaning::Kind(ErrorKind::RateLimited) => true,
        Meaning::Kind(ErrorKind::SiteFailed) => call == CallKind::Read,
        _ => false,
    }
}

/// Returns the sentence for callers.
pub(crate) fn detail(kind: ErrorKind, named: Named<'_>, account: &AccountName) -> String {
    match (kind, named) {
        (ErrorKind::FileNotFound, Named::File(id) | Named::FileAndFolder(id, _)) => {
            format!("No file has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::FileNotFound, _) => format!("No such file is in account \"{account}\"."),
        (ErrorKind::FolderNotFound, Named::Folder(id) | Named::FolderAndParent(id, _)) => no_folder(id, account),
        (ErrorKind::FolderNotFound, _) => format!("No such folder is in account \"{account}\"."),
        (ErrorKind::RemoteUploadNotFound, Named::RemoteUpload(id)) => {
            format!("No remote upload has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::CredentialsRejected, _) => format!("The site rejected the credentials of account \"{account}\"."),
        (ErrorKind::Forbidden, _) => format!("The site does not allow this for account \"{account}\"."),
        (ErrorKind::Rejected, _) => "The site rejected the request.".to_owned(),
        (ErrorKind::TooLarge, _) => "The file is larger than the site accepts.".to_owned(),
        (ErrorKind::RateLimited, _) => format!("The site's limit for account \"{account}\" is reached."),
        (ErrorKind::LegalBlock, _) => "The site blocks this for legal reasons.".to_owned(),
        _ => "The site failed.".to_owned(),
    }
}

/// Returns the kind and the detail for an object that does not exist. Where the request names two, the site does not
/// report which of them is missing.
fn missing(named: Named<'_>, account: &AccountName) -> (ErrorKind, String) {
    let kind = match named {
        Named::File(_) | Named::ShortCode | Named::FileAndFolder(..) => ErrorKind::FileNotFound,
        Named::Folder(_) | Named::FolderAndParent(..) => ErrorKind::FolderNotFound,
        Named::RemoteUpload(_) => ErrorKind::RemoteUploadNotFound,
        Named::Nothing | Named::Login | Named::Upload(_) => ErrorKind::SiteFailed,
    };
    let detail = match named {
        Named::FileAndFolder(file, folder) => {
            format!("No file has the id \"{file}\", or no folder has the id \"{folder}\", in account \"{account}\".")
        }
        Named::FolderAndParent(folder, parent) => {
            format!("No folder has the id \"{folder}\" or \"{parent}\" in account \"{account}\".")
        }
        _ => detail(kind, named, account),
    };
    (kind, detail)
}

/// Returns the kind and the detail for an endpoint that the site lacks or has disabled.
fn unsupported(reply: &Reply, named: Named<'_>, account: &AccountName) -> (ErrorKind, String) {
    match capability_of(reply.operation()) {
        Some(capability) => {
            let detail =
                format!("The site of account \"{account}\" reports that it does not support \"{capability}\".");
            (ErrorKind::Unsupported(capability), detail)
        }
        None => (ErrorKind::Rejected, detail(ErrorKind::Rejected, named, account)),
    }
}

fn no_destination(named: Named<'_>, account: &AccountName) -> String {
    match named {
        Named::FileAndFolder(_, folder) | Named::FolderAndParent(_, folder) => no_folder(folder, account),
        _ => detail(ErrorKind::FolderNotFound, named, account),
    }
}

fn no_folder(id: &FolderId, account: &AccountName) -> String {
    format!("No folder has the id \"{id}\" in account \"{account}\".")
}

/// Returns the error of a refusal, for calls that do not renew a session.
pub(crate) fn into_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Session(error, _) | Refusal::Other(error) => error,
    }
}

#[cfg(test)]
mod tests;
