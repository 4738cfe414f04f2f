//! `[providers.X]`: the built-in sites, and sites that the configuration adds.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, ProviderId};
use polyhost_upstream::{Dialect, Quirk, QuirkKind, QuirkValue, Quirks, Settings};
use url::Url;

use crate::section::Section;
use crate::{login_budget, upstream};

/// The dialects and sites that the program has built in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The dialects.
    pub dialects: &'static [&'static Dialect],
    /// The sites.
    pub sites: &'static [BuiltIn],
}

/// A built-in site.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its id.
    pub id: &'static str,
    /// Its dialect.
    pub dialect: &'static Dialect,
    /// The base URL of its API.
    pub base_url: &'static str,
}

/// A site: its dialect, its address, and its differences from the dialect's usual behaviour.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// The provider's id.
    pub id: ProviderId,
    /// Its dialect.
    pub dialect: &'static Dialect,
    /// The base URL of its API.
    pub base_url: Url,
    /// Its differences from its dialect.
    pub quirks: Quirks,
    /// The settings for calls to it.
    pub settings: Settings,
}

/// Reads the tables `[providers.X]`. A table with the name of a built-in site overrides its values.
pub(crate) fn read(root: &mut Section<'_>, known: &Known, outer: &Settings) -> BTreeMap<ProviderId, ProviderConfig> {
    let mut providers: BTreeMap<ProviderId, ProviderConfig> = BTreeMap::new();
    for BuiltIn { id, dialect, base_url } in known.sites {
        let (Ok(id), Ok(base_url)) = (id.parse::<ProviderId>(), Url::parse(base_url)) else { continue };
        let row =
            ProviderConfig { id: id.clone(), dialect, base_url, quirks: Quirks::default(), settings: outer.clone() };
        providers.insert(id, row);
    }
    for (name, section) in root.named("providers") {
        let id = name.parse::<ProviderId>().ok();
        if id.is_none() {
            section.fault_of_name(
                "providers",
                format_args!("\"{name}\" is not a valid name: it {}", polyhost_domain::InvalidAccountName),
            );
        }
        let built_in = id.as_ref().and_then(|id| providers.get(id));
        if let Some(row) = read_row(section, id, built_in, known, outer) {
            providers.insert(row.id.clone(), row);
        }
    }
    providers
}

/// Reads one table. `id` is `None` if the table's name is invalid; the other faults in the table are still reported.
fn read_row(
    mut section: Section<'_>,
    id: Option<ProviderId>,
    built_in: Option<&ProviderConfig>,
    known: &Known,
    outer: &Settings,
) -> Option<ProviderConfig> {
    let configured = match built_in {
        Some(_) => dialect(&mut section, known),
        None => section.required("dialect").and_then(|_| dialect(&mut section, known)),
    };
    let dialect = configured.or(built_in.map(|row| row.dialect));
    let base_url = match built_in {
        Some(row) => base_url(&mut section).or_else(|| Some(row.base_url.clone())),
        None => section.required("base_url").and_then(|_| base_url(&mut section)),
    };
    let quirks = quirks(&mut section, dialect, known);
    let settings = upstream::read(&mut section, &paced(outer, dialect, &quirks));
    section.finish();
    Some(ProviderConfig { id: id?, dialect: dialect?, base_url: base_url?, quirks, settings })
}

/// Reads the address of a site's API.
pub(crate) fn base_url(section: &mut Section<'_>) -> Option<Url> {
    section.url("base_url")
}

fn dialect(section: &mut Section<'_>, known: &Known) -> Option<&'static Dialect> {
    let text = section.text("dialect")?;
    let found = known.dialects.iter().copied().find(|dialect| dialect.name.to_string() == text);
    if found.is_none() {
        let names: Vec<String> = known.dialects.iter().map(|dialect| dialect.name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let what = format!("is not a known dialect; known: {}", names.join(", "));
        section.unknown("dialect", None, text, what, &names);
    }
    found
}

/// Reads the quirks of a site. If its dialect is unknown, the quirks of every dialect are accepted.
fn quirks(section: &mut Section<'_>, dialect: Option<&Dialect>, known: &Known) -> Quirks {
    let dialects = known.dialects.iter().copied();
    let of_dialects = dialects.filter(|other| dialect.is_none_or(|dialect| dialect.name == other.name));
    let mut may_differ: BTreeMap<&'static str, Vec<&Quirk>> = BTreeMap::new();
    for quirk in of_dialects.flat_map(|dialect| dialect.quirks) {
        may_differ.entry(quirk.key).or_default().push(quirk);
    }
    let mut read = |same: &Vec<&Quirk>| section.explained(same.first()?.help, |section| value(section, same));
    let values = may_differ.iter().filter_map(|(key, same)| Some((*key, read(same)?))).collect();
    let [supported, unsupported] = ["supported", "unsupported"].map(|key| capabilities(section, key));
    let quirks = Quirks { values, supported, unsupported };
    if let Some(dialect) = dialect {
        check_supported(section, dialect, &quirks);
    }
    quirks
}

/// Rejects capabilities in `supported` that no site of the dialect has beyond its usual ones.
fn check_supported(section: &mut Section<'_>, dialect: &Dialect, quirks: &Quirks) {
    let optional = (dialect.optional)(quirks);
    let names: Vec<&str> = optional.iter().map(|capability| capability.as_str()).collect();
    for (item, capability) in quirks.supported.iter().enumerate().filter(|(_, name)| !optional.contains(name)) {
        let what = match &*names {
            [] => "cannot be added: sites of this dialect have no optional capabilities".to_owned(),
            names => format!("cannot be added; optional at these sites: {}", names.join(", ")),
        };
        section.unknown("supported", Some(item), capability.as_str(), what, &names);
    }
}

/// Returns the settings with the pace that sites of the dialect allow.
fn paced(outer: &Settings, dialect: Option<&Dialect>, quirks: &Quirks) -> Settings {
    match dialect.and_then(|dialect| (dialect.requests_per_second)(quirks)) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few requests a second")]
        Some(pace) => Settings { requests_per_second: pace, burst: pace.ceil() as u32, ..outer.clone() },
        None => outer.clone(),
    }
}

/// Reads the value of a quirk. The quirk has the same kind in each dialect that has it.
fn value(section: &mut Section<'_>, same: &[&Quirk]) -> Option<QuirkValue> {
    let Quirk { key, kind, .. } = same.first()?;
    match kind {
        QuirkKind::Text => section.text(key).map(|text| QuirkValue::Text(text.to_owned())),
        QuirkKind::Word(_) => word(section, key, &words(same)).map(QuirkValue::Word),
        QuirkKind::TimeZone => time_zone(section, key).map(QuirkValue::TimeZone),
        QuirkKind::Flag => section.optional_flag(key).map(QuirkValue::Flag),
        QuirkKind::LoginBudget => login_budget::read(section, key).map(QuirkValue::LoginBudget),
    }
}

/// Returns the words that any of the dialects accepts, without duplicates.
fn words(same: &[&Quirk]) -> Vec<&'static str> {
    let of_dialect = |quirk: &&Quirk| if let QuirkKind::Word(words) = quirk.kind { words } else { &[] };
    let all: Vec<&'static str> = same.iter().flat_map(of_dialect).copied().collect();
    let is_last = |(place, word): &(usize, &&'static str)| !all[place + 1..].contains(*word);
    all.iter().enumerate().filter(is_last).map(|(_, word)| *word).collect()
}

fn word(section: &mut Section<'_>, key: &'static str, words: &[&'static str]) -> Option<&'static str> {
    let text = section.text(key)?;
    let found = words.iter().copied().find(|word| *word == text);
    if found.is_none() {
        section.unknown(key, None, text, format_args!("is not one of: {}", words.join(", ")), words);
    }
    found
}

fn time_zone(section: &mut Section<'_>, key: &'static str) -> Option<TimeZone> {
    let text = section.text(key).filter(|text| *text != "auto")?;
    let zone = TimeZone::get(text).ok();
    if zone.is_none() {
        section.fault(key, format_args!("\"{text}\" is neither \"auto\" nor the name of an IANA time zone"));
    }
    zone
}

/// Reads a list of capabilities: `unsupported = ["files.thumbnail"]`.
fn capabilities(section: &mut Section<'_>, key: &'static str) -> Vec<Capability> {
    let mut lacking = Vec::new();
    let known: Vec<&str> = Capability::ALL.iter().map(|capability| capability.as_str()).collect();
    for (item, name) in section.texts(key).unwrap_or_default().into_iter().enumerate() {
        match name.parse::<Capability>() {
            Ok(capability) => lacking.push(capability),
            Err(error) => section.unknown(key, Some(item), name, error, &known),
        }
    }
    lacking
}
