//! The description of a dialect: everything that the rest of the program needs to know about an adapter.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use polyhost_domain::{Capabilities, Capability, DialectName, Origin, Provider};
use polyhost_state::State;
use secrecy::SecretString;
use url::Url;

use crate::{Client, LoginBudget};

/// A protocol of sites, and its adapter.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in the configuration and in the API.
    pub name: DialectName,
    /// The sets of an account's keys that hold its credentials, one set for each way to authenticate. All of them are
    /// secret. The first key of a set identifies the user.
    pub credentials: &'static [&'static [&'static str]],
    /// The ways in which its sites may differ.
    pub quirks: &'static [Quirk],
    /// Returns the capabilities that only some sites of the dialect have. The configuration names those of a site in
    /// `supported`.
    pub optional: fn(&Quirks) -> &'static [Capability],
    /// Returns the pace that sites of the dialect allow, in requests a second; `None` for the usual one.
    pub requests_per_second: fn(&Quirks) -> Option<f64>,
    /// Returns the native capabilities of a site's adapter.
    pub capabilities: fn(&Quirks) -> Capabilities,
    /// Builds the adapter of an account, which sends its requests with the client.
    pub build: fn(Site, Client, &State) -> Arc<dyn Provider>,
}

/// A property in which sites of a dialect differ: a key of `[providers.X]`.
#[derive(Debug)]
pub struct Quirk {
    /// The key.
    pub key: &'static str,
    /// The type of its value.
    pub kind: QuirkKind,
    /// The description of the value that applies if the key is absent.
    pub default: &'static str,
    /// A sentence that explains the quirk.
    pub help: &'static str,
}

/// The type of a quirk's value.
#[derive(Debug, Clone, Copy)]
pub enum QuirkKind {
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `auto`, or the name of an IANA time zone.
    TimeZone,
    /// Yes or no.
    Flag,
    /// A table of the limits on logins, and `token_life` beside it.
    LoginBudget,
}

/// The value of a quirk.
#[derive(Debug, Clone, PartialEq)]
pub enum QuirkValue {
    /// Of [`QuirkKind::Text`].
    Text(String),
    /// Of [`QuirkKind::Word`].
    Word(&'static str),
    /// Of [`QuirkKind::TimeZone`]; for `auto` the value is absent.
    TimeZone(TimeZone),
    /// Of [`QuirkKind::Flag`].
    Flag(bool),
    /// Of [`QuirkKind::LoginBudget`].
    LoginBudget(LoginBudget),
}

/// The differences of one site from its dialect's usual behaviour. An absent value means the usual behaviour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quirks {
    /// The values, by their keys.
    pub values: BTreeMap<&'static str, QuirkValue>,
    /// Capabilities that only some sites of the dialect have, and this site has.
    pub supported: Vec<Capability>,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
}

/// One account at one site, as the configuration has it.
#[derive(Debug, Clone)]
pub struct Site {
    /// The account and its provider.
    pub origin: Origin,
    /// The base URL of the site's API.
    pub base_url: Url,
    /// All credentials of one way to authenticate, by their keys.
    pub credentials: BTreeMap<&'static str, SecretString>,
    /// The differences of the site.
    pub quirks: Quirks,
}

impl Quirks {
    /// Returns the text of a quirk.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            QuirkValue::Text(text) => Some(text),
            QuirkValue::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Returns the time zone of a quirk. `None` also stands for `auto`.
    #[must_use]
    pub fn time_zone(&self, key: &str) -> Option<TimeZone> {
        let QuirkValue::TimeZone(zone) = self.values.get(key)? else { return None };
        Some(zone.clone())
    }

    /// Returns the value of a yes-or-no quirk.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        let QuirkValue::Flag(flag) = self.values.get(key)? else { return None };
        Some(*flag)
    }

    /// Returns the login budget of a quirk.
    #[must_use]
    pub fn login_budget(&self, key: &str) -> Option<LoginBudget> {
        let QuirkValue::LoginBudget(budget) = self.values.get(key)? else { return None };
        Some(*budget)
    }
}

impl Site {
    /// Returns a credential, or an empty one if there is none under this key.
    #[must_use]
    pub fn credential(&self, key: &str) -> SecretString {
        self.credentials.get(key).cloned().unwrap_or_default()
    }
}
