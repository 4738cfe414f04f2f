//! `[providers.X]`: the rows of the table of sites, built in or added.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use polyhost_domain::{Capability, Dialect, ProviderId};
use polyhost_upstream::{LoginBudget, Settings};
use url::Url;

use crate::section::Section;
use crate::{login_budget, upstream};

/// One site: its dialect, where it is, and where it differs from its dialect's usual behaviour.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// The provider's id.
    pub id: ProviderId,
    /// The dialect that it speaks.
    pub dialect: Dialect,
    /// Where its API is.
    pub base_url: Url,
    /// Where it differs from its dialect.
    pub quirks: QuirksConfig,
    /// How it is treated.
    pub settings: Settings,
}

/// Where a site differs from its dialect's usual behaviour; what is absent is as usual.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuirksConfig {
    /// The name of the form field that holds an uploaded file.
    pub file_field: Option<String>,
    /// The digest that an uploaded file can be held to.
    pub digest: Option<DigestChoice>,
    /// What the site calls its root folder.
    pub root_folder: Option<String>,
    /// The zone of the times that the site tells; `None` is `auto`: as the site's answers tell its own time, and UTC
    /// where the dialect's do not.
    pub timezone: Option<TimeZone>,
    /// The scale of the progress that the site tells.
    pub progress: Option<ProgressScale>,
    /// How the site wants the header fields of remote uploads.
    pub remote_headers: Option<HeadersChoice>,
    /// How often a user of the site may log in.
    pub login_budget: Option<LoginBudget>,
    /// Whether the site writes texts with HTML entities.
    pub html_entities: Option<bool>,
    /// Capabilities of the dialect that the site lacks.
    pub unsupported: Vec<Capability>,
}

/// How a site wants the header fields of remote uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadersChoice {
    /// A parameter for each field.
    List,
    /// One text with a line for each field.
    Lines,
}

/// The digest that a site computes of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestChoice {
    /// SHA-1
    Sha1,
    /// MD5
    Md5,
    /// None that can be relied on.
    None,
}

/// The scale of the progress that a site tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressScale {
    /// 0 to 100
    Percent,
    /// 0 to 1
    Fraction,
}

/// The sites that are known without any configuration.
const BUILT_IN: [(&str, Dialect, &str); 2] = [
    ("pstream", Dialect::Openload, "https://api.pstream.net/v1"),
    ("streamplay", Dialect::Yetishare, "https://streamplay.online/api/v2"),
];

/// Reads `[providers.X]` over the built-in rows.
pub(crate) fn read(root: &mut Section<'_>, outer: &Settings) -> BTreeMap<ProviderId, ProviderConfig> {
    let mut providers: BTreeMap<ProviderId, ProviderConfig> = BTreeMap::new();
    for (id, dialect, base_url) in BUILT_IN {
        let (Ok(id), Ok(base_url)) = (id.parse::<ProviderId>(), Url::parse(base_url)) else { continue };
        let row = ProviderConfig {
            id: id.clone(),
            dialect,
            base_url,
            quirks: QuirksConfig::default(),
            settings: outer.clone(),
        };
        providers.insert(id, row);
    }
    for (name, section) in root.named("providers") {
        let id = name.parse::<ProviderId>().ok();
        if id.is_none() {
            root.fault("providers", format_args!("\"{name}\" is no name: it {}", polyhost_domain::InvalidAccountName));
        }
        let built_in = id.as_ref().and_then(|id| providers.get(id));
        if let Some(row) = read_row(section, id, built_in, outer) {
            providers.insert(row.id.clone(), row);
        }
    }
    providers
}

/// `id` is `None` where the table's name is none: the faults inside it are looked for all the same.
fn read_row(
    mut section: Section<'_>,
    id: Option<ProviderId>,
    built_in: Option<&ProviderConfig>,
    outer: &Settings,
) -> Option<ProviderConfig> {
    let dialect = match built_in {
        Some(row) => section.parsed("dialect").or(Some(row.dialect)),
        None => section.required("dialect").and_then(|_| section.parsed("dialect")),
    };
    let base_url = match built_in {
        Some(row) => base_url(&mut section).or_else(|| Some(row.base_url.clone())),
        None => section.required("base_url").and_then(|_| base_url(&mut section)),
    };
    let quirks = quirks(&mut section, dialect);
    let settings = upstream::read(&mut section, outer);
    section.finish();
    Some(ProviderConfig { id: id?, dialect: dialect?, base_url: base_url?, quirks, settings })
}

/// The address of a site's API: http or https, no user info, query or fragment.
pub(crate) fn base_url(section: &mut Section<'_>) -> Option<Url> {
    let text = section.text("base_url")?;
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(plain);
    if url.is_none() {
        // The text itself may hold a password, so it is not repeated.
        section.fault("base_url", "must be an http or https URL without user info, query and fragment");
    }
    url
}

/// Reads what sites of the dialect differ in; where the dialect is not known, the keys of both are.
fn quirks(section: &mut Section<'_>, dialect: Option<Dialect>) -> QuirksConfig {
    const SHA1: (&str, DigestChoice) = ("sha1", DigestChoice::Sha1);
    const MD5: (&str, DigestChoice) = ("md5", DigestChoice::Md5);
    const NONE: (&str, DigestChoice) = ("none", DigestChoice::None);
    let digests: &[_] = match dialect {
        Some(Dialect::Openload) => &[SHA1, NONE],
        Some(Dialect::Yetishare) => &[MD5, NONE],
        None => &[SHA1, MD5, NONE],
    };
    let common = QuirksConfig {
        digest: choice(section, "digest", digests),
        timezone: timezone(section),
        unsupported: unsupported(section),
        ..QuirksConfig::default()
    };
    let common = match dialect {
        Some(Dialect::Openload) => common,
        _ => QuirksConfig { login_budget: login_budget::read(section), ..common },
    };
    let html_entities = (dialect != Some(Dialect::Openload)).then(|| section.flag("html_entities", true));
    let common = QuirksConfig { html_entities, ..common };
    if dialect == Some(Dialect::Yetishare) {
        return common;
    }
    const HEADERS: [(&str, HeadersChoice); 2] = [("list", HeadersChoice::List), ("lines", HeadersChoice::Lines)];
    const SCALES: [(&str, ProgressScale); 2] =
        [("percent", ProgressScale::Percent), ("fraction", ProgressScale::Fraction)];
    QuirksConfig {
        file_field: section.text("file_field").map(str::to_owned),
        root_folder: section.text("root_folder").map(str::to_owned),
        progress: choice(section, "progress", &SCALES),
        remote_headers: choice(section, "remote_headers", &HEADERS),
        ..common
    }
}

fn choice<T: Copy>(section: &mut Section<'_>, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
    let text = section.text(key)?;
    let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        section.fault(key, format_args!("\"{text}\" is none of: {}", words.join(", ")));
    }
    found
}

fn timezone(section: &mut Section<'_>) -> Option<TimeZone> {
    let text = section.text("timezone").filter(|text| *text != "auto")?;
    let zone = TimeZone::get(text).ok();
    if zone.is_none() {
        section.fault("timezone", format_args!("\"{text}\" is neither \"auto\" nor the name of an IANA time zone"));
    }
    zone
}

/// `unsupported = ["files.thumbnail"]`
fn unsupported(section: &mut Section<'_>) -> Vec<Capability> {
    const KEY: &str = "unsupported";
    let mut lacking = Vec::new();
    for name in section.texts(KEY).unwrap_or_default() {
        match name.parse::<Capability>() {
            Ok(capability) => lacking.push(capability),
            Err(error) => section.fault(KEY, format_args!("\"{name}\" {error}")),
        }
    }
    lacking
}
