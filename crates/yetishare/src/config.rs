//! The configuration of one account at one site: the site's address, the credentials and the site's quirks.

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Digest, Origin};
use polyhost_upstream::LoginBudget;
use secrecy::SecretString;
use url::Url;

/// The configuration of one account at one site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and its provider.
    pub origin: Origin,
    /// The URL of the site's API, such as `https://streamplay.online/api/v2`.
    pub base_url: Url,
    /// The account's credentials.
    pub credentials: Credentials,
    /// The site's differences from other sites of the dialect.
    pub quirks: Quirks,
}

/// The credentials for a login. Each site accepts one of the two kinds, and rejects the other.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A pair of API keys of 64 letters and digits each.
    Keys {
        /// The first key.
        key1: SecretString,
        /// The second key.
        key2: SecretString,
    },
    /// The user name and the password for the site's web pages.
    Password {
        /// The user name.
        username: SecretString,
        /// The password, in plain text.
        password: SecretString,
    },
}

/// The differences of a site from other sites of the dialect. The default is streamplay.online.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The time zone of the site's dates, which are written without one. `None`: it is determined from each answer, as
    /// the difference between the site's clock and the answer's `Date`.
    pub timezone: Option<TimeZone>,
    /// The digest in the field `hash` of an upload's answer. `None`: it may be an MD5, but is not reliable.
    pub digest: Option<Digest>,
    /// Whether names, tags and messages contain HTML entities, which are then decoded once.
    pub html_entities: bool,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
    /// The limits on the logins of a user.
    pub login_budget: LoginBudget,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            timezone: None,
            digest: None,
            html_entities: true,
            login_budget: LoginBudget::default(),
            unsupported: Vec::new(),
        }
    }
}
