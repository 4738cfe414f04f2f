//! The one way to a site.

use std::sync::Arc;
use std::time::{Instant as Started, SystemTime};

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, Origin, Result};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap};
use reqwest::{Request, Response, StatusCode};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use url::Url;

use crate::addresses::{Address, Addresses};
use crate::attempts::Attempt;
use crate::coding::Collector;
use crate::connections::{BuildError, Connections};
use crate::failure::Failure;
use crate::foreign::Redirect;
use crate::header::{date, retry_after};
use crate::measure::Meter;
use crate::room::{Room, Share};
use crate::turns::Turns;
use crate::uplink::Uplink;
use crate::{Call, CallKind, CircuitState, Reply, SecretUrl, Settings, Shared, Verdict, reading, scope};

/// Sends the requests of one account. Clones share their connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    origin: Origin,
    settings: Settings,
    connections: Connections,
    turns: Turns,
    addresses: Addresses,
    memory: Share,
    base_url: Url,
    meter: Meter,
    tasks: TaskTracker,
}

/// An answer, as far as the log and the way of reading it want to know it.
pub(crate) trait Observed {
    fn http_status(&self) -> u16;

    /// How many bytes are there to be read at once.
    fn length(&self) -> usize;
}

impl Observed for Reply {
    fn http_status(&self) -> u16 {
        self.http_status
    }

    fn length(&self) -> usize {
        self.body.len()
    }
}

impl Client {
    /// A client for one account.
    ///
    /// # Errors
    /// [`BuildError`], for a base URL that is neither http nor https, or a system without root certificates.
    pub fn new(
        origin: Origin,
        base_url: &Url,
        settings: Settings,
        shared: &Shared,
    ) -> std::result::Result<Self, BuildError> {
        Ok(Self(Arc::new(Inner {
            connections: Connections::new(base_url, &settings, &shared.tls)?,
            turns: Turns::new(&origin, &settings, Arc::clone(&shared.limiters)),
            meter: Meter::new(&origin.provider),
            addresses: shared.addresses.clone(),
            memory: shared.memory.share(settings.max_response),
            base_url: base_url.clone(),
            tasks: shared.tasks.clone(),
            origin,
            settings,
        })))
    }

    /// The account that the client sends for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// Where work is started that outlives the caller that needs it.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// The limits that the client keeps.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Sends a request, and reads the answer with `read`, whatever its HTTP status. What `read` makes of it decides
    /// whether the request is sent again, and what is known of the site.
    ///
    /// # Errors
    /// What `read` answers; and of the way to the site:
    /// - `Unavailable`, retryable: the site cannot be reached, dropped a read, or is left alone because it fails.
    /// - `Timeout`, `InvalidResponse`, retryable: a read whose answer did not come, or not whole.
    /// - `OutcomeUnknown`: a write whose answer did not come, or not whole.
    /// - `Rejected`: the request is too long to be sent at all.
    /// - `Overloaded`, retryable: too many others are under way, or before this one.
    /// - `RateLimited`, retryable: the site has asked to be left alone.
    pub async fn send<T, E: Verdict>(
        &self,
        call: Call,
        read: impl Fn(Reply) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let (call, read) = (&call, &read);
        let attempt = |attempt: Attempt| async move {
            let Attempt { turn: _turn, limit } = attempt;
            let request = self.request(call)?;
            let room = self.room();
            let answer = async {
                let late = |_| Err(if room.is_awaited() { Failure::no_room() } else { Failure::slow(limit) });
                timeout(limit, self.exchange(call, request, &room)).await.unwrap_or_else(late)
            };
            self.observe(call, answer, |answer| read(answer?)).await
        };
        self.attempts(call, attempt).await
    }

    /// When the operation must be over, all of its requests together: the one under way, or one that begins now.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        scope::deadline(self.0.settings.deadline)
    }

    /// Whether requests to the site's API are let through.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.0.addresses.of(&self.0.origin.provider, &self.0.base_url).circuit.state()
    }

    /// Refuses an address that a site has handed out and that may not be gone to.
    ///
    /// # Errors
    /// `InvalidResponse`.
    pub fn admit(&self, operation: &'static str, url: &Url) -> Result<()> {
        let refuse = |why| Failure::prohibited(why).into_error(CallKind::Read).at(&self.0.origin.provider, operation);
        self.0.connections.check_handed_out(url).map_err(refuse)
    }

    /// Tells the log of an attempt, counts it, and says what became of it: `judge` knows what the answer means, and
    /// whose fault a failure is.
    pub(crate) async fn observe<A: Observed, T, E: Verdict>(
        &self,
        call: &Call,
        answer: impl Future<Output = std::result::Result<A, Failure>>,
        judge: impl FnOnce(Result<A>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let span = tracing::debug_span!(
            "upstream",
            provider = %self.0.origin.provider,
            account = %self.0.origin.account,
            operation = call.operation,
        );
        let (started, mut counted, wait) = (Started::now(), self.0.meter.attempt(call.operation), scope::wait());
        let answer = answer.instrument(span.clone()).await;
        drop(wait);
        counted.answered();
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _in_span = span.enter();
        match &answer {
            Ok(answer) => tracing::debug!(http_status = answer.http_status(), ms, "the site answered"),
            Err(failure) => {
                tracing::debug!(http_status = failure.http_status(), ms, ?failure, "the site gave no whole answer");
            }
        }
        let length = answer.as_ref().map_or(0, Observed::length);
        let outcome = reading::read(length, || judge(answer.map_err(|failure| self.error(call, failure))));
        counted.judged(outcome.as_ref().err().map(Verdict::error));
        outcome
    }

    /// What is known of the address that a request goes to.
    pub(crate) fn address(&self, url: &SecretUrl) -> Arc<Address> {
        self.0.addresses.of(&self.0.origin.provider, url.expose())
    }

    /// Whose turn it is.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// What the account's requests are counted by.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(crate) fn error(&self, call: &Call, failure: Failure) -> Error {
        failure.into_error(call.kind).at(&self.0.origin.provider, call.operation)
    }

    /// Refuses a request whose address may not be gone to, or that may not change any more what it is to change.
    pub(crate) fn may_begin(&self, call: &Call) -> Result<()> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        self.unless(call, scope::is_closed_to_writes)
    }

    /// Lets a request go that is sent next. From then on nobody can say that nothing was changed.
    pub(crate) fn let_pass(&self, call: &Call) -> Result<()> {
        self.unless(call, || !scope::may_write_now())
    }

    fn unless(&self, call: &Call, is_given_up: impl FnOnce() -> bool) -> Result<()> {
        if call.kind != CallKind::Write || !is_given_up() {
            return Ok(());
        }
        let given_up = Error::new(ErrorKind::Timeout).retryable(true).with_detail("The request was given up.");
        Err(given_up.at(&self.0.origin.provider, call.operation))
    }

    fn request(&self, call: &Call) -> Result<Request> {
        let request = self.http(call).request(call.method.clone(), call.url.expose().clone());
        let request = request.header(ACCEPT_ENCODING, "gzip");
        let request = match &call.form {
            Some(form) => request.form(&form.0),
            None => request,
        };
        request.build().map_err(|error| self.error(call, Failure::sending(error)))
    }

    /// Sends a request and reads the whole answer, in no particular time.
    async fn exchange(&self, call: &Call, request: Request, room: &Room) -> std::result::Result<Reply, Failure> {
        let response = self.http(call).execute(request).await.map_err(Failure::sending)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response, room).await;
        self.reply(call, status, &headers, body, room)
    }

    /// Room for an answer of which nothing is read yet.
    pub(crate) fn room(&self) -> Room {
        self.0.memory.room()
    }

    /// What a site has answered.
    pub(crate) fn reply(
        &self,
        call: &Call,
        status: StatusCode,
        headers: &HeaderMap,
        body: std::result::Result<Bytes, Failure>,
        room: &Room,
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
            room: room.clone(),
            redirect: Redirect::of(status, headers, &call.url),
            secrets: call.url.secrets().iter().chain(&call.secrets).cloned().collect(),
        })
    }

    /// The body, without its content coding.
    async fn body(&self, mut response: Response, room: &Room) -> std::result::Result<Bytes, Failure> {
        let status = response.status().as_u16();
        let limit = self.0.settings.max_response;
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(Failure::too_large(limit, status));
        }
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
        room.reserve(announced.unwrap_or_default()).await;
        let mut body = self.collector(response.headers());
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::reading(error, status))? {
            body.push(&chunk).map_err(|broken| Failure::collecting(broken, limit, status))?;
            room.reserve(body.length()).await;
        }
        body.finish().map_err(|broken| Failure::collecting(broken, limit, status))
    }

    /// What collects the body of an answer with these header fields.
    pub(crate) fn collector(&self, headers: &HeaderMap) -> Collector {
        Collector::new(headers, self.0.settings.max_response)
    }

    /// The request for a file, if its address may be gone to.
    pub(crate) fn file_request(&self, call: &Call) -> Result<Request> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        let request = self.files().get(call.url.expose().clone());
        request.build().map_err(|error| self.error(call, Failure::sending(error)))
    }

    /// Sends requests for files.
    pub(crate) fn files(&self) -> &reqwest::Client {
        self.0.connections.for_download()
    }

    fn check(&self, url: &SecretUrl) -> std::result::Result<(), Failure> {
        self.0.connections.check(url).map_err(Failure::prohibited)
    }

    /// Builds the HTTP client for one file.
    pub(crate) fn uplink(&self, url: &SecretUrl) -> Uplink {
        self.0.connections.for_upload(url, &self.0.settings)
    }

    fn http(&self, call: &Call) -> &reqwest::Client {
        self.0.connections.for_call(call)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.0.origin)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
