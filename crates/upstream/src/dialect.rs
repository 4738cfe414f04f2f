//! A dialect as a value: all that the rest of the program need know of an adapter.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use polyhost_domain::{Capabilities, Capability, DialectName, Origin, Provider};
use polyhost_state::State;
use secrecy::SecretString;
use url::Url;

use crate::{Client, LoginBudget};

/// A protocol that sites speak, and its adapter.
#[derive(Debug)]
pub struct Dialect {
    /// What it is called in the configuration and to callers.
    pub name: DialectName,
    /// The keys of an account that hold its credentials: each way in which the dialect's sites take them. All of them
    /// are secret, and the first of each way says whose they are.
    pub credentials: &'static [&'static [&'static str]],
    /// In what its sites may differ.
    pub quirks: &'static [Quirk],
    /// What the adapter of a site natively does.
    pub capabilities: fn(&Quirks) -> Capabilities,
    /// Makes the adapter of an account, which sends with the client.
    pub build: fn(Site, Client, &State) -> Arc<dyn Provider>,
}

/// One thing in which sites of a dialect differ: a key of `[providers.X]`.
#[derive(Debug)]
pub struct Quirk {
    /// The key.
    pub key: &'static str,
    /// What its value may be.
    pub kind: QuirkKind,
    /// What holds where the key is absent.
    pub default: &'static str,
    /// What it says of the site, in a sentence.
    pub help: &'static str,
}

/// What the value of a quirk may be.
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
    /// A table of how often a user may log in, and `token_life` beside it.
    LoginBudget,
}

/// The value of a quirk.
#[derive(Debug, Clone, PartialEq)]
pub enum QuirkValue {
    /// Of [`QuirkKind::Text`].
    Text(String),
    /// Of [`QuirkKind::Word`].
    Word(&'static str),
    /// Of [`QuirkKind::TimeZone`]; `auto` is no value.
    TimeZone(TimeZone),
    /// Of [`QuirkKind::Flag`].
    Flag(bool),
    /// Of [`QuirkKind::LoginBudget`].
    LoginBudget(LoginBudget),
}

/// In what one site differs from its dialect's usual behaviour; what is absent is as usual.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quirks {
    /// The values, by their keys.
    pub values: BTreeMap<&'static str, QuirkValue>,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
}

/// One account at one site, as the configuration has it.
#[derive(Debug, Clone)]
pub struct Site {
    /// The account and its provider.
    pub origin: Origin,
    /// Where the site's API is.
    pub base_url: Url,
    /// The credentials of one way, by their keys; all of them are there.
    pub credentials: BTreeMap<&'static str, SecretString>,
    /// In what the site differs.
    pub quirks: Quirks,
}

impl Quirks {
    /// The text of a quirk.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            QuirkValue::Text(text) => Some(text),
            QuirkValue::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The time zone of a quirk. `None` also stands for `auto`.
    #[must_use]
    pub fn time_zone(&self, key: &str) -> Option<TimeZone> {
        let QuirkValue::TimeZone(zone) = self.values.get(key)? else { return None };
        Some(zone.clone())
    }

    /// The answer of a quirk that is yes or no.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        let QuirkValue::Flag(flag) = self.values.get(key)? else { return None };
        Some(*flag)
    }

    /// The login budget of a quirk.
    #[must_use]
    pub fn login_budget(&self, key: &str) -> Option<LoginBudget> {
        let QuirkValue::LoginBudget(budget) = self.values.get(key)? else { return None };
        Some(*budget)
    }
}

impl Site {
    /// A credential.
    #[must_use]
    pub fn credential(&self, key: &str) -> SecretString {
        self.credentials.get(key).cloned().unwrap_or_default()
    }
}
