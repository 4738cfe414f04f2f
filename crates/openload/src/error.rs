//! The classification table: the only place that maps a status of the site to an error.
//!
//! The status inside the body overrides the HTTP status wherever the body can be read. The site's message is used only
//! where the status only shows that the request failed: see [`words`].

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

/// The `Retry-After` for callers if a limit is reached and the site does not report its end.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// Returns the result in an answer.
///
/// # Errors
/// - For a status that is not 200, the error by the table below.
/// - `Rejected`: the result is `false` under a status of success.
/// - `InvalidResponse`, or `OutcomeUnknown` for a write: the answer does not come from this API.
pub(crate) fn result<'a, T: Deserialize<'a>>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<T> {
    result_with(reply, named, account, Ok)
}

/// Returns the result in an answer, converted by `convert`.
///
/// # Errors
/// The errors of [`result`] and of `convert`.
pub(crate) fn result_with<'a, W: Deserialize<'a>, T>(
    reply: &'a Reply,
    named: Named<'_>,
    account: &AccountName,
    convert: impl FnOnce(W) -> std::result::Result<T, Unreadable>,
) -> Result<T> {
    let text = raw_result(reply, named, account)?;
    reply.value_with(text, &DOCUMENTED, convert).map_err(|why| reply.unreadable(why))
}

/// Returns the JSON text of the result.
///
/// # Errors
/// The errors of [`result`], except those of the result's type, which is not checked.
pub(crate) fn raw_result<'a>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<&'a str> {
    let result = match json::<Envelope<'_>>(reply.body()) {
        // Other servers write a status, too, but neither of the other fields.
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
    // 0 is not a valid result of any endpoint.
    if matches!(result, "false" | "\"false\"" | "0" | "\"0\"") {
        let error = reply.error(ErrorKind::Rejected, Some("200".to_owned()), None);
        return Err(error.with_detail(detail(ErrorKind::Rejected, named, account)));
    }
    Ok(result)
}

fn refusal(
    reply: &Reply,
    status: i64,
    shown_status: Option<String>,
    message: Option<&str>,
    named: Named<'_>,
    account: &AccountName,
) -> Error {
    let meaning = message.and_then(|message| words::meaning(status, message, named));
    let capability = capability_of(reply.operation(), named).filter(|_| meaning == Some(words::Meaning::Unsupported));
    let kind = match (meaning, capability) {
        (_, Some(capability)) => ErrorKind::Unsupported(capability),
        (Some(meaning), None) => kind_of_meaning(meaning, named),
        (None, None) => kind_of(status, named),
    };
    let error = reply
        .error(kind, shown_status, message)
        .retryable(match meaning {
            Some(meaning) => meaning == words::Meaning::SpentAddress,
            None => is_retryable(status, kind, reply.kind(), named),
        })
        .with_detail(detail(kind, named, account));
    match (kind, error.retry_after()) {
        (ErrorKind::RateLimited, None) => error.with_retry_after(Some(DEFAULT_WAIT)),
        _ => error,
    }
}

/// Returns the kind for a message whose meaning overrides the status.
fn kind_of_meaning(meaning: words::Meaning, named: Named<'_>) -> ErrorKind {
    use words::Meaning;
    match (meaning, named) {
        (Meaning::SpentAddress, _) => ErrorKind::SiteFailed,
        (Meaning::TooLarge, _) => ErrorKind::TooLarge,
        (Meaning::Denied, _) => ErrorKind::Forbidden,
        (Meaning::NoFolder, Named::UploadAddress(FolderId::Child(_))) => ErrorKind::FolderNotFound,
        (Meaning::NoFolder | Meaning::StorageFull | Meaning::BadFile | Meaning::Unsupported, _) => ErrorKind::Rejected,
    }
}

/// Returns the kind of a status: the classification table. A 403 is `Forbidden` here; whether it is about the
/// credentials is determined afterwards.
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

/// Returns whether the request may be sent again. A limit and a spent upload address reject it before the site does
/// anything. After a 5xx, a write may have been carried out.
fn is_retryable(status: i64, kind: ErrorKind, call: CallKind, named: Named<'_>) -> bool {
    match kind {
        ErrorKind::RateLimited => true,
        ErrorKind::SiteFailed if matches!((status, named), (401 | 403 | 404 | 410, Named::UploadAddress(_))) => true,
        ErrorKind::SiteFailed => call == CallKind::Read && status >= 500,
        _ => false,
    }
}

/// Returns the sentence for callers.
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
        (ErrorKind::CredentialsRejected, _) => format!("The site rejected the credentials of account \"{account}\"."),
        (ErrorKind::Forbidden, _) => format!("The site does not allow this for account \"{account}\"."),
        (ErrorKind::Rejected, _) => "The site rejected the request.".to_owned(),
        (ErrorKind::TooLarge, _) => "The file is larger than the site accepts.".to_owned(),
        (ErrorKind::RateLimited, _) => format!("The site's limit for account \"{account}\" is reached."),
        (ErrorKind::LegalBlock, _) => "The site blocks this for legal reasons.".to_owned(),
        (ErrorKind::Unsupported(capability), _) => {
            format!("The site of account \"{account}\" reports that it does not support \"{capability}\".")
        }
        (ErrorKind::SiteFailed, Named::UploadAddress(_)) => "The site failed to accept the upload.".to_owned(),
        _ => "The site failed.".to_owned(),
    }
}

/// Returns the sentence for a denial where the account cannot be read, so that the credentials may be the reason.
pub(crate) fn unresolved_denial(account: &AccountName) -> String {
    format!("The site does not allow this for account \"{account}\". It is unknown whether its credentials are valid.")
}

/// Returns the error of one file in a lookup of many, by that file's own status.
pub(crate) fn of_item(reply: &Reply, status: i64, id: &FileId, account: &AccountName) -> Error {
    let named = Named::File(id);
    let kind = kind_of(status, named);
    reply.error(kind, Some(status.to_string()), None).retryable(kind == ErrorKind::RateLimited).with_detail(
        match kind {
            ErrorKind::SiteFailed => format!("The site reports that the file \"{id}\" is broken."),
            _ => detail(kind, named, account),
        },
    )
}

/// Returns the error for a success without the requested file or remote upload.
pub(crate) fn absent(reply: &Reply, named: Named<'_>, account: &AccountName) -> Error {
    let kind = kind_of(404, named);
    reply.error(kind, Some("200".to_owned()), None).with_detail(detail(kind, named, account))
}

#[cfg(test)]
mod tests;
