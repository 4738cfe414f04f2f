//! From the site's answers to errors. Nothing but the site's words tells its errors apart; they are looked for here, in
//! one table, and nowhere else. Words that are not known are a failure of the site, and never a success.

use std::time::Duration;

use polyhost_domain::{AccountName, Error, ErrorKind, FileId, FolderId, RemoteUploadId};
use polyhost_upstream::decode::Unreadable;
use polyhost_upstream::{CallKind, Refusal, Reply};

use crate::envelope::{Said, Success, read};
use crate::words::without_queries;

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

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The token is not known, or no more.
    Session,
    /// An error of this kind.
    Kind(ErrorKind),
    /// What the account may do in a day is spent.
    DailyLimit,
    /// The folder that something was to go to is missing.
    NoDestination,
}

/// When a row of the table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    LoggingIn,
    LoggedIn,
    /// While a file flows that is not empty.
    Uploading,
    AskingForRemoteUpload,
}

/// THE table: the site's words in lower case, as a fragment, or as a beginning after `^`. The first row that holds is
/// taken.
pub(crate) const TABLE: &[(&str, When, Meaning)] = {
    use ErrorKind as Kind;
    use Meaning::{DailyLimit, Kind as Means, NoDestination, Session};
    use When::{Always, AskingForRemoteUpload, LoggedIn, LoggingIn, Uploading};
    &[
        // The session.
        ("could not authenticate user", Always, Means(Kind::CredentialsRejected)),
        ("username could not be found", LoggingIn, Means(Kind::CredentialsRejected)),
        ("username could not be found", LoggedIn, Session),
        ("could not validate access_token", LoggedIn, Session),
        ("failed issuing access token", Always, Means(Kind::SiteFailed)),
        ("account level does not have access", Always, Means(Kind::Forbidden)),
        ("demo mode", Always, Means(Kind::Forbidden)),
        // A site that takes keys is asked with a password, or the other way.
        ("^please provide", LoggingIn, Means(Kind::CredentialsRejected)),
        // PHP drops a form over its limit, the token included; elsewhere no request of this adapter is without one.
        ("please provide the access_token", Uploading, Means(Kind::TooLarge)),
        ("please provide the access_token", Always, Means(Kind::SiteFailed)),
        ("please provide the account_id", Uploading, Means(Kind::TooLarge)),
        ("please provide the account_id", Always, Means(Kind::SiteFailed)),
        // An upload: first what failed inside the site, for it may quote anything.
        ("no response received", Uploading, Means(Kind::SiteFailed)),
        ("failed reading response", Uploading, Means(Kind::SiteFailed)),
        ("filesize received was zero", Uploading, Means(Kind::TooLarge)),
        ("zero size", Uploading, Means(Kind::TooLarge)),
        ("too big", Uploading, Means(Kind::TooLarge)),
        ("larger than permitted", Uploading, Means(Kind::TooLarge)),
        ("upload_max_filesize", Uploading, Means(Kind::TooLarge)),
        ("post_max_size", Uploading, Means(Kind::TooLarge)),
        ("maximum permitted uploads", Uploading, DailyLimit),
        ("max uploads reached", Uploading, DailyLimit),
        ("did not receive", Uploading, Means(Kind::SiteFailed)),
        ("partially uploaded", Uploading, Means(Kind::SiteFailed)),
        ("general upload error", Uploading, Means(Kind::SiteFailed)),
        ("too small", Uploading, Means(Kind::Rejected)),
        ("not allowed", Uploading, Means(Kind::Rejected)),
        ("banned", Uploading, Means(Kind::Rejected)),
        ("blocked", Uploading, Means(Kind::Rejected)),
        ("disabled", Uploading, Means(Kind::Rejected)),
        ("max number of files", Uploading, Means(Kind::Rejected)),
        ("filesize received was zero", Always, Means(Kind::Rejected)),
        // What is missing, or another's.
        ("destination folder", Always, NoDestination),
        ("could not find file", Always, Means(Kind::FileNotFound)),
        ("failed deleting the file", Always, Means(Kind::FileNotFound)),
        ("failed moving the file", Always, Means(Kind::FileNotFound)),
        ("failed copying", Always, Means(Kind::FileNotFound)),
        ("could not find folder", Always, Means(Kind::FolderNotFound)),
        ("failed deleting the folder", Always, Means(Kind::FolderNotFound)),
        ("failed moving the folder", Always, Means(Kind::FolderNotFound)),
        ("^please provide", Always, Means(Kind::Rejected)),
        ("could not find", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("not found", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("scheduled", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        // What the site does not do.
        ("can`t download", Always, Means(Kind::Forbidden)),
        ("can't download", Always, Means(Kind::Forbidden)),
        ("can not match", Always, Means(Kind::Rejected)),
        ("could not generate download url", Always, Means(Kind::Rejected)),
        ("could not parse the file_url_base64", Always, Means(Kind::Rejected)),
        ("no method found within endpoint", Always, Means(Kind::Rejected)),
    ]
};

/// The success in an answer.
///
/// # Errors
/// - A refused session; what the table makes of an error, wherever in the answer it is.
/// - `InvalidResponse`, or `OutcomeUnknown` of a write: no answer of this API.
pub(crate) fn success<'a>(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<Success<'a>, Refusal> {
    match read(reply.body()) {
        Ok(Said::Success(success)) => Ok(success),
        Ok(Said::Error { status, message }) => Err(refusal(reply, status, message.as_deref(), named, account)),
        Ok(Said::Neither) => Err(without_envelope(reply, None, named, account)),
        Err(why) => Err(without_envelope(reply, Some(why), named, account)),
    }
}

/// An answer that is not in the API's envelope. JSON is the API's all the same, and its HTTP status says the rest.
/// Anything else comes from a server before it, whose 404 is about no file: a write was refused, and a read has no
/// answer. A firewall's 403 is about no credentials.
fn without_envelope(reply: &Reply, why: Option<Unreadable>, named: Named<'_>, account: &AccountName) -> Refusal {
    let status = reply.http_status();
    let of_any_server = matches!(status, 401 | 403 | 413 | 429 | 451 | 500..);
    match (why, status, reply.kind()) {
        (None, 400.., _) => refusal(reply, None, None, named, account),
        (Some(why), 401 | 403, _) if matches!(named, Named::Login) => Refusal::Other(reply.unreadable(why)),
        (_, _, _) if of_any_server => refusal(reply, None, None, named, account),
        (Some(_), 400.., CallKind::Write) => {
            let detail = format!("The site refused the request with HTTP status {status} and no answer of its API.");
            Refusal::Other(reply.error(ErrorKind::SiteFailed, None, None).with_detail(detail))
        }
        (why, ..) => Refusal::Other(reply.unreadable(why.unwrap_or(Unreadable::Missing("data or a status")))),
    }
}

/// Whether an answer is the API's own, success or error, and not that of a server that has failed or has enough.
pub(crate) fn is_of_the_api(reply: &Reply) -> bool {
    let is_told = matches!(read(reply.body()), Ok(Said::Success(_) | Said::Error { .. }));
    is_told && !matches!(reply.http_status(), 429 | 500..)
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
    let message = message.map(without_queries);
    let meaning = meaning(reply.http_status(), message.as_deref(), named);
    let (kind, detail) = match meaning {
        Meaning::Session => (ErrorKind::SiteFailed, "The site does not know the session any more.".to_owned()),
        Meaning::NoDestination => (ErrorKind::FolderNotFound, no_destination(named, account)),
        Meaning::DailyLimit => (ErrorKind::RateLimited, detail(ErrorKind::RateLimited, named, account)),
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
    if meaning == Meaning::Session { Refusal::Session(error) } else { Refusal::Other(error) }
}

/// The words count more than the HTTP status, which is 200 for nearly everything. Where they say nothing, a 401 is
/// about the session.
pub(crate) fn meaning(http_status: u16, message: Option<&str>, named: Named<'_>) -> Meaning {
    let message = message.unwrap_or_default().trim().to_lowercase();
    let said = |words: &str| match words.strip_prefix('^') {
        Some(beginning) => message.starts_with(beginning),
        None => message.contains(words),
    };
    let row = TABLE.iter().find(|(words, when, _)| when.holds(named) && said(words));
    match (row, http_status, named) {
        (Some((.., meaning)), ..) => *meaning,
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

impl When {
    fn holds(self, named: Named<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::LoggingIn => matches!(named, Named::Login),
            Self::LoggedIn => !matches!(named, Named::Login),
            Self::Uploading => matches!(named, Named::Upload(1..)),
            Self::AskingForRemoteUpload => matches!(named, Named::RemoteUpload(_)),
        }
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
        Refusal::Session(error) | Refusal::Other(error) => error,
    }
}

#[cfg(test)]
mod tests;
