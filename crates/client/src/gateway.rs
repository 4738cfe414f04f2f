//! A gateway's address with a key. Every request is created here and sent at the pace that the gateway allows. Every
//! error answer is read here.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use crate::connect::Source;
use crate::display::escaped;
use crate::failure::Failure;
use crate::key::ApiKey;
use crate::pace::{self, Pace};
use crate::retry::Attempts;
use crate::target::Target;
use crate::waits::Waits;

const CONNECT: Duration = Duration::from_secs(10);
/// The time limit for the beginning of an answer. The gateway itself times out after a minute, and reports that.
const ANSWER: Duration = Duration::from_secs(75);
/// The time without received data after which a connection counts as broken.
pub(crate) const IDLE: Duration = Duration::from_secs(60);
/// The time limit for the acknowledgement of sent bytes. It is long, because the gateway may be waiting for a slow
/// site.
const UNACKNOWLEDGED: Duration = Duration::from_secs(120);
/// The wait after a rejection for the limit without a time.
const LIMIT_WAIT: Duration = Duration::from_secs(1);
/// The field that makes a POST safe to repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The largest error body. A longer one does not come from a gateway.
const MAX_PROBLEM: usize = 1024 * 1024;
/// The characters that a path segment does not escape (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A gateway's address, with the caller's key.
#[derive(Debug, Clone)]
pub struct Gateway {
    http: Client,
    target: Arc<Target>,
    pace: Pace,
    waits: Waits,
    anew: Anew,
    /// Whether a gateway has answered.
    answered: Arc<AtomicBool>,
}

/// The paths that were read past the gateway's cache; `None` if cached answers are good enough.
type Anew = Arc<Mutex<Option<HashSet<String>>>>;

/// The error for a text that is not the address of a gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Another scheme than http or https.
    #[error("the address of a gateway begins with http:// or https://")]
    Scheme,
    /// Credentials, a query or a fragment.
    #[error("the address of a gateway has no user, password, query or fragment")]
    Excess,
    /// The HTTP client cannot be created.
    #[error("cannot build the HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

impl Gateway {
    /// Creates a gateway with an address such as `http://127.0.0.1:8080`, possibly with a path.
    ///
    /// # Errors
    /// If the address is not valid for a gateway, or the HTTP client cannot be created.
    pub fn new(address: &Url, key: Option<ApiKey>) -> Result<Self, GatewayError> {
        Self::at(Target { server: address.clone(), key, source: Source::Argument, unused_login: None })
    }

    /// Creates a gateway with a target.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn at(target: Target) -> Result<Self, GatewayError> {
        let address = &target.server;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(GatewayError::Scheme);
        }
        let credentials = !address.username().is_empty() || address.password().is_some();
        if credentials || address.query().is_some() || address.fragment().is_some() {
            return Err(GatewayError::Excess);
        }
        // If a proxy compressed a file, the answer would have no length and no ranges. A redirect would send the key
        // elsewhere.
        let http = Client::builder()
            .user_agent(concat!("polyhost/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .build()
            .map_err(GatewayError::Client)?;
        Ok(Self {
            http,
            target: Arc::new(target),
            pace: Pace::default(),
            waits: Waits::default(),
            anew: Anew::default(),
            answered: Arc::default(),
        })
    }

    /// Returns the address, the key and their places.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Returns whether an answer has come from a gateway.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Returns the display of waits.
    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Makes all clones read each path past the gateway's cache from now on. For commands that delete or replace what
    /// the answers name. A path is fetched from the site only once, as this puts the new answer into the cache.
    pub(crate) fn read_anew(&self) {
        self.anew.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    fn is_read_anew(&self, segments: &[&str]) -> bool {
        let mut paths = self.anew.lock().unwrap_or_else(PoisonError::into_inner);
        paths.as_mut().is_some_and(|paths| paths.insert(segments.join("/")))
    }

    /// Returns the address for messages.
    pub(crate) fn address(&self) -> &str {
        self.target.address()
    }

    /// Creates a request for a path below `/v1` with a query, without sending it.
    ///
    /// # Errors
    /// If a segment would change the path.
    pub(crate) fn request(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Failure> {
        let request = self.http.request(method, self.url(segments, query)?);
        Ok(match self.target.key.as_ref().and_then(ApiKey::authorization) {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        })
    }

    fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Url, Failure> {
        // URLs treat these segments as steps even when they are escaped.
        if let Some(step) = segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
            let detail = format!("\"{step}\" is neither an id nor an account.");
            return Err(Failure::from_client("invalid_id", "The id or account is invalid", detail));
        }
        let mut path = format!("{}/v1", self.target.server.path().trim_end_matches('/'));
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let mut url = self.target.server.clone();
        url.set_path(&path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Sends a request with no or a short body, and waits until the answer begins.
    ///
    /// # Errors
    /// If no answer begins in time.
    pub(crate) async fn send(&self, request: RequestBuilder, weight: u32) -> Result<Response, Failure> {
        match timeout(ANSWER, self.at_pace(request, weight).await).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::silent(ANSWER)),
        }
    }

    /// Waits until the gateway's limit allows the request. Then returns the exchange, which waits for the beginning of
    /// the answer.
    pub(crate) async fn at_pace(
        &self,
        request: RequestBuilder,
        weight: u32,
    ) -> impl Future<Output = Result<Response, Failure>> {
        let (turn, wait) = self.pace.reserve(weight);
        self.waits.wait(wait, "the gateway limits the requests of this key").await;
        async move {
            let answer = request.send().await.map_err(|error| Failure::transport(self.address(), &error))?;
            self.pace.learn(answer.headers());
            drop(turn);
            Ok(answer)
        }
    }

    /// Waits after a failure, as long as the gateway asks. Returns whether the request may be sent again. The gateway's
    /// own limit never uses up the attempts.
    pub(crate) async fn may_retry(&self, attempts: &mut Attempts, failure: &Failure) -> bool {
        if failure.is_own_limit() {
            self.pace.block(failure.problem().retry_after().unwrap_or(LIMIT_WAIT));
            return true;
        }
        let Some(pause) = attempts.pause_after(failure) else { return false };
        self.waits.wait(pause, failure.problem().title()).await;
        true
    }

    /// Reads JSON. Repeats the request after temporary failures.
    ///
    /// # Errors
    /// The gateway's failure, or that of the connection.
    pub(crate) async fn read(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.read_as(segments, query).await
    }

    /// Reads JSON of a known form, as [`read`](Self::read).
    ///
    /// # Errors
    /// As [`read`](Self::read); also if the answer has another form.
    pub(crate) async fn read_as<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let weight = if segments.last() == Some(&"usage") { pace::HEAVY } else { pace::READ };
        let mut attempts = Attempts::default();
        let is_anew = self.is_read_anew(segments);
        loop {
            let mut request = self.request(Method::GET, segments, query)?;
            if is_anew {
                request = request.header(CACHE_CONTROL, "no-cache");
            }
            let failure = match Box::pin(self.exchange(request, weight)).await {
                Err(failure) if failure.is_temporary() => failure,
                outcome => return outcome,
            };
            if !self.may_retry(&mut attempts, &failure).await {
                return Err(failure);
            }
        }
    }

    /// Creates, changes or deletes an object, and returns the answer, or null if it has no body. The request is
    /// repeated only if nothing was done. A POST is repeated after a broken connection too, as its key makes that safe.
    ///
    /// # Errors
    /// The gateway's failure; `OutcomeUnknown` if the connection broke, or a proxy answered.
    pub(crate) async fn write(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let idempotency_key = uuid::Uuid::new_v4().to_string();
        let mut attempts = Attempts::default();
        loop {
            let mut request = self.request(method.clone(), segments, query)?;
            if let Some(body) = body {
                request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
            }
            if method == Method::POST {
                request = request.header(IDEMPOTENCY_KEY, &idempotency_key);
            }
            let failure = match Box::pin(self.exchange(request, pace::WRITE)).await {
                Err(failure) => failure,
                done => return done,
            };
            let is_safe = failure.problem().is_retryable() || (method == Method::POST && failure.is_temporary());
            if !is_safe || !self.may_retry(&mut attempts, &failure).await {
                return Err(if failure.leaves_outcome_open() { failure.into_unknown() } else { failure });
            }
        }
    }

    async fn exchange<T: DeserializeOwned>(&self, request: RequestBuilder, weight: u32) -> Result<T, Failure> {
        let response = self.send(request, weight).await?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        let status = response.status().as_u16();
        let body = timeout(ANSWER, response.bytes()).await.map_err(|_| Failure::silent(ANSWER))?;
        let body = body.map_err(|error| Failure::transport(self.address(), &error))?;
        let body = if body.is_empty() && status == 204 { b"null" } else { &*body };
        let answer = serde_json::from_slice(body);
        self.answered.fetch_or(answer.is_ok(), Ordering::Relaxed);
        answer.map_err(|error| {
            let fault = if error.is_data() {
                "The answer has another form than a gateway's."
            } else {
                "The answer is not JSON."
            };
            Failure::foreign(status, fault.to_owned())
        })
    }
}

/// Reads the failure from an error answer.
pub(crate) async fn refused(response: Response) -> Failure {
    let status = response.status().as_u16();
    if let Some(location) = response.headers().get(LOCATION).filter(|_| (300..400).contains(&status)) {
        let elsewhere = escaped(&String::from_utf8_lossy(location.as_bytes()));
        return Failure::foreign(status, format!("It redirects to {elsewhere}. Is that the address for --server?"));
    }
    let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.contains("json") {
        return Failure::foreign(status, format!("The answer is {}.", if media.is_empty() { "empty" } else { media }));
    }
    match timeout(ANSWER, short_body(response)).await.ok().flatten().map(|body| serde_json::from_slice(&body)) {
        Some(Ok(body)) => Failure::answered(status, body),
        _ => Failure::foreign(status, "The answer was incomplete.".to_owned()),
    }
}

/// Reads a short body; `None` if it is incomplete or too long.
async fn short_body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.ok()? {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_PROBLEM {
            return None;
        }
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, segments: &[&str]) -> Result<String, Failure> {
        let gateway = Gateway::new(&base.parse().unwrap(), None).unwrap();
        gateway.url(segments, &[("name", "a b&c=d")]).map(String::from)
    }

    #[test]
    fn paths_and_queries_escape_their_arguments() {
        let address = url("http://a:1", &["accounts", "x/../y", "files", "?"]).unwrap();
        assert_eq!(address, "http://a:1/v1/accounts/x%2F..%2Fy/files/%3F?name=a+b%26c%3Dd");
        assert_eq!(url("https://a/below/", &["me"]).unwrap(), "https://a/below/v1/me?name=a+b%26c%3Dd");
        for step in ["", ".", ".."] {
            assert_eq!(url("http://a", &["accounts", step]).unwrap_err().problem().code(), "invalid_id");
        }
    }

    #[test]
    fn invalid_address_of_a_gateway_is_rejected() {
        for address in ["ftp://a", "http://user@a", "http://u:p@a", "http://a/?x=1", "http://a/#x"] {
            assert!(Gateway::new(&address.parse().unwrap(), None).is_err(), "{address}");
        }
    }
}
