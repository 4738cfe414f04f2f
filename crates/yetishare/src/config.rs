//! One account at one site: where the site is, who asks, and in what the site differs from its relatives.

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Digest, Origin};
use polyhost_upstream::LoginBudget;
use secrecy::SecretString;
use url::Url;

/// One account at one site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and its provider.
    pub origin: Origin,
    /// Where the site's API is, such as `https://streamplay.online/api/v2`.
    pub base_url: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// In what the site differs.
    pub quirks: Quirks,
}

/// What a site logs its users in with. Each site takes one of the two, and refuses the other.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A pair of API keys, 64 letters and digits each.
    Keys {
        /// The first key.
        key1: SecretString,
        /// The second key.
        key2: SecretString,
    },
    /// What people log in with.
    Password {
        /// The user name.
        username: SecretString,
        /// The password, in clear.
        password: SecretString,
    },
}

/// In what a site differs from others that speak the dialect. The default is streamplay.online.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The zone of the dates, which the site writes without one. `None`: told from each answer, by its own clock
    /// against its `Date`.
    pub timezone: Option<TimeZone>,
    /// The digest that `hash` of an upload is. `None`: it may be an MD5, and cannot be held to that.
    pub digest: Option<Digest>,
    /// Whether names, tags and messages are written with HTML entities, which are decoded once.
    pub html_entities: bool,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
    /// How often a user may log in.
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
