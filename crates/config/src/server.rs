//! `[server]`: where the gateway listens, and how long and how much it waits for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use url::Url;

use crate::section::Section;

/// Where the gateway listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// The settings of `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The address of the API.
    pub listen: SocketAddr,
    /// The address of the metrics; without one there are none.
    pub admin_listen: Option<SocketAddr>,
    /// How many connections there may be at once.
    pub max_connections: usize,
    /// How many of them one address may have whose callers have shown no good key.
    pub max_connections_per_address: usize,
    /// The web pages that may call the API from a browser.
    pub cors_origins: CorsOrigins,
    /// How long a request may take, bodies that flow aside.
    pub request_timeout: Duration,
    /// How long a caller may take for its header fields.
    pub header_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive_timeout: Duration,
    /// How long a flowing body may stand still.
    pub idle_timeout: Duration,
    /// How long the gateway still accepts connections after `/readyz` has turned to 503.
    pub shutdown_delay: Duration,
    /// How long requests under way may still take when the gateway ends.
    pub drain_timeout: Duration,
    /// The largest JSON body, in bytes.
    pub max_body: u64,
    /// The largest upload, in bytes.
    pub max_upload: u64,
    /// Where uploads of unknown length are kept until their length is known.
    pub spool_dir: PathBuf,
    /// The most bytes that are kept there, all together.
    pub max_spool: u64,
    /// How much memory the answers may take that are kept for requests with an `Idempotency-Key`.
    pub max_idempotency: u64,
    /// How much memory the answers of sites may take that are read at once.
    pub max_decoding: u64,
}

/// Where web pages come from that may call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// From anywhere.
    Any,
    /// From these origins; from none, where there is none.
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
            admin_listen: None,
            max_connections: 10_000,
            max_connections_per_address: 1000,
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
            admin_listen: section.address("admin_listen"),
            max_connections: connections(&mut section, "max_connections").unwrap_or(default.max_connections),
            max_connections_per_address: connections(&mut section, "max_connections_per_address")
                .unwrap_or(default.max_connections_per_address),
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
            section.fault("admin_listen", "is where the API listens; it needs an address of its own");
        }
        section.finish();
        config
    }
}

/// A number of connections. One that cannot be counted is as good as no bound.
fn connections(section: &mut Section<'_>, key: &'static str) -> Option<usize> {
    let count = section.count(key, 1)?;
    Some(usize::try_from(count).unwrap_or(usize::MAX))
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

/// An origin as browsers write it: a scheme, a host, a port that is not the scheme's, and nothing else.
fn origin(text: &str) -> Option<HeaderValue> {
    let origin = Url::parse(text).ok()?.origin();
    // A star is a host to URLs, and a pattern to whoever writes it here.
    let is_one = origin.is_tuple() && origin.ascii_serialization() == text && !text.contains('*');
    is_one.then(|| HeaderValue::try_from(text).ok())?
}
