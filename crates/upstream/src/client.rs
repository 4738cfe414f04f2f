//! The HTTP client of one account: every request to a site passes through it.

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
use crate::client_span::ClientSpan;
use crate::coding::Collector;
use crate::connections::{BuildError, Connections};
use crate::failure::Failure;
use crate::foreign::Redirect;
use crate::header::{date, retry_after};
use crate::hints::Hints;
use crate::measure::Meter;
use crate::room::{MemoryReservation, Share};
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
    hints: Hints,
    memory: Share,
    base_url: Url,
    meter: Meter,
    tasks: TaskTracker,
}

/// An answer whose status and length can be logged before it is read.
pub(crate) trait Observed {
    fn http_status(&self) -> u16;

    /// Returns the number of bytes of the body that are in memory and about to be parsed.
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
    /// Creates the client of one account.
    ///
    /// # Errors
    /// [`BuildError`], for a base URL that is neither http nor https, or a system without root certificates.
    pub fn new(
        origin: Origin,
        base_url: &Url,
        settings: Settings,
        shared: &Shared,
    ) -> std::result::Result<Self, BuildError> {
        let connections = Connections::new(base_url, &settings, &shared.tls)?;
        let turns = Turns::new(&origin, &settings, Arc::clone(&shared.limiters));
        shared.hints.follow(&origin, turns.pace());
        Ok(Self(Arc::new(Inner {
            connections,
            turns,
            meter: Meter::new(&origin.provider),
            addresses: shared.addresses.clone(),
            hints: shared.hints.clone(),
            memory: shared.memory.share(settings.max_response),
            base_url: base_url.clone(),
            tasks: shared.tasks.clone(),
            origin,
            settings,
        })))
    }

    /// Returns the account that the client sends requests for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// Returns the tracker of tasks that outlive the caller that started them.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Returns the limits that the client enforces.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Sends a request, and reads the answer with `read`, for every HTTP status. The result of `read` decides whether
    /// the request is retried, and whether it counts as a failure of the site for the circuit breaker.
    ///
    /// # Errors
    /// The errors of `read`, and these errors of the transport:
    /// - `Unavailable`, retryable: the site is unreachable, it ended the connection of a read, or its circuit is open.
    /// - `Timeout`, `InvalidResponse`, retryable: the answer to a read is missing or incomplete.
    /// - `OutcomeUnknown`: the answer to a write is missing or incomplete.
    /// - `Rejected`: the request is too long to be sent.
    /// - `Overloaded`, retryable: too many requests are in flight or waiting.
    /// - `RateLimited`, retryable: the time of the site's `Retry-After` has not passed.
    pub async fn send<T, E: Verdict>(
        &self,
        call: Call,
        read: impl Fn(Reply) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let (call, read) = (&call, &read);
        let attempt = |attempt: Attempt| async move {
            let Attempt { turn: _turn, limit, resends } = attempt;
            let mut request = self.request(call)?;
            let span = self.span(call, resends);
            span.propagate(request.headers_mut());
            let room = self.room();
            let answer = async {
                let late = |_| Err(if room.is_awaited() { Failure::no_room() } else { Failure::slow(limit) });
                timeout(limit, self.exchange(call, request, &room)).await.unwrap_or_else(late)
            };
            self.observe(call, span, answer, |answer| read(answer?)).await
        };
        self.attempts(call, attempt).await
    }

    /// Returns the deadline of the current operation, which all of its requests share. Without a current operation, it
    /// returns the deadline of an operation that starts now.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        scope::deadline(self.0.settings.deadline)
    }

    /// Returns the state of the circuit breaker for the site's API.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.0.addresses.of(&self.0.origin.provider, &self.0.base_url).circuit.state()
    }

    /// Rejects an address that a site has handed out, if requests must not go there.
    ///
    /// # Errors
    /// `InvalidResponse`.
    pub fn admit(&self, operation: &'static str, url: &Url) -> Result<()> {
        let reject = |why| Failure::prohibited(why).into_error(CallKind::Read).at(&self.0.origin.provider, operation);
        self.0.connections.check_handed_out(url).map_err(reject)
    }

    /// Starts the exported span of one attempt. `resends` is the number of attempts before it.
    pub(crate) fn span(&self, call: &Call, resends: u32) -> ClientSpan {
        ClientSpan::start(&self.0.origin, call, resends)
    }

    /// Awaits the answer of one attempt, logs and counts it, ends its exported span, and returns its outcome. `judge`
    /// interprets the answer, and decides whether the caller or the site is at fault for a failure.
    pub(crate) async fn observe<A: Observed, T, E: Verdict>(
        &self,
        call: &Call,
        exported: ClientSpan,
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
                tracing::debug!(http_status = failure.http_status(), ms, ?failure, "no complete answer of the site");
            }
        }
        let length = answer.as_ref().map_or(0, Observed::length);
        let status = answer.as_ref().map_or_else(Failure::http_status, |answer| Some(answer.http_status()));
        let outcome = reading::read(length, || judge(answer.map_err(|failure| self.error(call, failure))));
        let error = outcome.as_ref().err().map(Verdict::error);
        exported.finish(status, error);
        counted.judged(error);
        outcome
    }

    /// Returns the circuit breaker and the retry budget of the address that a request goes to.
    pub(crate) fn address(&self, url: &SecretUrl) -> Arc<Address> {
        self.0.addresses.of(&self.0.origin.provider, url.expose())
    }

    /// Returns the queue and the limits of the account's requests.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// Returns the exchange of hints with the other replicas.
    pub(crate) fn hints(&self) -> &Hints {
        &self.0.hints
    }

    /// Returns the metrics of the account's requests.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(crate) fn error(&self, call: &Call, failure: Failure) -> Error {
        failure.into_error(call.kind).at(&self.0.origin.provider, call.operation)
    }

    /// Rejects a request to a prohibited address, and a write whose caller's request has ended.
    pub(crate) fn check_call(&self, call: &Call) -> Result<()> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        self.reject_ended(call, scope::is_closed_to_writes)
    }

    /// Passes a write through the write gate, immediately before it is sent. From then on the caller's request can no
    /// longer report that nothing was changed.
    pub(crate) fn pass_write_gate(&self, call: &Call) -> Result<()> {
        self.reject_ended(call, || !scope::may_write_now())
    }

    /// Rejects a write if its caller's request has ended.
    fn reject_ended(&self, call: &Call, is_ended: impl FnOnce() -> bool) -> Result<()> {
        if call.kind != CallKind::Write || !is_ended() {
            return Ok(());
        }
        let detail = "The request ended before this write was sent. Nothing was changed.";
        let given_up = Error::new(ErrorKind::Timeout).retryable(true).with_detail(detail);
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

    /// Sends a request and reads the whole answer. The caller sets the timeout.
    async fn exchange(
        &self,
        call: &Call,
        request: Request,
        room: &MemoryReservation,
    ) -> std::result::Result<Reply, Failure> {
        let response = self.http(call).execute(request).await.map_err(Failure::sending)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response, room).await;
        self.reply(call, status, &headers, body, room)
    }

    /// Returns an empty memory reservation for an answer.
    pub(crate) fn room(&self) -> MemoryReservation {
        self.0.memory.room()
    }

    /// Builds the [`Reply`] of an answer.
    pub(crate) fn reply(
        &self,
        call: &Call,
        status: StatusCode,
        headers: &HeaderMap,
        body: std::result::Result<Bytes, Failure>,
        room: &MemoryReservation,
    ) -> std::result::Result<Reply, Failure> {
        let body = match body {
            Ok(body) => body,
            // The status of an error is enough, so a broken body does not matter.
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

    /// Reads the body and undoes its content coding.
    async fn body(&self, mut response: Response, room: &MemoryReservation) -> std::result::Result<Bytes, Failure> {
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

    /// Returns the collector for the body of an answer with these header fields.
    pub(crate) fn collector(&self, headers: &HeaderMap) -> Collector {
        Collector::new(headers, self.0.settings.max_response)
    }

    /// Builds the request for a file, unless its address is prohibited.
    pub(crate) fn file_request(&self, call: &Call) -> Result<Request> {
        self.check(&call.url).map_err(|failure| self.error(call, failure))?;
        let request = self.files().get(call.url.expose().clone());
        request.build().map_err(|error| self.error(call, Failure::sending(error)))
    }

    /// Returns the HTTP client for downloads.
    pub(crate) fn files(&self) -> &reqwest::Client {
        self.0.connections.for_download()
    }

    fn check(&self, url: &SecretUrl) -> std::result::Result<(), Failure> {
        self.0.connections.check(url).map_err(Failure::prohibited)
    }

    /// Builds the HTTP client for one upload.
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
