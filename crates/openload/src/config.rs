//! One account at one site: where the site is, who asks, and in what the site differs from its relatives.

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Digest, Origin};
use secrecy::SecretString;
use url::Url;

/// One account at one site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and its provider.
    pub origin: Origin,
    /// Where the site's API is, such as `https://api.pstream.net/v1`.
    pub base_url: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// In what the site differs.
    pub quirks: Quirks,
}

/// What the site calls API login and API key.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The login.
    pub login: SecretString,
    /// The key.
    pub key: SecretString,
}

/// In what a site differs from others that speak the dialect. The default is pstream.net.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The form field of an upload that holds the file.
    pub file_field: String,
    /// The digest that the site computes of an uploaded file, where its answers can be held to it.
    pub digest: Option<Digest>,
    /// What the site calls the root folder where it must be named.
    pub root_folder: String,
    /// The zone of the dates that the site writes without one.
    pub timezone: TimeZone,
    /// What the site's progress of conversions counts.
    pub progress: ProgressScale,
    /// How the site wants the header fields of remote uploads.
    pub remote_headers: RemoteHeaders,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
}

/// How a site wants the header fields of remote uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteHeaders {
    /// `headers[]`, once for each field.
    List,
    /// `headers`, one text with a line for each field.
    Lines,
}

/// What a site's progress of conversions counts.
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
            unsupported: Vec::new(),
        }
    }
}
