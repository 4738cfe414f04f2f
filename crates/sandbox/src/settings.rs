//! The options of the simulated sites as text, such as `streamplay:version=4,auth=password`. Each site declares its
//! options in one table: key, values, description and setter.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::intercept::{Intercept, InterceptAnswer, RedirectTarget};
use crate::{Copies, ReplyShape, ReplySize, StoredNames, Unreadable, UploadReply, openload, xfilesharing, yetishare};

/// One option of a site.
pub(crate) struct Setting<O: 'static> {
    key: &'static str,
    /// The accepted values, as text.
    values: &'static str,
    help: &'static str,
    set: Setter<O>,
}

/// Sets an option. Returns `None` if the text is not a valid value.
pub(crate) type Setter<O> = fn(&mut O, &str) -> Option<()>;

pub(crate) const fn setting<O>(
    key: &'static str,
    values: &'static str,
    help: &'static str,
    set: Setter<O>,
) -> Setting<O> {
    Setting { key, values, help, set }
}

/// The options of every simulated site.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    /// pstream.net, by the name `pstream`.
    pub pstream: openload::Options,
    /// streamplay.online, by the name `streamplay`.
    pub streamplay: yetishare::Options,
    /// A site of the XFileSharing family, by the name `xfilesharing`. Without an option, there is none.
    pub xfilesharing: Option<xfilesharing::Options>,
}

/// The names of the simulated sites.
const NAMES: [&str; 3] = ["pstream", "streamplay", "xfilesharing"];

/// The error for a text that does not set an option of a site. The message lists the valid alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting(String);

impl fmt::Display for InvalidSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSetting {}

impl Sites {
    /// Sets options of one site: `SITE:KEY=VALUE[,KEY=VALUE…]`.
    ///
    /// # Errors
    /// Fails for an unknown site, an unknown key, or a value that the key does not accept.
    pub fn set(&mut self, text: &str) -> Result<(), InvalidSetting> {
        let (site, pairs) = text.split_once(':').unwrap_or((text, ""));
        match site {
            "pstream" => set_all(site, &[openload::SETTINGS], openload::operations, &mut self.pstream, pairs),
            "streamplay" => set_all(site, &[yetishare::SETTINGS], yetishare::operations, &mut self.streamplay, pairs),
            "xfilesharing" => {
                let options = self.xfilesharing.get_or_insert_default();
                set_all(site, xfilesharing::SETTINGS, xfilesharing::operations, options, pairs)
            }
            _ => Err(InvalidSetting(format!("no site is called \"{site}\"; the sites are: {}", NAMES.join(", ")))),
        }
    }

    /// Returns the help text: every option of every site, with its values and its description.
    #[must_use]
    pub fn help() -> String {
        format!(
            "{}\n{}\n{}",
            help("pstream", &[openload::SETTINGS], &openload::operations()),
            help("streamplay", &[yetishare::SETTINGS], &yetishare::operations()),
            help("xfilesharing", xfilesharing::SETTINGS, &xfilesharing::operations())
        )
    }
}

fn set_all<O>(
    site: &str,
    tables: &[&[Setting<O>]],
    operations: fn() -> Vec<String>,
    options: &mut O,
    pairs: &str,
) -> Result<(), InvalidSetting> {
    for pair in pairs.split(',') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(setting) = tables.iter().copied().flatten().find(|setting| setting.key == key) else {
            let keys: Vec<&str> = tables.iter().copied().flatten().map(|setting| setting.key).collect();
            return Err(InvalidSetting(format!(
                "{site} has no option \"{key}\"; its options are: {}",
                keys.join(", ")
            )));
        };
        (setting.set)(options, value).ok_or_else(|| {
            let mut message = format!("{site}: \"{value}\" is no value of {key}, which takes {}", setting.values);
            if setting.values.contains("OPERATION") {
                let _ = write!(message, "; the operations are: {}", operations().join(", "));
            }
            InvalidSetting(message)
        })?;
    }
    Ok(())
}

fn help<O>(site: &str, tables: &[&[Setting<O>]], operations: &[String]) -> String {
    let mut text = format!("Options of {site}:\n");
    for Setting { key, values, help, .. } in tables.iter().copied().flatten() {
        let _ = writeln!(text, "  {key}={values}\n      {help}");
    }
    let _ = writeln!(text, "  OPERATION is one of: {}", operations.join(", "));
    text
}

/// Assigns a value, if there is one.
pub(crate) fn put<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

pub(crate) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Option<T> {
    choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
}

pub(crate) const SWITCH: &str = "true|false";

pub(crate) fn switch(text: &str) -> Option<bool> {
    text.parse().ok()
}

pub(crate) const NUMBER: &str = "NUMBER";

pub(crate) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub(crate) const LIMIT: &str = "NUMBER|none";

/// Parses a number or `none`.
pub(crate) fn limit<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text == "none" { Some(None) } else { text.parse().ok().map(Some) }
}

pub(crate) const DURATION: &str = "DURATION, such as 60s";

pub(crate) fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

pub(crate) const TEXT: &str = "TEXT";

/// Returns a text that is not empty.
pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

pub(crate) const STORED_NAMES: &str = "as_sent|nfc|underscores";

pub(crate) fn stored_names(text: &str) -> Option<StoredNames> {
    let names =
        [("as_sent", StoredNames::AsSent), ("nfc", StoredNames::Nfc), ("underscores", StoredNames::Underscores)];
    choice(text, &names)
}

pub(crate) const UPLOAD_REPLY: &str = "whole|url|nameless";

pub(crate) fn upload_reply(text: &str) -> Option<UploadReply> {
    choice(text, &[("whole", UploadReply::Whole), ("url", UploadReply::UrlAlone), ("nameless", UploadReply::Nameless)])
}

pub(crate) const REPLY_SHAPE: &str = "array|object";

pub(crate) fn reply_shape(text: &str) -> Option<ReplyShape> {
    choice(text, &[("array", ReplyShape::Array), ("object", ReplyShape::Object)])
}

pub(crate) const REPLY_SIZE: &str = "actual|missing|zero|false";

pub(crate) fn reply_size(text: &str) -> Option<ReplySize> {
    let sizes = [
        ("actual", ReplySize::Actual),
        ("missing", ReplySize::Missing),
        ("zero", ReplySize::Zero),
        ("false", ReplySize::False),
    ];
    choice(text, &sizes)
}

pub(crate) const COPIES: &str = "as_named|parentheses|dashes";

pub(crate) fn copies(text: &str) -> Option<Copies> {
    let copies = [("as_named", Copies::AsNamed), ("parentheses", Copies::Parentheses), ("dashes", Copies::Dashes)];
    choice(text, &copies)
}

pub(crate) const UNREADABLE: &str = "KIND[+KIND…]: doubled_key|invalid_utf8|missing_id|repeated";

/// Parses kinds of malformed entries, joined by `+`.
pub(crate) fn unreadable(text: &str) -> Option<Vec<Unreadable>> {
    let kinds = [
        ("doubled_key", Unreadable::DoubledKey),
        ("invalid_utf8", Unreadable::InvalidUtf8),
        ("missing_id", Unreadable::MissingId),
        ("repeated", Unreadable::Repeated),
    ];
    text.split('+').map(|kind| choice(kind, &kinds)).collect()
}

pub(crate) const FIREWALL: &str = "STATUS[@OPERATION[+OPERATION…]]";

pub(crate) fn firewall(text: &str, operations: fn() -> Vec<String>) -> Option<Intercept> {
    intercept(text, operations, |status| Some(InterceptAnswer::Firewall(http_status(status)?)))
}

pub(crate) const BROKEN: &str = "KIND[@OPERATION[+OPERATION…]]: 500 or another status|html|timeout|not_found|no_method";

pub(crate) fn broken(text: &str, operations: fn() -> Vec<String>) -> Option<Intercept> {
    intercept(text, operations, |kind| match kind {
        "html" => Some(InterceptAnswer::Html),
        "timeout" => Some(InterceptAnswer::Hang),
        "not_found" => Some(InterceptAnswer::NotFound),
        "no_method" => Some(InterceptAnswer::NoMethod),
        status => Some(InterceptAnswer::ErrorPage(http_status(status)?)),
    })
}

pub(crate) const REDIRECT: &str = "301|302|307|308:https|www|ORIGIN[@OPERATION[+OPERATION…]]";

pub(crate) fn redirect(text: &str, operations: fn() -> Vec<String>) -> Option<Intercept> {
    intercept(text, operations, |text| {
        let (status, to) = text.split_once(':')?;
        let status = number(status).filter(|status| matches!(status, 301 | 302 | 307 | 308))?;
        let to = match to {
            "https" => RedirectTarget::Https,
            "www" => RedirectTarget::Www,
            origin if origin.starts_with("http") => RedirectTarget::Origin(origin.trim_end_matches('/').to_owned()),
            _ => return None,
        };
        Some(InterceptAnswer::Redirect { status, to })
    })
}

fn http_status(text: &str) -> Option<u16> {
    number(text).filter(|status| (200..=599).contains(status))
}

fn intercept(
    text: &str,
    operations: fn() -> Vec<String>,
    answer: fn(&str) -> Option<InterceptAnswer>,
) -> Option<Intercept> {
    let (kind, names) = match text.split_once('@') {
        Some((kind, names)) => (kind, names.split('+').map(str::to_owned).collect()),
        None => (text, Vec::new()),
    };
    let known = operations();
    let are_known = names.iter().all(|operation| known.contains(operation));
    Some(Intercept { operations: names, answer: answer(kind)? }).filter(|_| are_known)
}
