//! The configuration of one account at one site: the site's address, the credentials and the site's quirks.

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Digest, Origin};
use secrecy::SecretString;
use url::Url;

/// The configuration of one account at one site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and its provider.
    pub origin: Origin,
    /// The URL of the site's API, such as `https://api.pstream.net/v1`.
    pub base_url: Url,
    /// The account's credentials.
    pub credentials: Credentials,
    /// The site's differences from other sites of the dialect.
    pub quirks: Quirks,
}

/// The credentials of an account, which the site calls API login and API key.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The login.
    pub login: SecretString,
    /// The key.
    pub key: SecretString,
}

/// The differences of a site from other sites of the dialect. The default is pstream.net.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The name of an upload's form field for the file.
    pub file_field: String,
    /// The digest of an uploaded file that the site reports reliably.
    pub digest: Option<Digest>,
    /// The site's id of the root folder, in requests where it cannot be left out.
    pub root_folder: String,
    /// The time zone of the site's dates, which are written without one.
    pub timezone: TimeZone,
    /// The scale of the site's progress of conversions.
    pub progress: ProgressScale,
    /// The format of the header fields of remote uploads.
    pub remote_headers: RemoteHeaders,
    /// Whether the site has `remotedl/remove`.
    pub remote_remove: bool,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
}

/// The format in which a site expects the header fields of remote uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteHeaders {
    /// `headers[]`, once for each field.
    List,
    /// `headers`, one text with a line for each field.
    Lines,
}

/// The scale of a site's progress of conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressScale {
    /// From 0 to 100.
    Percent,
    /// From 0 to 1.
    Fraction,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            file_field: "file1".to_owned(),
            digest: Some(Digest::Sha1),
            root_folder: "0".to_owned(),
            timezone: TimeZone::UTC,
            progress: ProgressScale::Percent,
            remote_headers: RemoteHeaders::List,
            remote_remove: false,
            unsupported: Vec::new(),
        }
    }
}
