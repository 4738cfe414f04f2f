//! The classification table: what a status of the site means for what was asked, and nothing else decides it.
//!
//! The status inside the body wins over the HTTP status wherever the body can be read. The site's words count only where
//! the status says no more than that the request failed: see [`words`].

mod words;

use std::time::Duration;

use polyhost_domain::{AccountName, Error, ErrorKind, FileId, FolderId, Result};
use polyhost_upstream::decode::{Unreadable, json};
use polyhost_upstream::{CallKind, Reply};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::documented::DOCUMENTED;
use crate::named::Named;
use crate::profile::capability_of;
use crate::wire::Envelope;

/// What callers are told to wait where a limit is reached and the site does not say until when.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);

/// The result inside an answer.
///
/// # Errors
/// - What the table below makes of a status that is not 200.
/// - `Rejected`: a result of `false` under a good status.
/// - `InvalidResponse`, or `OutcomeUnknown` of a write: no answer of this API.
pub(crate) fn result<'a, T: Deserialize<'a>>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<T> {
    result_with(reply, named, account, Ok)
}

/// As [`result`], with what `convert` makes of it.
///
/// # Errors
/// As [`result`], and what `convert` answers.
pub(crate) fn result_with<'a, W: Deserialize<'a>, T>(
    reply: &'a Reply,
    named: Named<'_>,
    account: &AccountName,
    convert: impl FnOnce(W) -> std::result::Result<T, Unreadable>,
) -> Result<T> {
    let text = raw_result(reply, named, account)?;
    reply.value_with(text, &DOCUMENTED, convert).map_err(|why| reply.unreadable(why))
}

/// The text of the result.
///
/// # Errors
/// As [`result`], without a look at the result's shape.
pub(crate) fn raw_result<'a>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<&'a str> {
    let result = match json::<Envelope<'_>>(reply.body()) {
        // Other servers write a status, too, and nothing that stands beside it here.
        Ok(Envelope { msg: None, result: None, .. }) => return Err(reply.foreign(Unreadable::Missing("a result"))),
        Ok(Envelope { status: Some(200), result, .. }) => result.map_or("null", RawValue::get),
        Ok(Envelope { status: Some(status), msg, .. }) => {
            return Err(refusal(
                reply,
                status,
                Some(status.to_string()),
                msg.as_ref().map(|msg| msg.0.as_str()),
                named,
                account,
            ));
        }
        Ok(Envelope { status: None, msg: Some(msg), result: Some(_) }) if reply.http_status() >= 400 => {
            return Err(refusal(reply, reply.http_status().into(), None, Some(&msg.0), named, account));
        }
        Ok(_) => return Err(reply.foreign(Unreadable::Missing("a status"))),
        Err(why) => return Err(reply.foreign(why)),
    };
    // No endpoint has a result of 0 that would be one.
    if matches!(result, "false" | "\"false\"" | "0" | "\"0\"") {
        let error = reply.error(ErrorKind::Rejected, Some("200".to_owned()), None);
        return Err(error.with_detail(detail(ErrorKind::Rejected, named, account)));
    }
    Ok(result)
}

fn refusal(
    reply: &Reply,
    status: i64,
    told: Option<String>,
    message: Option<&str>,
    named: Named<'_>,
    account: &AccountName,
) -> Error {
    let said = message.and_then(|message| words::meaning(status, message, named));
    let capability = capability_of(reply.operation(), named).filter(|_| said == Some(words::Meaning::Unsupported));
    let kind = match (said, capability) {
        (_, Some(capability)) => ErrorKind::Unsupported(capability),
        (Some(said), None) => kind_of_words(said, named),
        (None, None) => kind_of(status, named),
    };
    let error = reply
        .error(kind, told, message)
        .retryable(match said {
            Some(said) => said == words::Meaning::SpentAddress,
            None => is_retryable(status, kind, reply.kind(), named),
        })
        .with_detail(detail(kind, named, account));
    match (kind, error.retry_after()) {
        (ErrorKind::RateLimited, None) => error.with_retry_after(Some(UNTOLD_WAIT)),
        _ => error,
    }
}

/// What words mean that count more than the status.
fn kind_of_words(said: words::Meaning, named: Named<'_>) -> ErrorKind {
    use words::Meaning;
    match (said, named) {
        (Meaning::SpentAddress, _) => ErrorKind::SiteFailed,
        (Meaning::TooLarge, _) => ErrorKind::TooLarge,
        (Meaning::Denied, _) => ErrorKind::Forbidden,
        (Meaning::NoFolder, Named::UploadAddress(FolderId::Child(_))) => ErrorKind::FolderNotFound,
        (Meaning::NoFolder | Meaning::NoRoom | Meaning::BadFile | Meaning::Unsupported, _) => ErrorKind::Rejected,
    }
}

/// The table of statuses. A 403 is `Forbidden` here; whether it is about the credentials is found out afterwards.
pub(crate) fn kind_of(status: i64, named: Named<'_>) -> ErrorKind {
    match (status, named) {
        (401 | 403 | 404 | 410, Named::UploadAddress(_)) => ErrorKind::SiteFailed,
        (400, _) => ErrorKind::Rejected,
        (401, _) | (403, Named::Account) => ErrorKind::CredentialsRejected,
        (403, _) => ErrorKind::Forbidden,
        (404, Named::File(_) | Named::Files | Named::FileAndFolder(..)) => ErrorKind::FileNotFound,
        (404, Named::Folder(_)) => ErrorKind::FolderNotFound,
        (404, Named::RemoteUpload(_)) => ErrorKind::RemoteUploadNotFound,
        (413, _) => ErrorKind::TooLarge,
        (429 | 509, _) => ErrorKind::RateLimited,
        (451, _) => ErrorKind::LegalBlock,
        _ => ErrorKind::SiteFailed,
    }
}

/// A limit and a spent upload address refuse before anything is done. After a 5xx a write may have been done.
fn is_retryable(status: i64, kind: ErrorKind, call: CallKind, named: Named<'_>) -> bool {
    match kind {
        ErrorKind::RateLimited => true,
        ErrorKind::SiteFailed if matches!((status, named), (401 | 403 | 404 | 410, Named::UploadAddress(_))) => true,
        ErrorKind::SiteFailed => call == CallKind::Read && status >= 500,
        _ => false,
    }
}

/// What is said to callers.
pub(crate) fn detail(kind: ErrorKind, named: Named<'_>, account: &AccountName) -> String {
    match (kind, named) {
        (ErrorKind::FileNotFound, Named::File(id)) => format!("No file has the id \"{id}\" in account \"{account}\"."),
        (ErrorKind::FileNotFound, Named::FileAndFolder(file, folder)) => {
            format!("No file has the id \"{file}\", or no folder has the id \"{folder}\", in account \"{account}\".")
        }
        (ErrorKind::FileNotFound, _) => format!("None of the files is in account \"{account}\"."),
        (ErrorKind::FolderNotFound, Named::Folder(id) | Named::UploadAddress(id)) => {
            format!("No folder has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::RemoteUploadNotFound, Named::RemoteUpload(id)) => {
            format!("No remote upload has the id \"{id}\" in account \"{account}\".")
        }
        (ErrorKind::CredentialsRejected, _) => format!("The site refuses the credentials of account \"{account}\"."),
        (ErrorKind::Forbidden, _) => format!("The site denies this to account \"{account}\"."),
        (ErrorKind::Rejected, _) => "The site finds the request unacceptable.".to_owned(),
        (ErrorKind::TooLarge, _) => "The file is larger than the site takes.".to_owned(),
        (ErrorKind::RateLimited, _) => format!("The site's limit for account \"{account}\" is reached."),
        (ErrorKind::LegalBlock, _) => "The site blocks this for legal reasons.".to_owned(),
        (ErrorKind::Unsupported(capability), _) => {
            format!("The site of account \"{account}\" says that it does not support \"{capability}\".")
        }
        (ErrorKind::SiteFailed, Named::UploadAddress(_)) => "The site failed to take the upload.".to_owned(),
        _ => "The site failed.".to_owned(),
    }
}

/// What is said of a denial where the account cannot be asked for either.
pub(crate) fn unsettled(account: &AccountName) -> String {
    format!("The site denies this to account \"{account}\"; whether its credentials are good could not be asked.")
}

/// The error of one file among many that were asked for, from that file's own status.
pub(crate) fn of_item(reply: &Reply, status: i64, id: &FileId, account: &AccountName) -> Error {
    let named = Named::File(id);
    let kind = kind_of(status, named);
    reply.error(kind, Some(status.to_string()), None).retryable(kind == ErrorKind::RateLimited).with_detail(
        match kind {
            ErrorKind::SiteFailed => format!("The site has the file \"{id}\" and cannot use it."),
            _ => detail(kind, named, account),
        },
    )
}

/// The error of a success without the file or the remote upload that was asked for.
pub(crate) fn absent(reply: &Reply, named: Named<'_>, account: &AccountName) -> Error {
    let kind = kind_of(404, named);
    reply.error(kind, Some("200".to_owned()), None).with_detail(detail(kind, named, account))
}

#[cfg(test)]
mod tests;
