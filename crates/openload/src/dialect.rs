//! The definition of the dialect for the rest of the program.

use std::sync::Arc;

use jiff::tz::TimeZone;
use polyhost_domain::{DialectName, Digest};
use polyhost_upstream::{Dialect, Quirk, QuirkKind, Quirks as Values};

use crate::config::{Config, Credentials, ProgressScale, Quirks, RemoteHeaders};
use crate::provider::Openload;

/// The OpenLoad dialect.
pub static DIALECT: Dialect = Dialect {
    name: DialectName::Openload,
    credentials: &[&["login", "key"]],
    quirks: &[
        Quirk {
            key: "file_field",
            kind: QuirkKind::Text,
            default: "file1",
            help: "The name of an upload's form field for the file.",
        },
        Quirk {
            key: "digest",
            kind: QuirkKind::Word(&["sha1", "none"]),
            default: "sha1",
            help: "The digest of an uploaded file that the site reports reliably, if any.",
        },
        Quirk {
            key: "root_folder",
            kind: QuirkKind::Text,
            default: "0",
            help: "The site's id of the root folder, in requests where it cannot be left out.",
        },
        Quirk {
            key: "timezone",
            kind: QuirkKind::TimeZone,
            default: "auto",
            help: "The time zone of the site's dates, which have none; auto is UTC.",
        },
        Quirk {
            key: "progress",
            kind: QuirkKind::Word(&["percent", "fraction"]),
            default: "percent",
            help: "The scale of the site's progress of conversions: from 0 to 100, or from 0 to 1.",
        },
        Quirk {
            key: "remote_headers",
            kind: QuirkKind::Word(&["list", "lines"]),
            default: "list",
            help: "The format of the header fields of remote uploads: a list, or one text with a line for each.",
        },
        Quirk {
            key: "remote_remove",
            kind: QuirkKind::Flag,
            default: "false",
            help: "Whether the site has remotedl/remove, which cancels remote uploads.",
        },
    ],
    optional: |_| &[],
    requests_per_second: |_| None,
    capabilities: |values| quirks(values).capabilities(),
    build: |site, client, state| {
        let credentials = Credentials { login: site.credential("login"), key: site.credential("key") };
        let quirks = quirks(&site.quirks);
        let config = Config { origin: site.origin, base_url: site.base_url, credentials, quirks };
        Arc::new(Openload::new(config, client, Arc::clone(&state.values)))
    },
};

fn quirks(values: &Values) -> Quirks {
    let default = Quirks::default();
    Quirks {
        file_field: values.text("file_field").map_or(default.file_field, str::to_owned),
        digest: match values.text("digest") {
            Some("none") => None,
            Some("sha1") => Some(Digest::Sha1),
            _ => default.digest,
        },
        root_folder: values.text("root_folder").map_or(default.root_folder, str::to_owned),
        timezone: values.time_zone("timezone").unwrap_or(TimeZone::UTC),
        progress: match values.text("progress") {
            Some("fraction") => ProgressScale::Fraction,
            _ => default.progress,
        },
        remote_headers: match values.text("remote_headers") {
            Some("lines") => RemoteHeaders::Lines,
            _ => default.remote_headers,
        },
        remote_remove: values.flag("remote_remove").unwrap_or(default.remote_remove),
        unsupported: values.unsupported.clone(),
    }
}
