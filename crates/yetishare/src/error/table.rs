//! What the site's words mean: one table, by fragments of its error texts.

use polyhost_domain::ErrorKind;

use super::Named;

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
    /// What the request names is missing.
    Missing,
    /// The site lacks the endpoint, or has it switched off.
    Unsupported,
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
    /// Where the request names something that may be missing.
    Naming,
}

/// THE table: the site's words in lower case, as a fragment, or as a beginning after `^`. The first row that holds is
/// taken.
pub(crate) const TABLE: &[(&str, When, Meaning)] = {
    use ErrorKind as Kind;
    use Meaning::{DailyLimit, Kind as Means, Missing, NoDestination, Session, Unsupported};
    use When::{Always, AskingForRemoteUpload, LoggedIn, LoggingIn, Naming, Uploading};
    &[
        // The session.
        ("could not authenticate user", Always, Means(Kind::CredentialsRejected)),
        ("username could not be found", LoggingIn, Means(Kind::CredentialsRejected)),
        ("username could not be found", LoggedIn, Session),
        ("could not validate access_token", LoggedIn, Session),
        ("access_token has expired", LoggedIn, Session),
        ("session has expired", LoggedIn, Session),
        ("invalid access_token", LoggedIn, Session),
        ("invalid access token", LoggedIn, Session),
        ("invalid token", LoggedIn, Session),
        ("expired token", LoggedIn, Session),
        ("token has expired", LoggedIn, Session),
        ("token expired", LoggedIn, Session),
        ("token is invalid", LoggedIn, Session),
        ("token is not valid", LoggedIn, Session),
        ("user not found", LoggingIn, Means(Kind::CredentialsRejected)),
        ("user not found", LoggedIn, Session),
        // The token was good right before the upload, so the site's uploader wants another user.
        ("please login", Uploading, Means(Kind::Forbidden)),
        ("please log in", Uploading, Means(Kind::Forbidden)),
        ("please login", LoggedIn, Session),
        ("please log in", LoggedIn, Session),
        ("failed issuing access token", Always, Means(Kind::SiteFailed)),
        ("account level does not have access", Always, Means(Kind::Forbidden)),
        ("api access", Always, Means(Kind::Forbidden)),
        ("api is disabled", Always, Means(Kind::Forbidden)),
        ("api is currently disabled", Always, Means(Kind::Forbidden)),
        ("api has been disabled", Always, Means(Kind::Forbidden)),
        ("demo mode", Always, Means(Kind::Forbidden)),
        // The account itself, before the rows about features that are switched off.
        ("account is disabled", Always, Means(Kind::Forbidden)),
        ("account is currently disabled", Always, Means(Kind::Forbidden)),
        ("account is suspended", Always, Means(Kind::Forbidden)),
        ("account suspended", Always, Means(Kind::Forbidden)),
        ("account has been disabled", Always, Means(Kind::Forbidden)),
        ("account has been suspended", Always, Means(Kind::Forbidden)),
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
        ("too large", Uploading, Means(Kind::TooLarge)),
        ("larger than", Uploading, Means(Kind::TooLarge)),
        ("files over", Uploading, Means(Kind::TooLarge)),
        ("files of this size", Uploading, Means(Kind::TooLarge)),
        ("maximum file size", Uploading, Means(Kind::TooLarge)),
        ("max file size", Uploading, Means(Kind::TooLarge)),
        ("maximum upload size", Uploading, Means(Kind::TooLarge)),
        ("file size limit", Uploading, Means(Kind::TooLarge)),
        ("upload_max_filesize", Uploading, Means(Kind::TooLarge)),
        ("post_max_size", Uploading, Means(Kind::TooLarge)),
        ("maximum permitted uploads", Uploading, DailyLimit),
        ("max uploads reached", Uploading, DailyLimit),
        // What ends by itself.
        ("concurrent", LoggedIn, Means(Kind::RateLimited)),
        ("simultaneous", LoggedIn, Means(Kind::RateLimited)),
        ("request limit", Always, Means(Kind::RateLimited)),
        ("rate limit", Always, Means(Kind::RateLimited)),
        ("too many requests", Always, Means(Kind::RateLimited)),
        ("did not receive", Uploading, Means(Kind::SiteFailed)),
        ("partially uploaded", Uploading, Means(Kind::SiteFailed)),
        ("general upload error", Uploading, Means(Kind::SiteFailed)),
        // Full storage and used-up allowances. Sending the same again does not help; deleting files may.
        ("storage full", LoggedIn, Means(Kind::Rejected)),
        ("storage is full", LoggedIn, Means(Kind::Rejected)),
        ("storage exceeded", LoggedIn, Means(Kind::Rejected)),
        ("storage limit", LoggedIn, Means(Kind::Rejected)),
        ("storage space", LoggedIn, Means(Kind::Rejected)),
        ("storage allowance", LoggedIn, Means(Kind::Rejected)),
        ("storage capacity", LoggedIn, Means(Kind::Rejected)),
        ("insufficient storage", LoggedIn, Means(Kind::Rejected)),
        ("insufficient space", LoggedIn, Means(Kind::Rejected)),
        ("enough storage", LoggedIn, Means(Kind::Rejected)),
        ("enough space", LoggedIn, Means(Kind::Rejected)),
        ("enough free space", LoggedIn, Means(Kind::Rejected)),
        ("available space", LoggedIn, Means(Kind::Rejected)),
        ("space available", LoggedIn, Means(Kind::Rejected)),
        ("space left", LoggedIn, Means(Kind::Rejected)),
        ("disk space", LoggedIn, Means(Kind::Rejected)),
        ("out of space", LoggedIn, Means(Kind::Rejected)),
        ("disk full", LoggedIn, Means(Kind::Rejected)),
        ("quota", LoggedIn, Means(Kind::Rejected)),
        ("daily", LoggedIn, Means(Kind::Rejected)),
        ("limit for today", LoggedIn, Means(Kind::Rejected)),
        ("per day", LoggedIn, Means(Kind::Rejected)),
        // What the site lacks, or has switched off.
        ("no method found within endpoint", LoggedIn, Unsupported),
        ("php curl module does not exist", LoggedIn, Unsupported),
        ("uploading is currently disabled", LoggedIn, Unsupported),
        ("uploading is disabled", LoggedIn, Unsupported),
        ("uploads are currently disabled", LoggedIn, Unsupported),
        ("uploads are disabled", LoggedIn, Unsupported),
        ("downloading is currently disabled", LoggedIn, Unsupported),
        ("downloading is disabled", LoggedIn, Unsupported),
        ("downloads are disabled", LoggedIn, Unsupported),
        ("feature disabled", LoggedIn, Unsupported),
        ("feature is currently disabled", LoggedIn, Unsupported),
        ("feature is disabled", LoggedIn, Unsupported),
        ("feature has been disabled", LoggedIn, Unsupported),
        ("method disabled", LoggedIn, Unsupported),
        ("method is disabled", LoggedIn, Unsupported),
        ("method has been disabled", LoggedIn, Unsupported),
        ("disabled on the site", LoggedIn, Unsupported),
        ("disabled on this site", LoggedIn, Unsupported),
        ("disabled by the site admin", LoggedIn, Unsupported),
        ("is not enabled", LoggedIn, Unsupported),
        ("are not enabled", LoggedIn, Unsupported),
        ("not been enabled", LoggedIn, Unsupported),
        ("too small", Uploading, Means(Kind::Rejected)),
        ("not allowed", Uploading, Means(Kind::Rejected)),
        ("not permitted", Uploading, Means(Kind::Rejected)),
        ("virus", Uploading, Means(Kind::Rejected)),
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
        ("bad input parameter", Always, Means(Kind::Rejected)),
        ("could not find", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("not found", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("scheduled", AskingForRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        // The 404 of the site's page, and its relatives.
        ("not found at the provided path", Naming, Missing),
        ("file not found", Naming, Missing),
        ("folder not found", Naming, Missing),
        ("^not found", Naming, Missing),
        ("does not exist", Naming, Missing),
        ("has been deleted", Naming, Missing),
        ("has been removed", Naming, Missing),
        ("was deleted", Naming, Missing),
        ("was removed", Naming, Missing),
        // What the site does not do.
        ("can`t download", Always, Means(Kind::Forbidden)),
        ("can't download", Always, Means(Kind::Forbidden)),
        ("can not match", Always, Means(Kind::Rejected)),
        ("could not generate download url", Always, Means(Kind::Rejected)),
        ("could not parse the file_url_base64", Always, Means(Kind::Rejected)),
    ]
};

/// The meaning of the first row that holds for a message.
pub(crate) fn find(message: Option<&str>, named: Named<'_>) -> Option<Meaning> {
    let message = message.unwrap_or_default().trim().to_lowercase();
    let said = |words: &str| match words.strip_prefix('^') {
        Some(beginning) => message.starts_with(beginning),
        None => message.contains(words),
    };
    let row = TABLE.iter().find(|(words, when, _)| when.holds(named) && said(words));
    match row {
        Some((.., Meaning::Unsupported)) if is_of_an_account(&message) => Some(Meaning::Kind(ErrorKind::Forbidden)),
        row => row.map(|(.., meaning)| *meaning),
    }
}

/// Whether something is switched off for an account, and not at the site.
fn is_of_an_account(message: &str) -> bool {
    message.contains("abled") && (message.contains("account") || message.contains("user"))
}

impl When {
    pub(crate) fn holds(self, named: Named<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::LoggingIn => matches!(named, Named::Login),
            Self::LoggedIn => !matches!(named, Named::Login),
            Self::Uploading => matches!(named, Named::Upload(1..)),
            Self::AskingForRemoteUpload => matches!(named, Named::RemoteUpload(_)),
            Self::Naming => !matches!(named, Named::Nothing | Named::Login | Named::Upload(_)),
        }
    }
}
