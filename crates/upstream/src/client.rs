//! The one way to a site.

use std::sync::Arc;
use std::time::{Instant as Started, SystemTime};

use bytes::{Bytes, BytesMut};
use polyhost_domain::{Error, ErrorKind, Origin, Result};
use reqwest::header::HeaderMap;
use reqwest::{Request, Response, StatusCode, redirect};
use tokio::time::{Instant, timeout};
use tracing::Instrument;
use url::Url;

use crate::destination::{PublicResolver, Reach};
use crate::failure::Failure;
use crate::header::{date, retry_after};
use crate::measure::Meter;
use crate::permits::{Permit, Permits};
use crate::secret_url::Source;
use crate::uplink::{Uplink, uplink};
use crate::{Call, CallKind, Reply, SecretUrl, Settings, gate, waits};

/// What the gateway calls itself.
pub(crate) const USER_AGENT: &str = concat!("polyhost/", env!("CARGO_PKG_VERSION"));

/// Sends the requests of one account. Clones share their connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    origin: Origin,
    settings: Settings,
    /// For the site's API.
    configured: reqwest::Client,
    /// For addresses that the site hands out.
    handed_out: reqwest::Client,
    /// For files that are fetched, which are passed on as they are: nothing is unpacked.
    files: reqwest::Client,
    /// For files that are sent to the site's API.
    uplink: Uplink,
    /// For files that are sent to addresses that the site hands out.
    handed_out_uplink: Uplink,
    reach: Reach,
    permits: Permits,
    meter: Meter,
}

/// An answer, as far as the log wants to know it.
pub(crate) trait Observed {
    fn http_status(&self) -> u16;
}

impl Observed for Reply {
    fn http_status(&self) -> u16 {
        self.http_status
    }
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base URL is neither http nor https.
    #[error("the base URL must be http or https, and have a host")]
    BaseUrl,
    /// The HTTP client cannot start: no certificates, most likely.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
    /// There is nothing that encrypted connections could be trusted by.
    #[error("the HTTP client has no certificates")]
    Certificates(#[source] std::io::Error),
}

impl Client {
    /// A client for one account.
    ///
    /// # Errors
    /// [`BuildError`], for a base URL that is none of the web's, or a system without certificates.
    pub fn new(origin: Origin, base_url: &Url, settings: Settings) -> std::result::Result<Self, BuildError> {
        if !matches!(base_url.scheme(), "http" | "https") || base_url.host().is_none() {
            return Err(BuildError::BaseUrl);
        }
        let reach = Reach::of(base_url, &settings);
        let build = |client: reqwest::ClientBuilder| client.build().map_err(BuildError::Http);
        let reaching = |client: reqwest::ClientBuilder| match reach {
            Reach::Anywhere => client,
            Reach::PublicOnly => client.dns_resolver(PublicResolver),
        };
        let configured = build(http_client(&settings))?;
        let handed_out = match reach {
            Reach::Anywhere => configured.clone(),
            Reach::PublicOnly => build(reaching(http_client(&settings)))?,
        };
        let files = build(reaching(http_client(&settings)).no_gzip())?;
        let uplink = |reach| uplink(reach, &settings).map_err(BuildError::Certificates);
        let (handed_out_uplink, uplink) = (uplink(reach)?, uplink(Reach::Anywhere)?);
        let (permits, meter) = (Permits::new(settings.max_concurrency), Meter::new(&origin.provider));
        Ok(Self(Arc::new(Inner {
            origin,
            settings,
            configured,
            handed_out,
            files,
            uplink,
            handed_out_uplink,
            reach,
            permits,
            meter,
        })))
    }

    /// The account that the client sends for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The limits that the client keeps.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Sends a request and reads the answer, whatever its HTTP status.
    ///
    /// This is the one place where an operation's time is spent: whatever waits, paces, breaks a circuit or tries
    /// again belongs between here and `attempt`.
    ///
    /// # Errors
    /// - `Unavailable`, retryable: the site cannot be reached, or dropped a read.
    /// - `Timeout`, `InvalidResponse`, retryable: a read whose answer did not come, or not whole.
    /// - `OutcomeUnknown`: a write whose answer did not come, or not whole.
    /// - `Rejected`: the request is too long to be sent at all.
    /// - `Overloaded`, retryable: too many others are under way.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let deadline = call.deadline.unwrap_or_else(|| self.deadline());
        self.attempt(&call, deadline).await
    }

    /// When an operation that begins now must be over, all of its requests together.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.0.settings.deadline
    }

    /// Refuses an address that a site has handed out and that may not be gone to.
    ///
    /// # Errors
    /// `InvalidResponse`.
    pub fn admit(&self, operation: &'static str, url: &Url) -> Result<()> {
        let refuse = |why| Failure::prohibited(why).into_error(CallKind::Read).at(&self.0.origin.provider, operation);
        self.0.reach.check(url).map_err(refuse)
    }

    /// A place among the account's requests under way.
    pub(crate) async fn permit(&self, call: &Call, deadline: Instant) -> Result<Permit> {
        let _wait = waits::wait();
        let place = self.0.permits.acquire(deadline, &self.0.meter).await;
        place.map_err(|error| error.at(&self.0.origin.provider, call.operation))
    }

    async fn attempt(&self, call: &Call, deadline: Instant) -> Result<Reply> {
        // An attempt that is begun has time to be answered in.
        let left = deadline.saturating_duration_since(Instant::now());
        let _permit = self.permit(call, deadline - self.0.settings.attempt_timeout.min(left / 2)).await?;
        let limit = self.0.settings.attempt_timeout.min(deadline.saturating_duration_since(Instant::now()));
        let request = self.request(call)?;
        let answer = async { timeout(limit, self.exchange(call, request)).await.unwrap_or(Err(Failure::slow(limit))) };
        self.observe(call, answer, |error| error).await
    }

    /// Tells the log of an attempt, counts it, and says what its failure means; `blame` knows whose fault it is where
    /// that is not the site's.
    pub(crate) async fn observe<T: Observed>(
        &self,
        call: &Call,
        answer: impl Future<Output = std::result::Result<T, Failure>>,
        blame: impl FnOnce(Error) -> Error,
    ) -> Result<T> {
        let span = tracing::debug_span!(
            "upstream",
            provider = %self.0.origin.provider,
            account = %self.0.origin.account,
            operation = call.operation,
        );
        let (started, attempt, wait) = (Started::now(), self.0.meter.attempt(call.operation), waits::wait());
        let outcome = answer.instrument(span.clone()).await;
        drop(wait);
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _in_span = span.enter();
        match outcome {
            Ok(answer) => {
                tracing::debug!(http_status = answer.http_status(), ms, "the site answered");
                attempt.answered(answer.http_status());
                Ok(answer)
            }
            Err(failure) => {
                tracing::debug!(http_status = failure.http_status(), ms, ?failure, "the site gave no whole answer");
                let error = blame(self.error(call, failure));
                attempt.failed(error.kind());
                Err(error)
            }
        }
    }

    /// What the account's requests are counted by.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(crate) fn error(&self, call: &Call, failure: Failure) -> Error {
        failure.into_error(call.kind).at(&self.0.origin.provider, call.operation)
    }

    /// Refuses a request whose address may not be gone to, or that may not change any more what it is to change.
    pub(crate) fn let_pass(&self, call: &Call) -> Result<()> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        if call.kind == CallKind::Write && !gate::pass() {
            let given_up = Error::new(ErrorKind::Timeout).retryable(true).with_detail("The request was given up.");
            return Err(given_up.at(&self.0.origin.provider, call.operation));
        }
        Ok(())
    }

    fn request(&self, call: &Call) -> Result<Request> {
        self.let_pass(call)?;
        let request = self.http(&call.url).request(call.method.clone(), call.url.expose().clone());
        let request = match &call.form {
            Some(form) => request.form(&form.0),
            None => request,
        };
        request.build().map_err(|error| self.error(call, Failure::sending(error)))
    }

    /// Sends a request and reads the whole answer, in no particular time.
    async fn exchange(&self, call: &Call, request: Request) -> std::result::Result<Reply, Failure> {
        let response = self.http(&call.url).execute(request).await.map_err(Failure::sending)?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.reply(call, status, &headers, self.body(response).await)
    }

    /// What a site has answered.
    pub(crate) fn reply(
        &self,
        call: &Call,
        status: StatusCode,
        headers: &HeaderMap,
        body: std::result::Result<Bytes, Failure>,
    ) -> std::result::Result<Reply, Failure> {
        let body = match body {
            Ok(body) => body,
            // The status alone says what happened.
            Err(_) if status.as_u16() >= 400 => Bytes::new(),
            Err(failure) => return Err(failure),
        };
        Ok(Reply {
            http_status: status.as_u16(),
            retry_after: retry_after(headers, SystemTime::now()),
            date: date(headers),
            body,
            provider: self.0.origin.provider.clone(),
            operation: call.operation,
            kind: call.kind,
            secrets: call.url.secrets().iter().chain(&call.secrets).cloned().collect(),
        })
    }

    /// The body, counted after decompression: a small answer may unpack to a large one.
    async fn body(&self, mut response: Response) -> std::result::Result<Bytes, Failure> {
        let status = response.status().as_u16();
        let limit = self.0.settings.max_response;
        let too_large = |length: u64| length > limit;
        if response.content_length().is_some_and(too_large) {
            return Err(Failure::too_large(limit, status));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::reading(error, status))? {
            if too_large((body.len() + chunk.len()) as u64) {
                return Err(Failure::too_large(limit, status));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The request for a file, if its address may be gone to.
    pub(crate) fn file_request(&self, call: &Call) -> Result<Request> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        let request = self.files().get(call.url.expose().clone());
        request.build().map_err(|error| self.error(call, Failure::sending(error)))
    }

    /// Sends requests for files.
    pub(crate) fn files(&self) -> &reqwest::Client {
        &self.0.files
    }

    fn check(&self, url: &SecretUrl) -> std::result::Result<(), Failure> {
        match url.source() {
            Source::Configured => Ok(()),
            Source::HandedOut => self.0.reach.check(url.expose()).map_err(Failure::prohibited),
        }
    }

    /// Sends files to an address.
    pub(crate) fn uplink(&self, url: &SecretUrl) -> &Uplink {
        match url.source() {
            Source::Configured => &self.0.uplink,
            Source::HandedOut => &self.0.handed_out_uplink,
        }
    }

    fn http(&self, url: &SecretUrl) -> &reqwest::Client {
        match url.source() {
            Source::Configured => &self.0.configured,
            Source::HandedOut => &self.0.handed_out,
        }
    }
}

/// No redirects: an API that answers with one has moved, and credentials must not follow it. No proxy of the
/// environment: the addresses must be checked where the connection is made. No retries: `send` decides.
fn http_client(settings: &Settings) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.0.origin)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
