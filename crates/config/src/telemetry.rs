//! `[telemetry]`: the export of traces by OTLP.

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use toml::Value;
use url::Url;

use crate::secret;
use crate::section::Section;

/// The settings of `[telemetry]`.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetryConfig {
    /// The URL of the collector. Without it, no traces are exported.
    pub otlp_endpoint: Option<Url>,
    /// The header fields of requests to the collector. Their values are marked as sensitive, so `Debug` masks them.
    pub otlp_headers: HeaderMap,
    /// The name of the service in the traces.
    pub service_name: String,
    /// The share of traces that are exported, from 0 to 1, among those that begin here.
    pub sample_ratio: f64,
    /// Whether requests to sites carry a `traceparent`.
    pub propagate_to_sites: bool,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            otlp_headers: HeaderMap::new(),
            service_name: "polyhost".to_owned(),
            sample_ratio: 1.0,
            propagate_to_sites: false,
        }
    }
}

impl TelemetryConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let default = Self::default();
        let config = Self {
            otlp_endpoint: endpoint(&mut section),
            otlp_headers: headers(&mut section),
            service_name: service_name(&mut section).unwrap_or(default.service_name),
            sample_ratio: ratio(&mut section, default.sample_ratio),
            propagate_to_sites: section.flag("propagate_to_sites", default.propagate_to_sites),
        };
        section.finish();
        config
    }
}

fn endpoint(section: &mut Section<'_>) -> Option<Url> {
    const KEY: &str = "otlp_endpoint";
    if section.text(KEY)?.is_empty() {
        return None;
    }
    let url = section.url(KEY)?;
    if url.path() == "/" {
        section.fault(KEY, "has no path; collectors usually expect \"/v1/traces\"");
    }
    Some(url)
}

fn headers(section: &mut Section<'_>) -> HeaderMap {
    const KEY: &str = "otlp_headers";
    let Some(value) = section.value(KEY) else { return HeaderMap::new() };
    let Some(table) = value.as_table() else {
        section.fault(KEY, format_args!("must be a table, not {}", value.type_str()));
        return HeaderMap::new();
    };
    table.iter().filter_map(|(name, value)| header(section, &format!("{KEY}.{name}"), name, value)).collect()
}

fn header(section: &mut Section<'_>, key: &str, name: &str, value: &Value) -> Option<(HeaderName, HeaderValue)> {
    let header_name = name.parse::<HeaderName>();
    if header_name.is_err() {
        section.fault(key, "is not the name of a header field");
    }
    let Some(text) = value.as_str() else {
        section.fault(key, format_args!("must be a text, not {}", value.type_str()));
        return None;
    };
    let value = header_value(&secret::of_key(section, key, text)?);
    Some((header_name.ok()?, value.map_err(|what| section.fault(key, what)).ok()?))
}

fn header_value(secret: &SecretString) -> Result<HeaderValue, String> {
    let value = HeaderValue::try_from(secret.expose_secret());
    let mut value = value.map_err(|_| "is not a value of a header field".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn service_name(section: &mut Section<'_>) -> Option<String> {
    const KEY: &str = "service_name";
    let name = section.text(KEY)?;
    if name.is_empty() {
        section.fault(KEY, "is empty");
    }
    Some(name.to_owned())
}

fn ratio(section: &mut Section<'_>, default: f64) -> f64 {
    const KEY: &str = "sample_ratio";
    let ratio = section.rate(KEY, default);
    if ratio > 1.0 {
        section.fault(KEY, "must be at most 1");
    }
    ratio
}
