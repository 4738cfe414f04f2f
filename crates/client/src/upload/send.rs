//! One upload. It is retried only if the gateway reports that a retry is safe.

use futures_util::stream::{AbortHandle, Abortable};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Body, Method, Response, StatusCode};
use serde_json::Value;

use super::flow::{Flow, Stage};
use super::source::{Origin, Source};
use super::{Checksum, Uploads, checksum};
use crate::display;
use crate::failure::{Failure, FailureKind};
use crate::gateway::{Gateway, refused};
use crate::interrupt::Interrupt;
use crate::progress::{Bar, Progress};
use crate::retry::Attempts;

/// The advice after an upload with an unknown outcome.
const CHECK_FIRST: &str = "It is not retried: check with \"polyhost ls\" whether the file is stored.";

/// The common settings of a command's uploads.
pub(super) struct Sender<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) uploads: &'a Uploads,
    pub(super) interrupt: &'a Interrupt,
    pub(super) progress: &'a Progress,
}

/// Stops reading a file when its upload ends in any way. Otherwise the rest would be sent in the background after an
/// early answer.
struct StopReading(AbortHandle);

impl Drop for StopReading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sender<'_> {
    /// Checks that the account accepts uploads, and returns its size limit. Otherwise the gateway would reject the
    /// upload in the middle of the file, and that answer is often lost with the connection.
    ///
    /// # Errors
    /// If the gateway cannot be reached or rejects the key or the account, or if the account accepts no uploads.
    pub(super) async fn check(&self) -> Result<Option<u64>, Failure> {
        let asked = self.gateway.read(&["accounts", &self.uploads.account, "capabilities"], &[]).await;
        let capabilities = match asked {
            // A client with the scope `write` may lack the scope `read`.
            Err(failure) if failure.problem().code() == "forbidden" => return Ok(None),
            asked => asked?,
        };
        if capabilities["capabilities"]["files.upload"] == "unsupported" {
            let detail = format!("The account \"{}\" does not accept uploads.", self.uploads.account);
            return Err(Failure::from_client("capability_unsupported", "The site does not support uploads", detail));
        }
        Ok(capabilities["max_upload_bytes"].as_u64())
    }

    /// Uploads one file, and returns it as the gateway describes it. `limit` is the account's size limit.
    ///
    /// # Errors
    /// The gateway's failure; `OutcomeUnknown` if the whole file was sent and no answer arrived.
    pub(super) async fn send(&self, source: &Source, limit: Option<u64>) -> Result<Value, Failure> {
        if let Some((length, limit)) = source.length().zip(limit).filter(|(length, limit)| length > limit) {
            let [length, limit] = [length, limit].map(display::size);
            let detail = format!("It has {length}; the account accepts files of at most {limit}.");
            return Err(Failure::from_client("payload_too_large", "The file is too large", detail));
        }
        let Some(sha1) = self.interrupt.unless(self.sha1(source)).await else {
            return Err(Failure::interrupted("Nothing of the file was sent."));
        };
        let (sha1, mut attempts) = (sha1?, Attempts::default());
        let bar = self.progress.file(&source.name, source.length());
        loop {
            let failure = match self.attempt(source, sha1.as_deref(), &bar).await {
                Err(failure) if source.bytes != Origin::StandardInput && was_not_started(&failure) => failure,
                outcome => return outcome,
            };
            let Some(pause) = attempts.pause_after(&failure) else { return Err(failure) };
            bar.begin_at(0);
            if self.interrupt.unless(tokio::time::sleep(pause)).await.is_none() {
                return Err(Failure::interrupted("The file was not stored."));
            }
        }
    }

    async fn sha1(&self, source: &Source) -> Result<Option<String>, Failure> {
        match self.uploads.checksum {
            Checksum::Declared => checksum::of(source, self.progress).await.map(Some),
            Checksum::Omitted => Ok(None),
        }
    }

    async fn attempt(&self, source: &Source, sha1: Option<&str>, bar: &Bar) -> Result<Value, Failure> {
        let flow = Flow::default();
        let exchange = async {
            let bytes = source.open().await.map_err(|error| unreadable(&error.to_string()))?;
            let (handle, registration) = AbortHandle::new_pair();
            let _stop_reading = StopReading(handle);
            let watched = flow.watch(bytes, source.length(), bar.advancing());
            let request = self.request(source, sha1)?.body(Body::wrap_stream(Abortable::new(watched, registration)));
            match request.send().await {
                Ok(response) => self.answer(response, &flow).await,
                Err(error) => Err(broken(Failure::transport(self.gateway.address(), &error), &flow)),
            }
        };
        self.interrupt.unless(exchange).await.unwrap_or_else(|| Err(stopped(&flow)))
    }

    fn request(&self, source: &Source, sha1: Option<&str>) -> Result<reqwest::RequestBuilder, Failure> {
        let mut query = vec![("name", source.name.as_str())];
        query.extend(self.uploads.folder.as_deref().map(|folder| ("folder_id", folder)));
        query.extend(sha1.map(|sha1| ("sha1", sha1)));
        let request = self.gateway.request(Method::POST, &["accounts", &self.uploads.account, "files"], &query)?;
        let request = request.header(CONTENT_TYPE, &source.content_type);
        Ok(match source.length() {
            Some(length) => request.header(CONTENT_LENGTH, length),
            None => request,
        })
    }

    async fn answer(&self, response: Response, flow: &Flow) -> Result<Value, Failure> {
        if !response.status().is_success() {
            let failure = refused(response).await;
            // An error of a proxy does not show the outcome at the gateway behind it.
            let foreign = failure.is_foreign() && failure.kind() == FailureKind::Failed && flow.stage() == Stage::Whole;
            return Err(if foreign { Failure::unknown(format!("{failure} {CHECK_FIRST}")) } else { failure });
        }
        let created = response.status() == StatusCode::CREATED;
        let place = response.headers().get(LOCATION).filter(|_| created).and_then(|place| place.to_str().ok());
        let place = place.map(display::escaped).unwrap_or_default();
        let body = response.bytes().await.ok().and_then(|body| serde_json::from_slice(&body).ok());
        body.filter(Value::is_object)
            .ok_or_else(|| Failure::unknown(format!("The gateway began to report success ({place}). {CHECK_FIRST}")))
    }
}

/// Returns whether the gateway reports that it has not started the upload, and that a retry is safe.
fn was_not_started(failure: &Failure) -> bool {
    let status = failure.problem().json()["status"].as_u64();
    failure.problem().is_retryable() && matches!(status, Some(429 | 503))
}

/// Returns the failure of an upload whose connection broke.
fn broken(failure: Failure, flow: &Flow) -> Failure {
    match (failure.kind(), flow.stage()) {
        (FailureKind::Unreachable, _) => failure,
        (_, Stage::Unreadable(fault)) => unreadable(&fault),
        (_, Stage::Whole) => Failure::unknown(format!(
            "The whole file was sent, and then the connection broke ({}). {CHECK_FIRST}",
            failure.problem().detail()
        )),
        (_, Stage::Partly(passed)) => Failure::connection(format!(
            "{} were sent; the file was not stored ({}).",
            display::size(passed),
            failure.problem().detail()
        )),
    }
}

/// Returns the failure of an upload that the user interrupted.
fn stopped(flow: &Flow) -> Failure {
    match flow.stage() {
        Stage::Whole => Failure::interrupted(format!("The whole file was sent, so it may be stored. {CHECK_FIRST}")),
        Stage::Partly(_) | Stage::Unreadable(_) => Failure::interrupted("The file was not stored."),
    }
}

fn unreadable(fault: &str) -> Failure {
    Failure::from_client("local_file", "The file cannot be read", fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};
    use serde_json::json;

    async fn sent(chunks: usize) -> Flow {
        let flow = Flow::default();
        let bytes = stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"cd"))]);
        flow.watch(bytes, Some(4), |_| ()).take(chunks).count().await;
        flow
    }

    #[tokio::test]
    async fn broken_connection_is_unknown_outcome_after_the_last_byte() {
        let lost = || Failure::connection("reset");
        assert_eq!(broken(lost(), &sent(0).await).kind(), FailureKind::Failed);
        assert_eq!(broken(lost(), &sent(1).await).kind(), FailureKind::Failed);
        assert_eq!(broken(lost(), &sent(2).await).kind(), FailureKind::OutcomeUnknown);
    }

    #[test]
    fn only_an_upload_that_was_not_started_is_retried() {
        let is_retried = |status, retryable| {
            was_not_started(&Failure::answered(status, json!({"code": "x", "status": status, "retryable": retryable})))
        };
        assert!(is_retried(429, true) && is_retried(503, true));
        assert!(!is_retried(429, false) && !is_retried(503, false) && !is_retried(502, true) && !is_retried(504, true));
        assert!(!was_not_started(&Failure::connection("reset")));
    }
}
