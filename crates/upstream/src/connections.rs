//! The HTTP clients of one account, and the choice between them. Each client has its own connection pool. There is a
//! separate client only where shared connections would be unsafe.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect;
use rustls::ClientConfig;
use url::Url;

use crate::destination::{Prohibited, PublicResolver, Reach};
use crate::secret_url::Source;
use crate::tls::Tls;
use crate::uplink::{Uplink, uplink};
use crate::{Call, CallKind, SecretUrl, Settings};

/// The `User-Agent` of every request to a site.
pub(crate) const USER_AGENT: &str = concat!("polyhost/", env!("CARGO_PKG_VERSION"));

/// The longest time that a connection may have been idle before a write uses it. The site may close an idle connection
/// just when the write is sent, and then the outcome of the write is unknown.
const LONGEST_IDLE_BEFORE_WRITE: Duration = Duration::from_secs(1);

/// The reason why an account's HTTP clients cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base URL is neither http nor https, or has no host.
    #[error("the base URL must be http or https, and have a host")]
    BaseUrl,
    /// The HTTP client cannot be built with these settings.
    #[error("the HTTP client cannot be built")]
    Http(#[source] reqwest::Error),
    /// The system has no root certificates.
    #[error("the system has no usable root certificates")]
    Certificates(#[source] io::Error),
}

/// The HTTP clients of one account.
pub(crate) struct Connections {
    /// Reads at the site's API. Separate, because its connections stay open while they are idle, which saves a
    /// handshake for each read.
    reads: reqwest::Client,
    /// Writes at the site's API. Separate, because a write must not use a connection that has been idle for long.
    writes: reqwest::Client,
    /// For addresses that the site returns in answers, downloads included. Separate if only public addresses are
    /// allowed, because these requests must never use a connection whose name was resolved without that check.
    /// Otherwise the same as `reads`.
    handed_out: reqwest::Client,
    /// The TLS configuration of uploads. They have no pool: each upload gets a connection of its own.
    uploads: Arc<ClientConfig>,
    reach: Reach,
}

impl Connections {
    /// Builds the HTTP clients of an account. They share the TLS configuration with those of all other accounts.
    ///
    /// # Errors
    /// [`BuildError`]
    pub(crate) fn new(base_url: &Url, settings: &Settings, tls: &Tls) -> Result<Self, BuildError> {
        if !matches!(base_url.scheme(), "http" | "https") || base_url.host().is_none() {
            return Err(BuildError::BaseUrl);
        }
        let reach = Reach::of(base_url, settings);
        let requests = tls.for_requests().map_err(BuildError::Certificates)?;
        let uploads = tls.for_uploads().map_err(BuildError::Certificates)?;
        let client = || http_client(settings, requests.clone());
        let build = |client: reqwest::ClientBuilder| client.build().map_err(BuildError::Http);
        let reads = build(client())?;
        let writes = build(client().pool_idle_timeout(LONGEST_IDLE_BEFORE_WRITE))?;
        let handed_out = match reach {
            Reach::Anywhere => reads.clone(),
            Reach::PublicOnly => build(client().dns_resolver(PublicResolver))?,
        };
        Ok(Self { reads, writes, handed_out, uploads, reach })
    }

    /// Returns the HTTP client for a call other than an upload.
    pub(crate) fn for_call(&self, call: &Call) -> &reqwest::Client {
        match (call.url.source(), call.kind) {
            (Source::Configured, CallKind::Read) => &self.reads,
            (Source::Configured, CallKind::Write) => &self.writes,
            // Adapters send no writes there except uploads: a connection of this pool may have been idle for long.
            (Source::HandedOut, _) => &self.handed_out,
        }
    }

    /// Returns the HTTP client for downloads, whose addresses are always handed out.
    pub(crate) fn for_download(&self) -> &reqwest::Client {
        &self.handed_out
    }

    /// Builds the HTTP client for one upload. It has no pool, so there is no reason to keep it. Names in a configured
    /// address may always resolve to private addresses.
    pub(crate) fn for_upload(&self, url: &SecretUrl, settings: &Settings) -> Uplink {
        let reach = match url.source() {
            Source::Configured => Reach::Anywhere,
            Source::HandedOut => self.reach,
        };
        uplink(reach, settings, Arc::clone(&self.uploads))
    }

    /// Rejects an address from the site whose text shows that requests to it are prohibited.
    ///
    /// # Errors
    /// [`Prohibited`]. A configured address is always allowed.
    pub(crate) fn check(&self, url: &SecretUrl) -> Result<(), Prohibited> {
        match url.source() {
            Source::Configured => Ok(()),
            Source::HandedOut => self.check_handed_out(url.expose()),
        }
    }

    /// Checks an address from the site, as [`Connections::check`] does.
    ///
    /// # Errors
    /// [`Prohibited`].
    pub(crate) fn check_handed_out(&self, url: &Url) -> Result<(), Prohibited> {
        self.reach.check(url)
    }
}

/// The settings that all pools have in common. No redirects: an API that answers with one has moved, and credentials
/// must not follow it. No proxy of the environment: the addresses must be checked where the connection is made. No
/// retries: `send` decides.
fn http_client(settings: &Settings, tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // Answers are unpacked by `coding`, and files are passed on as they are.
        .no_gzip()
}

#[cfg(test)]
mod tests;
