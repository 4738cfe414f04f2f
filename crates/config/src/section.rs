//! A reader for one table of the configuration. It collects every fault, not just the first.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use jiff::Timestamp;
use toml::{Table, Value};
use url::Url;

use crate::fault::{Fault, Findings, closest};
use crate::places::Places;

/// The longest duration that a configuration may contain. It is long enough to mean "no limit", and date arithmetic
/// with it cannot overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A configuration that is being read: its text, and everything that was found so far.
pub(crate) struct Reading<'a> {
    pub(crate) text: &'a str,
    pub(crate) findings: RefCell<Findings>,
}

/// One table of the configuration. Reading a key marks it as known; [`Section::finish`] reports the others, and the
/// missing keys.
pub(crate) struct Section<'a> {
    path: String,
    table: Option<&'a Table>,
    places: Places<'a>,
    known: BTreeSet<&'static str>,
    /// The missing keys, each with the message of its fault.
    missing: BTreeMap<&'static str, String>,
    reading: &'a Reading<'a>,
    /// An explanation of the key that is being read.
    help: Option<&'static str>,
}

impl<'a> Section<'a> {
    /// Creates the section of the whole file.
    pub(crate) fn root(table: &'a Table, places: Places<'a>, reading: &'a Reading<'a>) -> Self {
        Self::new(String::new(), Some(table), places, reading)
    }

    fn new(path: String, table: Option<&'a Table>, places: Places<'a>, reading: &'a Reading<'a>) -> Self {
        Self { path, table, places, known: BTreeSet::new(), missing: BTreeMap::new(), reading, help: None }
    }

    /// Reports a fault at a key of this table.
    pub(crate) fn fault(&self, key: &str, what: impl fmt::Display) {
        self.report(key, self.places.of(key), what, None);
    }

    /// Reports that an item of a list, or a key's whole value, is none of the known words.
    pub(crate) fn unknown(&self, key: &str, item: Option<usize>, word: &str, what: impl fmt::Display, known: &[&str]) {
        let place = item.and_then(|item| self.places.of_item(key, item)).or_else(|| self.places.of(key));
        self.report(key, place, format_args!("\"{word}\" {what}"), closest(word, known.iter().copied()));
    }

    /// Reports that this table's name is invalid, at the table's header.
    pub(crate) fn fault_of_name(&self, key: &str, what: impl fmt::Display) {
        let fault = Fault { key: key.to_owned(), ..Fault::new("", what) };
        self.push(fault, self.places.table());
    }

    fn report(&self, key: &str, place: Option<usize>, what: impl fmt::Display, suggestion: Option<&str>) {
        let help = self.help.map(|help| format!(". {help}")).unwrap_or_default();
        let fault = Fault::new(&self.path, format_args!("{what}{help}"));
        self.push(Fault { key: key.to_owned(), suggestion: suggestion.map(str::to_owned), ..fault }, place);
    }

    fn push(&self, fault: Fault, place: Option<usize>) {
        self.reading.findings.borrow_mut().faults.push(fault.at(self.reading.text, place));
    }

    /// Records that a key is missing. A misspelt key in its place makes one fault, not two.
    pub(crate) fn missing(&mut self, key: &'static str, what: impl fmt::Display) {
        self.known.insert(key);
        self.missing.insert(key, what.to_string());
    }

    /// Returns the names below a key, such as the accounts, even if they have faults. `None` if the key holds no table.
    pub(crate) fn names(&self, key: &str) -> Option<BTreeSet<&'a str>> {
        match self.table?.get(key) {
            None => Some(BTreeSet::new()),
            Some(value) => value.as_table().map(|table| table.keys().map(String::as_str).collect()),
        }
    }

    /// Returns the first of the keys that the table has.
    pub(crate) fn first_of(&self, keys: &[&'static str]) -> Option<&'static str> {
        keys.iter().copied().find(|key| self.table.is_some_and(|table| table.contains_key(*key)))
    }

    /// Reads a value. Faults that `read` reports end with `help`, which explains the key.
    pub(crate) fn explained<T>(&mut self, help: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.help = Some(help);
        let read = read(self);
        self.help = None;
        read
    }

    /// Whether the table is in the file.
    pub(crate) fn exists(&self) -> bool {
        self.table.is_some()
    }

    /// Returns the raw value of a key.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.insert(key);
        self.table?.get(key)
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let value = self.value(key)?;
        value.as_str().or_else(|| {
            self.fault(key, format_args!("must be a text, not {}", value.type_str()));
            None
        })
    }

    /// Reads a text that is required.
    pub(crate) fn required(&mut self, key: &'static str) -> Option<&'a str> {
        if self.table.is_none_or(|table| !table.contains_key(key)) {
            self.missing(key, "is missing");
            return None;
        }
        self.text(key)
    }

    /// Reads a duration such as `"30s"` or `"15m"`, of [`LONGEST`] at most.
    pub(crate) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        let Some(text) = self.text(key) else { return default };
        match humantime::parse_duration(text) {
            Ok(duration) if duration <= LONGEST => return duration,
            Ok(_) => self.fault(key, format_args!("\"{text}\" is longer than 365 days")),
            Err(_) => self.fault(key, format_args!("\"{text}\" is not a duration such as \"30s\" or \"15m\"")),
        }
        default
    }

    /// Reads a duration that is not zero.
    pub(crate) fn timeout(&mut self, key: &'static str, default: Duration) -> Duration {
        let duration = self.duration(key, default);
        if duration.is_zero() {
            self.fault(key, "must be longer than zero");
        }
        duration
    }

    /// Reads a size such as `"1 MiB"`, in bytes.
    pub(crate) fn size(&mut self, key: &'static str, default: u64) -> u64 {
        let Some(text) = self.text(key) else { return default };
        text.parse::<ByteSize>().map(|size| size.as_u64()).unwrap_or_else(|_| {
            self.fault(key, format_args!("\"{text}\" is not a size such as \"1 MiB\" or \"100 GiB\""));
            default
        })
    }

    /// Reads a size that is not zero, in bytes.
    pub(crate) fn limit(&mut self, key: &'static str, default: u64) -> u64 {
        let size = self.size(key, default);
        if size == 0 {
            self.fault(key, "must be more than zero");
        }
        size
    }

    /// Reads a whole number of at least `least`.
    pub(crate) fn count(&mut self, key: &'static str, least: i64) -> Option<i64> {
        let value = self.value(key)?;
        match value.as_integer() {
            None => self.fault(key, format_args!("must be a whole number, not {}", value.type_str())),
            Some(number) if number < least => self.fault(key, format_args!("must be at least {least}")),
            Some(number) => return Some(number),
        }
        None
    }

    /// Reads the path of a folder, and checks that files can be created in it. `None` if it is missing or empty.
    pub(crate) fn folder(&mut self, key: &'static str) -> Option<PathBuf> {
        let folder = PathBuf::from(self.text(key).filter(|text| !text.is_empty())?);
        if let Err(error) = tempfile::tempfile_in(&folder) {
            self.fault(key, format_args!("cannot create a file in \"{}\": {error}", folder.display()));
        }
        Some(folder)
    }

    /// Reads a whole number of at least `least`. A number above 32 bits becomes `u32::MAX`.
    pub(crate) fn number(&mut self, key: &'static str, least: i64, default: u32) -> u32 {
        self.count(key, least).map_or(default, |count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Reads a whole number from 1 to `u32::MAX`.
    pub(crate) fn positive(&mut self, key: &'static str) -> Option<NonZeroU32> {
        let number = self.count(key, 1)?;
        let fits = u32::try_from(number).ok().and_then(NonZeroU32::new);
        if fits.is_none() {
            self.fault(key, format_args!("must be at most {}", u32::MAX));
        }
        fits
    }

    /// Reads a date and time with its offset from UTC, as a TOML date or as a text.
    pub(crate) fn timestamp(&mut self, key: &'static str) -> Option<Timestamp> {
        let value = self.value(key)?;
        let text = value.as_str().map(str::to_owned).or_else(|| value.as_datetime().map(ToString::to_string));
        let timestamp = text.and_then(|text| text.parse().ok());
        if timestamp.is_none() {
            self.fault(key, "must be a date and time with its offset, such as 2027-01-31T00:00:00Z");
        }
        timestamp
    }

    /// Reads a number of at least zero, whole or not.
    pub(crate) fn rate(&mut self, key: &'static str, default: f64) -> f64 {
        let Some(value) = self.value(key) else { return default };
        let number = value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
        match number {
            Some(number) if number.is_finite() && number >= 0.0 => return number,
            Some(_) => self.fault(key, "must be at least zero, and finite"),
            None => self.fault(key, format_args!("must be a number, not {}", value.type_str())),
        }
        default
    }

    /// Reads an IP address and a port.
    pub(crate) fn address(&mut self, key: &'static str) -> Option<SocketAddr> {
        let text = self.text(key)?;
        let address = text.parse().ok();
        if address.is_none() {
            self.fault(key, format_args!("\"{text}\" is not an address such as \"127.0.0.1:8080\""));
        }
        address
    }

    /// Reads an http or https URL without user info, query and fragment.
    pub(crate) fn url(&mut self, key: &'static str) -> Option<Url> {
        let text = self.text(key)?;
        let plain = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        let url = Url::parse(text).ok().filter(plain);
        if url.is_none() {
            // The text may contain a password, so the fault does not repeat it.
            self.fault(key, "must be an http or https URL without user info, query and fragment");
        }
        url
    }

    /// Reads a boolean.
    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.optional_flag(key).unwrap_or(default)
    }

    /// Reads a boolean; `None` if the key is missing.
    pub(crate) fn optional_flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.fault(key, format_args!("must be true or false, not {}", value.type_str()));
        }
        flag
    }

    /// Reads a list of texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<&'a str>> {
        let value = self.value(key)?;
        let texts = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
        if texts.is_none() {
            self.fault(key, "must be a list of texts");
        }
        texts
    }

    /// Returns a table below this one. A missing table reads as empty.
    pub(crate) fn section(&mut self, key: &'static str) -> Section<'a> {
        let value = self.value(key);
        if let Some(value) = value.filter(|value| !value.is_table()) {
            self.fault(key, format_args!("must be a table, not {}", value.type_str()));
        }
        let places = self.places.below(key);
        Section::new(self.path_below(key, places), value.and_then(Value::as_table), places, self.reading)
    }

    /// Returns the name of a table below this one, as the file writes it: `[server.tls]` if it has a header, otherwise
    /// the path of this table and the key.
    fn path_below(&self, key: &str, places: Places<'_>) -> String {
        let beginning = places.table().and_then(|offset| self.reading.text.get(offset..));
        let has_header = beginning.is_some_and(|text| text.starts_with('['));
        match self.path.strip_suffix(']').filter(|_| has_header) {
            Some(path) => format!("{path}.{key}]"),
            None if self.path.is_empty() => format!("[{key}]"),
            None => format!("{} {key}", self.path),
        }
    }

    /// Returns the named tables below a key: `[providers.NAME]`.
    pub(crate) fn named(&mut self, key: &'static str) -> Vec<(&'a str, Section<'a>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(tables) = value.as_table() else {
            self.fault(key, format_args!("must hold tables such as [{key}.name]"));
            return Vec::new();
        };
        tables.iter().filter_map(|(name, table)| Some((name.as_str(), self.entry(key, name, table)?))).collect()
    }

    fn entry(&self, key: &str, name: &str, value: &'a Value) -> Option<Section<'a>> {
        let table = value.as_table();
        if table.is_none() {
            self.fault(key, format_args!("{name} must be a table, not {}", value.type_str()));
        }
        let places = self.places.below(key).below(name);
        table.map(|table| Section::new(format!("[{key}.{name}]"), Some(table), places, self.reading))
    }

    /// Returns the tables of a list: `[[clients]]`.
    pub(crate) fn list(&mut self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items: Option<Vec<&Table>> = value.as_array().and_then(|items| items.iter().map(Value::as_table).collect());
        let Some(items) = items else {
            self.fault(key, format_args!("must be written as [[{key}]]"));
            return Vec::new();
        };
        let numbered = items.into_iter().enumerate();
        let section = |(index, table)| {
            let places = self.places.below_item(key, index);
            Section::new(format!("[[{key}]] {}", index + 1), Some(table), places, self.reading)
        };
        numbered.map(section).collect()
    }

    /// Records that a secret is in this file.
    pub(crate) fn note_file(&mut self, path: PathBuf) {
        self.reading.findings.borrow_mut().files.push(path);
    }

    /// Reports the keys that were never read, and the missing ones.
    pub(crate) fn finish(self) {
        self.finish_with(|_| true);
    }

    /// Reports the missing keys, and the unknown keys that are misspelt ones. Other keys may be valid: which ones are
    /// depends on another key, and that one is faulty.
    pub(crate) fn finish_in_part(self) {
        self.finish_with(|meant| meant.is_some());
    }

    fn finish_with(mut self, is_fault: impl Fn(Option<&str>) -> bool) {
        let known: Vec<&str> = self.known.iter().copied().collect();
        let message = format!("is not a key of this table; known: {}", known.join(", "));
        for key in self.table.into_iter().flat_map(Table::keys).filter(|key| !known.contains(&key.as_str())) {
            let meant = closest(key, known.iter().copied());
            if is_fault(meant) {
                meant.map(|meant| self.missing.remove(meant));
                self.report(key, self.places.of(key), &message, meant);
            }
        }
        for (key, what) in &self.missing {
            self.fault(key, what);
        }
    }
}
