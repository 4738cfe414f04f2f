//! The definition of the dialect for the rest of the program.

use std::sync::Arc;

use polyhost_domain::{DialectName, Digest};
use polyhost_upstream::{Dialect, Quirk, QuirkKind, Quirks as Values};

use crate::config::{Config, Credentials, Quirks};
use crate::provider::Yetishare;

/// The YetiShare dialect.
pub static DIALECT: Dialect = Dialect {
    name: DialectName::Yetishare,
    credentials: &[&["key1", "key2"], &["username", "password"]],
    quirks: &[
        Quirk {
            key: "digest",
            kind: QuirkKind::Word(&["md5", "none"]),
            default: "none",
            help: "The digest in the field `hash` of an uploaded file, if the site reports it reliably.",
        },
        Quirk {
            key: "timezone",
            kind: QuirkKind::TimeZone,
            default: "auto",
            help: "The time zone of the site's dates, which have none; auto: determined from the clock in its answers.",
        },
        Quirk {
            key: "login_budget",
            kind: QuirkKind::LoginBudget,
            default: "{ logins = 4, per = \"10m\", gap = \"5s\" }",
            help: "How often a user of the site may log in.",
        },
        Quirk {
            key: "html_entities",
            kind: QuirkKind::Flag,
            default: "true",
            help: "Whether the site's names, tags and messages contain HTML entities.",
        },
    ],
    optional: |_| &[],
    requests_per_second: |_| None,
    capabilities: |values| quirks(values).capabilities(),
    build: |site, client, state| {
        let credentials = if site.credentials.contains_key("key1") {
            Credentials::Keys { key1: site.credential("key1"), key2: site.credential("key2") }
        } else {
            Credentials::Password { username: site.credential("username"), password: site.credential("password") }
        };
        let quirks = quirks(&site.quirks);
        let config = Config { origin: site.origin, base_url: site.base_url, credentials, quirks };
        Arc::new(Yetishare::new(config, client, state))
    },
};

fn quirks(values: &Values) -> Quirks {
    let default = Quirks::default();
    Quirks {
        timezone: values.time_zone("timezone"),
        digest: (values.text("digest") == Some("md5")).then_some(Digest::Md5),
        html_entities: values.flag("html_entities").unwrap_or(default.html_entities),
        unsupported: values.unsupported.clone(),
        login_budget: values.login_budget("login_budget").unwrap_or_default(),
    }
}
