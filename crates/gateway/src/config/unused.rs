//! Keys that are understood and have no effect in this version. Their values are held to what they will be, so that a
//! configuration that is good today stays good.

use super::section::Section;

/// What the value of a key is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `{ requests = 100, per_seconds = 60 }`
    RateLimit,
}

/// Reads such a key.
pub(super) fn read(section: &mut Section<'_>, key: &'static str, kind: Kind) {
    match kind {
        Kind::RateLimit => rate_limit(section, key),
    }
    section.note_unused(key);
}

fn rate_limit(section: &mut Section<'_>, key: &'static str) {
    let is_table = section.value(key).map(toml::Value::is_table);
    if is_table.is_none() {
        return;
    }
    // Tells where it is no table.
    let mut limit = section.section(key);
    if is_table == Some(false) {
        return;
    }
    for key in ["requests", "per_seconds"] {
        if limit.value(key).is_none() {
            limit.fault(key, "is missing");
        }
        limit.count(key, 1);
    }
    limit.finish();
}
