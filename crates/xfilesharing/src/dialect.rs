//! The definition of the dialect for the rest of the program.

use std::sync::Arc;

use polyhost_domain::DialectName;
use polyhost_upstream::{Dialect, Quirk, QuirkKind, Quirks as Values};

use crate::config::{Config, Quirks};
use crate::provider::Xfilesharing;
use crate::{Flavour, NameForm};

/// The XFileSharing dialect.
pub static DIALECT: Dialect = Dialect {
    name: DialectName::Xfilesharing,
    credentials: &[&["key"]],
    quirks: &[
        Quirk {
            key: "flavour",
            kind: QuirkKind::Word(&["xvs", "xfs", "dood", "byse", "voe"]),
            default: "xvs",
            help: "The family of the site: XVideoSharing, XFileSharing Pro, DoodStream, Byse or VOE.",
        },
        Quirk {
            key: "timezone",
            kind: QuirkKind::TimeZone,
            default: "auto",
            help: "The time zone of the site's dates, which have none; auto compares the site's clock with `Date`.",
        },
        Quirk {
            key: "names",
            kind: QuirkKind::Word(&["auto", "plain", "entities", "latin1"]),
            default: "auto",
            help: "The form of names in answers: as sent, with HTML entities, or with misread UTF-8; auto is the flavour's.",
        },
        Quirk {
            key: "file_field",
            kind: QuirkKind::Text,
            default: "auto",
            help: "The name of an upload's form field for the file; auto is the flavour's.",
        },
        Quirk {
            key: "utype",
            kind: QuirkKind::Word(&["reg", "prem"]),
            default: "reg",
            help: "The kind of user in an upload's form, at sites with upload sessions.",
        },
        Quirk {
            key: "remote_url_unescaped",
            kind: QuirkKind::Flag,
            default: "true",
            help: "Whether the site unescapes the URL of a remote upload twice; false by default at all flavours but xvs.",
        },
        Quirk {
            key: "page_url",
            kind: QuirkKind::Text,
            default: "auto",
            help: "The address of a file's page, with {id} for the id; auto is that of the site's answers.",
        },
        Quirk {
            key: "embed_url",
            kind: QuirkKind::Text,
            default: "auto",
            help: "The address of a file's player, with {id} for the id; auto is that of the site's answers.",
        },
    ],
    optional: |values| flavour(values).traits().optional,
    requests_per_second: |values| Some(flavour(values).traits().requests_per_second),
    capabilities: |values| quirks(values).capabilities(),
    build: |site, client, state| {
        let key = site.credential("key");
        let quirks = quirks(&site.quirks);
        let config = Config { origin: site.origin, base_url: site.base_url, key, quirks };
        Arc::new(Xfilesharing::new(config, client, Arc::clone(&state.values)))
    },
};

fn flavour(values: &Values) -> Flavour {
    match values.text("flavour") {
        Some("xfs") => Flavour::Xfs,
        Some("dood") => Flavour::Dood,
        Some("byse") => Flavour::Byse,
        Some("voe") => Flavour::Voe,
        _ => Flavour::Xvs,
    }
}

fn quirks(values: &Values) -> Quirks {
    let text = |key: &str| values.text(key).filter(|text| *text != "auto").map(str::to_owned);
    Quirks {
        flavour: flavour(values),
        timezone: values.time_zone("timezone"),
        names: match values.text("names") {
            Some("plain") => Some(NameForm::Plain),
            Some("entities") => Some(NameForm::Entities),
            Some("latin1") => Some(NameForm::Latin1),
            _ => None,
        },
        file_field: text("file_field"),
        utype: if values.text("utype") == Some("prem") { "prem" } else { "reg" },
        remote_url_unescaped: values.flag("remote_url_unescaped"),
        page_url: text("page_url"),
        embed_url: text("embed_url"),
        supported: values.supported.clone(),
        unsupported: values.unsupported.clone(),
    }
}
