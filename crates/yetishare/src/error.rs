//! From the site's answers to errors. Only the site's words tell its errors apart: see [`table`]. Unknown words are a
//! failure of the site, and never a success.

mod table;

use std::time::Duration;

use polyhost_domain::{AccountName, Error, ErrorKind, FileId, FolderId, RemoteUploadId, UpstreamAnswer};
use polyhost_upstream::decode::Unreadable;
use polyhost_upstream::{CallKind, Evidence, Refusal, Reply};

use crate::envelope::{Said, Signature, Success, read};
use crate::profile::capability_of;
use crate::words::{without_entities, without_queries};
use table::{Meaning, find};

/// What callers are told to wait where a limit is reached and the site does not say until when.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);
/// The same for a limit of the day: nobody knows when the site's day ends, and no second of it helps.
const WAIT_OF_THE_DAY: Duration = Duration::from_secs(60 * 60);

/// What a request names, and so what its errors are about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// Nothing that could be missing.
    Nothing,
    /// The credentials.
    Login,
    /// A file by its id.
    File(&'a FileId),
    /// A file by its short code.
    ShortCode,
    /// A file, and the folder that it is to go to.
    FileAndFolder(&'a FileId, &'a FolderId),
    /// A folder.
    Folder(&'a FolderId),
    /// A folder, and the folder that it is to go to.
    FolderAndParent(&'a FolderId, &'a FolderId),
    /// A remote upload.
    RemoteUpload(&'a RemoteUploadId),
    /// A file of so many bytes on its way to the site.
    Upload(u64),
}

/// The success in an answer.
///
/// # Errors
/// - A refused session; what the table makes of an error, wherever in the answer it is.
/// - `InvalidResponse`, or `OutcomeUnknown` of a write: no answer of this API.
pub(crate) fn success<'a>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<Success<'a>, Refusal> {
    match read(reply.body()) {
        // The errors of other servers have data, too.
        Ok(Said::Success(success)) if success.confirmed || reply.http_status() < 400 => Ok(success),
        Ok(Said::Error { status, message, signature })
            if is_of_the_api(reply, signature, message.as_deref(), named) =>
        {
            Err(refusal(reply, status, message.as_deref(), named, account))
        }
        Ok(Said::Error { message, .. }) => {
            let message = message.and_then(|words| reply.shown(&without_queries(&words)));
            let answer = UpstreamAnswer { http_status: Some(reply.http_status()), status: None, message };
            Err(reply.foreign(Unreadable::Missing("a status")).with_answer(answer).into())
        }
        Ok(Said::Success(_) | Said::Neither) => Err(reply.foreign(Unreadable::Missing("data or a status")).into()),
        Err(why) => Err(reply.foreign(why).into()),
    }
}

/// Whether the API itself has written an error. JSON of a proxy or a firewall proves nothing of session, account or
/// file, and does not tell what became of a write.
fn is_of_the_api(reply: &Reply, signature: Signature, message: Option<&str>, named: Named<'_>) -> bool {
    match signature {
        Signature::Own => true,
        // Under a good HTTP status no proxy writes an error.
        Signature::Shared => reply.http_status() < 400 || find(message, named).is_some(),
        Signature::Missing => false,
    }
}

/// A success without the object that was asked for.
pub(crate) fn absent(reply: &Reply, named: Named<'_>, account: &AccountName) -> Error {
    let kind = match named {
        Named::Folder(_) => ErrorKind::FolderNotFound,
        Named::RemoteUpload(_) => ErrorKind::RemoteUploadNotFound,
        _ => ErrorKind::FileNotFound,
    };
    reply.error(kind, None, None).with_detail(detail(kind, named, account))
}

/// A folder that answers to its id and is in the trash: nobody finds what is put into it.
pub(crate) fn in_trash(reply: &Reply, folder: &FolderId, account: &AccountName) -> Error {
    reply.error(ErrorKind::FolderNotFound, None, None).with_detail(no_folder(folder, account))
}

/// What the site's words mean, under the HTTP status of the answer.
pub(crate) fn refusal(
    reply: &Reply,
    status: Option<String>,
    message: Option<&str>,
    named: Named<'_>,
    account: &AccountName,
) -> Refusal {
    let message = message.map(|words| without_queries(&without_entities(words)));
    let meaning = meaning(reply.http_status(), message.as_deref(), named);
    let (kind, detail) = match meaning {
        Meaning::Session => (ErrorKind::SiteFailed, "The site does not know the session any more.".to_owned()),
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
            error.with_retry_after(Some(WAIT_OF_THE_DAY))
        }
        (ErrorKind::RateLimited, None) => error.with_retry_after(Some(UNTOLD_WAIT)),
        _ => error,
    };
    match (meaning, find(message.as_deref(), named)) {
        (Meaning::Session, Some(_)) => Refusal::Session(error, Evidence::Words),
        (Meaning::Session, None) => Refusal::Session(error, Evidence::Status),
        _ => Refusal::Other(error),
    }
}

/// The words count more than the HTTP status, which is 200 for nearly everything. Where they say nothing, a 401 is
/// about the session.
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

/// A limit and an unknown session refuse before anything is done. After any other failure a write may have been done.
pub(crate) fn is_retryable(meaning: Meaning, call: CallKind) -> bool {
    match meaning {
        Meaning::Session | Meaning::DailyLimit | Meaning::Kind(ErrorKind::RateLimited) => true,
        Meaning::Kind(ErrorKind::SiteFailed) => call == CallKind::Read,
        _ => false,
    }
}

/// What is said to callers.
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
        (ErrorKind::CredentialsRejected, _) => format!("The site refuses the credentials of account \"{account}\"."),
        (ErrorKind::Forbidden, _) => format!("The site denies this to account \"{account}\"."),
        (ErrorKind::Rejected, _) => "The site finds the request unacceptable.".to_owned(),
        (ErrorKind::TooLarge, _) => "The file is larger than the site takes.".to_owned(),
        (ErrorKind::RateLimited, _) => format!("The site's limit for account \"{account}\" is reached."),
        (ErrorKind::LegalBlock, _) => "The site blocks this for legal reasons.".to_owned(),
        _ => "The site failed.".to_owned(),
    }
}

/// The thing that the request names does not exist. The site does not say which, where there are two.
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

/// The site has not got the endpoint, or has it switched off.
fn unsupported(reply: &Reply, named: Named<'_>, account: &AccountName) -> (ErrorKind, String) {
    match capability_of(reply.operation()) {
        Some(capability) => {
            let detail = format!("The site of account \"{account}\" says that it does not support \"{capability}\".");
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

/// The error itself, where there is no session to be renewed.
pub(crate) fn told(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Session(error, _) | Refusal::Other(error) => error,
    }
}

#[cfg(test)]
mod tests;
