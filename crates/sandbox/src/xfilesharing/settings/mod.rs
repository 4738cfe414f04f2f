//! The options of this site that can be set from text: key, values, description and setter of each.

mod answers;
mod functions;
mod transfers;

use super::flavours::Flavour;
use super::options::Options;
use crate::settings::{SWITCH, Setting, TEXT, choice, put, setting, switch, text};

/// The tables, in the order of the help text.
pub(crate) const SETTINGS: &[&[Setting<Options>]] =
    &[ACCOUNT, functions::SETTINGS, answers::SETTINGS, transfers::SETTINGS];

const ACCOUNT: &[Setting<Options>] = &[
    setting("flavour", "xvs|xfs|dood|byse|voe", "The script; resets all other options", |options, value| {
        let flavours = [
            ("xvs", Flavour::Xvs),
            ("xfs", Flavour::Xfs),
            ("dood", Flavour::Dood),
            ("byse", Flavour::Byse),
            ("voe", Flavour::Voe),
        ];
        put(options, choice(value, &flavours).map(Options::of))
    }),
    setting("key", TEXT, "Key of the account", |options, value| put(&mut options.key, text(value))),
    setting("seeded", SWITCH, "Whether the account starts with folders and files", |options, value| {
        put(&mut options.seeded, switch(value))
    }),
    setting("origin", TEXT, "The origin of links in answers", |options, value| {
        put(&mut options.origin, text(value).map(Some))
    }),
];

const OPTIONAL_TEXT: &str = "TEXT|none";

/// Parses a text or `none`.
fn optional_text(value: &str) -> Option<Option<String>> {
    if value == "none" { Some(None) } else { text(value).map(Some) }
}

const WORDS: &str = "WORD[+WORD…]|none";

/// Parses words that are joined by `+`, or `none`.
fn words(value: &str) -> Option<Vec<String>> {
    if value == "none" { Some(Vec::new()) } else { value.split('+').map(text).collect() }
}
