//! The configuration of one account at one site: the site's address, the account's key and the site's quirks.

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Origin};
use secrecy::SecretString;
use url::Url;

use crate::{Flavour, NameForm};

/// The configuration of one account at one site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and its provider.
    pub origin: Origin,
    /// The URL of the site's API, such as `https://katfile.biz/api`.
    pub base_url: Url,
    /// The account's API key.
    pub key: SecretString,
    /// The site's differences from other sites of the dialect.
    pub quirks: Quirks,
}

/// The differences of a site from other sites of the dialect.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The family of sites.
    pub flavour: Flavour,
    /// The time zone of the site's dates, which are written without one. `None`: it is determined from each answer, as
    /// the difference between the site's clock and the answer's `Date`.
    pub timezone: Option<TimeZone>,
    /// The form in which the site returns names; `None` for the flavour's usual one.
    pub names: Option<NameForm>,
    /// The form field of an upload that has the file; `None` for the flavour's usual one.
    pub file_field: Option<String>,
    /// The kind of user in an upload's form, `reg` or `prem`.
    pub utype: &'static str,
    /// Whether the site unescapes the address of a remote upload once more than usual; `None` for the flavour's usual
    /// behaviour.
    pub remote_url_unescaped: Option<bool>,
    /// The address of a file's page, with `{id}` for the file's id.
    pub page_url: Option<String>,
    /// The address of a file's player, with `{id}` for the file's id.
    pub embed_url: Option<String>,
    /// Capabilities that the flavour usually lacks and the site has.
    pub supported: Vec<Capability>,
    /// Capabilities of the flavour that the site lacks.
    pub unsupported: Vec<Capability>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            flavour: Flavour::Xvs,
            timezone: None,
            names: None,
            file_field: None,
            utype: "reg",
            remote_url_unescaped: None,
            page_url: None,
            embed_url: None,
            supported: Vec::new(),
            unsupported: Vec::new(),
        }
    }
}
