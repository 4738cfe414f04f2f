//! `[server]`: addresses, time limits and size limits of the gateway.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use ipnet::IpNet;
use url::Url;

use crate::section::Section;
use crate::tls::Certificate;

/// The default address of the API.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The settings of `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The address of the API.
    pub listen: SocketAddr,
    /// The certificate for HTTPS. Without it, the gateway serves plain HTTP.
    pub tls: Option<Certificate>,
    /// The address of the metrics. Without it, no metrics are collected.
    pub admin_listen: Option<SocketAddr>,
    /// The maximum number of connections.
    pub max_connections: usize,
    /// The maximum number of connections from one address that have not sent a valid key.
    pub max_connections_per_address: usize,
    /// The networks of proxies whose header fields about their callers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The requests that are logged.
    pub access_log: AccessLog,
    /// The web origins that may call the API from a browser.
    pub cors_origins: CorsOrigins,
    /// The time limit of a request, except for streamed bodies.
    pub request_timeout: Duration,
    /// The time limit for a request's header fields.
    pub header_timeout: Duration,
    /// The time limit for an idle connection between two requests.
    pub keep_alive_timeout: Duration,
    /// The time limit for a streamed body that transfers no byte.
    pub idle_timeout: Duration,
    /// The time for which the gateway still accepts connections after `/readyz` has changed to 503.
    pub shutdown_delay: Duration,
    /// The time limit for requests under way at shutdown.
    pub drain_timeout: Duration,
    /// The largest JSON body, in bytes.
    pub max_body: u64,
    /// The largest upload, in bytes.
    pub max_upload: u64,
    /// The directory where uploads of unknown length are spooled.
    pub spool_dir: PathBuf,
    /// The maximum size of all spooled uploads together, in bytes.
    pub max_spool: u64,
    /// The memory for stored answers of requests with an `Idempotency-Key`, in bytes.
    pub max_idempotency: u64,
    /// The memory for all site answers that are decoded at once, in bytes.
    pub max_decoding: u64,
}

/// The requests of which the log has a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccessLog {
    /// All requests.
    #[default]
    All,
    /// The requests that failed.
    Errors,
    /// No requests.
    Off,
}

impl AccessLog {
    /// Returns whether the log has a line for a request that was answered with this status.
    #[must_use]
    pub fn includes(self, status: StatusCode) -> bool {
        match self {
            Self::All => true,
            Self::Errors => status.is_client_error() || status.is_server_error(),
            Self::Off => false,
        }
    }
}

/// The web origins that may call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All origins.
    Any,
    /// Only these origins; none if the list is empty.
    These(Vec<HeaderValue>),
}

impl Default for CorsOrigins {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            tls: None,
            admin_listen: None,
            max_connections: 10_000,
            max_connections_per_address: 1000,
            trusted_proxies: Vec::new(),
            access_log: AccessLog::default(),
            cors_origins: CorsOrigins::default(),
            request_timeout: Duration::from_secs(60),
            header_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(75),
            idle_timeout: Duration::from_secs(30),
            shutdown_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            max_body: 1 << 20,
            max_upload: 100 << 30,
            spool_dir: std::env::temp_dir(),
            max_spool: 4 << 30,
            max_idempotency: 256 << 20,
            max_decoding: polyhost_upstream::MAX_DECODING,
        }
    }
}

impl ServerConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let default = Self::default();
        let config = Self {
            listen: section.address("listen").unwrap_or(default.listen),
            tls: Certificate::read(section.section("tls")),
            admin_listen: section.address("admin_listen"),
            max_connections: connections(&mut section, "max_connections").unwrap_or(default.max_connections),
            max_connections_per_address: connections(&mut section, "max_connections_per_address")
                .unwrap_or(default.max_connections_per_address),
            trusted_proxies: networks(&mut section, "trusted_proxies"),
            access_log: access_log(&mut section),
            cors_origins: cors_origins(&mut section),
            request_timeout: section.timeout("request_timeout", default.request_timeout),
            header_timeout: section.timeout("header_timeout", default.header_timeout),
            keep_alive_timeout: section.timeout("keep_alive_timeout", default.keep_alive_timeout),
            idle_timeout: section.timeout("idle_timeout", default.idle_timeout),
            shutdown_delay: section.duration("shutdown_delay", default.shutdown_delay),
            drain_timeout: section.duration("drain_timeout", default.drain_timeout),
            max_body: section.limit("max_body", default.max_body),
            max_upload: section.limit("max_upload", default.max_upload),
            spool_dir: section.folder("spool_dir").unwrap_or(default.spool_dir),
            max_spool: section.limit("max_spool", default.max_spool),
            max_idempotency: section.limit("max_idempotency", default.max_idempotency),
            max_decoding: section.limit("max_decoding", default.max_decoding),
        };
        if config.admin_listen.is_some_and(|admin| admin == config.listen && admin.port() != 0) {
            section.fault("admin_listen", "is the address of the API; use another one");
        }
        section.finish();
        config
    }
}

/// Reads a number of connections. A number above `usize::MAX` is as good as no limit.
fn connections(section: &mut Section<'_>, key: &'static str) -> Option<usize> {
    let count = section.count(key, 1)?;
    Some(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Reads a list of networks. An address is a network of one.
fn networks(section: &mut Section<'_>, key: &'static str) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for text in section.texts(key).unwrap_or_default() {
        match text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
            Ok(network) => networks.push(network),
            Err(_) => section.fault(key, format_args!("\"{text}\" is not a network such as \"10.0.0.0/8\"")),
        }
    }
    networks
}

fn access_log(section: &mut Section<'_>) -> AccessLog {
    const KEY: &str = "access_log";
    match section.text(KEY) {
        None | Some("all") => AccessLog::All,
        Some("errors") => AccessLog::Errors,
        Some("off") => AccessLog::Off,
        Some(text) => {
            let what = "is none of \"all\", \"errors\" and \"off\"";
            section.unknown(KEY, None, text, what, &["all", "errors", "off"]);
            AccessLog::default()
        }
    }
}

fn cors_origins(section: &mut Section<'_>) -> CorsOrigins {
    const KEY: &str = "cors_origins";
    let texts = section.texts(KEY).unwrap_or_default();
    if texts == ["*"] {
        return CorsOrigins::Any;
    }
    let mut origins = Vec::new();
    for text in texts {
        match origin(text) {
            Some(origin) => origins.push(origin),
            None => section.fault(KEY, format_args!("\"{text}\" is not an origin such as \"https://app.example.com\"")),
        }
    }
    CorsOrigins::These(origins)
}

/// Parses an origin in the form that browsers send: a scheme, a host, a port if it is not the scheme's default, and
/// nothing else.
fn origin(text: &str) -> Option<HeaderValue> {
    let origin = Url::parse(text).ok()?.origin();
    // For URLs, `*` is a valid host. Here it would look like a pattern, so it is rejected.
    let is_origin = origin.is_tuple() && origin.ascii_serialization() == text && !text.contains('*');
    is_origin.then(|| HeaderValue::try_from(text).ok())?
}
