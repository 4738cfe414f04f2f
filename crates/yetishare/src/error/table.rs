//! The meanings of the site's error texts: one table of text fragments.

use polyhost_domain::ErrorKind;

use super::Named;

/// The meaning of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The site does not accept the token, or no longer does.
    Session,
    /// An error of this kind.
    Kind(ErrorKind),
    /// The account's daily limit is reached.
    DailyLimit,
    /// The destination folder does not exist.
    NoDestination,
    /// The object that the request names does not exist.
    Missing,
    /// The site lacks the endpoint or has disabled it.
    Unsupported,
}

/// The requests to which a row of the table applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    LoggingIn,
    LoggedIn,
    /// The upload of a file that is not empty.
    Uploading,
    ReadingRemoteUpload,
    /// A request that names an object that may be missing.
    NamingObject,
}

/// The table: a fragment of the error text in lower case, the requests that it applies to, and its meaning. After `^`,
/// the fragment is the beginning of the text. The first matching row is used.
pub(crate) const TABLE: &[(&str, When, Meaning)] = {
    use ErrorKind as Kind;
    use Meaning::{DailyLimit, Kind as Means, Missing, NoDestination, Session, Unsupported};
    use When::{Always, LoggedIn, LoggingIn, NamingObject, ReadingRemoteUpload, Uploading};
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
        // The site accepted the token right before the upload, so its uploader requires another user.
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
        // The account itself. These rows precede those about disabled features.
        ("account is disabled", Always, Means(Kind::Forbidden)),
        ("account is currently disabled", Always, Means(Kind::Forbidden)),
        ("account is suspended", Always, Means(Kind::Forbidden)),
        ("account suspended", Always, Means(Kind::Forbidden)),
        ("account has been disabled", Always, Means(Kind::Forbidden)),
        ("account has been suspended", Always, Means(Kind::Forbidden)),
        // The site requires keys and got a password, or requires a password and got keys.
        ("^please provide", LoggingIn, Means(Kind::CredentialsRejected)),
        // PHP drops a form over its limit, including the token. In other requests, this adapter always sends one.
        ("please provide the access_token", Uploading, Means(Kind::TooLarge)),
        ("please provide the access_token", Always, Means(Kind::SiteFailed)),
        ("please provide the account_id", Uploading, Means(Kind::TooLarge)),
        ("please provide the account_id", Always, Means(Kind::SiteFailed)),
        // Uploads. Failures inside the site come first, because their texts may quote other texts.
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
        // Limits and failures that end by themselves.
        ("concurrent", LoggedIn, Means(Kind::RateLimited)),
        ("simultaneous", LoggedIn, Means(Kind::RateLimited)),
        ("request limit", Always, Means(Kind::RateLimited)),
        ("rate limit", Always, Means(Kind::RateLimited)),
        ("too many requests", Always, Means(Kind::RateLimited)),
        ("did not receive", Uploading, Means(Kind::SiteFailed)),
        ("partially uploaded", Uploading, Means(Kind::SiteFailed)),
        ("general upload error", Uploading, Means(Kind::SiteFailed)),
        // Full storage and used-up allowances. A retry does not help; deleting files may.
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
        // Features that the site lacks or has disabled.
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
        // Objects that do not exist or belong to another user.
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
        ("could not find", ReadingRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("not found", ReadingRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        ("scheduled", ReadingRemoteUpload, Means(Kind::RemoteUploadNotFound)),
        // The 404 in the site's documentation, and similar texts.
        ("not found at the provided path", NamingObject, Missing),
        ("file not found", NamingObject, Missing),
        ("folder not found", NamingObject, Missing),
        ("^not found", NamingObject, Missing),
        ("does not exist", NamingObject, Missing),
        ("has been deleted", NamingObject, Missing),
        ("has been removed", NamingObject, Missing),
        ("was deleted", NamingObject, Missing),
        ("was removed", NamingObject, Missing),
        // Other errors of the site.
        ("can`t download", Always, Means(Kind::Forbidden)),
        ("can't download", Always, Means(Kind::Forbidden)),
        ("can not match", Always, Means(Kind::Rejected)),
        ("could not generate download url", Always, Means(Kind::Rejected)),
        ("could not parse the file_url_base64", Always, Means(Kind::Rejected)),
    ]
};

/// Returns the meaning of the first row that matches a message.
pub(crate) fn find(message: Option<&str>, named: Named<'_>) -> Option<Meaning> {
    let message = message.unwrap_or_default().trim().to_lowercase();
    let matches = |fragment: &str| match fragment.strip_prefix('^') {
        Some(beginning) => message.starts_with(beginning),
        None => message.contains(fragment),
    };
    let row = TABLE.iter().find(|(fragment, when, _)| when.applies_to(named) && matches(fragment));
    match row {
        Some((.., Meaning::Unsupported)) if is_of_an_account(&message) => Some(Meaning::Kind(ErrorKind::Forbidden)),
        row => row.map(|(.., meaning)| *meaning),
    }
}

/// Returns whether a feature is disabled for an account or a user, and not at the site.
fn is_of_an_account(message: &str) -> bool {
    message.contains("abled") && (message.contains("account") || message.contains("user"))
}

impl When {
    pub(crate) fn applies_to(self, named: Named<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::LoggingIn => matches!(named, Named::Login),
            Self::LoggedIn => !matches!(named, Named::Login),
            Self::Uploading => matches!(named, Named::Upload(1..)),
            Self::ReadingRemoteUpload => matches!(named, Named::RemoteUpload(_)),
            Self::NamingObject => !matches!(named, Named::Nothing | Named::Login | Named::Upload(_)),
        }
    }
}
