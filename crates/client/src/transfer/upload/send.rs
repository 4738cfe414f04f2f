//! One upload. It is retried only if the gateway reports that a retry is safe.

use futures_util::stream::{AbortHandle, Abortable};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Body, Method, Response, StatusCode};
use serde_json::Value;

use super::flow::{Flow, Stage};
use super::source::{Origin, Source};
use crate::display;
use crate::failure::{Failure, FailureKind};
use crate::gateway::refused;
use crate::pace;
use crate::progress::Bar;
use crate::retry::Attempts;
use crate::session::Session;
use crate::tree::Folder;

/// The advice after an upload with an unknown outcome.
const CHECK_FIRST: &str = "It is not retried: check with \"polyhost ls\" whether the file is stored.";

/// The code of a failure to read the file.
const SOURCE_BROKE: &str = "local_file";

/// One upload.
pub(in crate::transfer) struct Upload<'a> {
    pub(in crate::transfer) session: &'a Session,
    pub(in crate::transfer) account: &'a str,
    pub(in crate::transfer) folder: &'a Folder,
    pub(in crate::transfer) source: &'a Source,
    /// The SHA-1 of the file; the gateway rejects other bytes.
    pub(in crate::transfer) sha1: Option<String>,
}

/// Stops reading a file when its upload ends in any way. Otherwise the rest would be sent in the background after an
/// early answer.
struct StopReading(AbortHandle);

impl Drop for StopReading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Upload<'_> {
    /// Uploads the file, and returns it as the gateway describes it.
    ///
    /// # Errors
    /// The gateway's failure; `OutcomeUnknown` if the whole file was sent and no answer arrived.
    pub(in crate::transfer) async fn send(&self) -> Result<Value, Failure> {
        let prepared = self.session.interrupt.unless(self.prepare()).await;
        let folder = prepared.unwrap_or_else(|| Err(Failure::interrupted("Nothing of the file was sent.")))?;
        let bar = self.session.report.progress().file(&self.source.name, self.source.length());
        let mut attempts = Attempts::default();
        loop {
            let failure = match Box::pin(self.attempt(folder, &bar)).await {
                Err(failure) if self.source.is_repeatable() && self.may_repeat(&failure) => failure,
                outcome => {
                    if outcome.is_ok() {
                        bar.complete();
                    }
                    return outcome;
                }
            };
            bar.begin_at(0);
            let wait = self.session.gateway.may_retry(&mut attempts, &failure);
            match self.session.interrupt.unless(wait).await {
                Some(true) => {}
                Some(false) => return Err(failure),
                None => return Err(Failure::interrupted("The file was not stored.")),
            }
        }
    }

    /// Checks that the account accepts the file, and returns the folder's id. Otherwise the gateway would reject the
    /// upload in the middle of the file, and that answer is often lost with the connection.
    async fn prepare(&self) -> Result<&str, Failure> {
        let limit = self.session.abilities(self.account).await?.max_upload();
        if let Some((length, limit)) = self.source.length().zip(limit).filter(|(length, limit)| length > limit) {
            let [length, limit] = [length, limit].map(display::size);
            let detail = format!("It has {length}; the account accepts files of at most {limit}.");
            return Err(Failure::from_client("payload_too_large", "The file is too large", detail));
        }
        self.folder.id(&self.session.gateway).await
    }

    async fn attempt(&self, folder: &str, bar: &Bar) -> Result<Value, Failure> {
        let flow = Flow::default();
        let exchange = async {
            let bytes = self.source.open().await.map_err(|error| unreadable(&error.to_string()))?;
            let (handle, registration) = AbortHandle::new_pair();
            let _stop_reading = StopReading(handle);
            let watched = flow.watch(bytes, self.source.length(), bar.advancing());
            let request = self.request(folder)?.body(Body::wrap_stream(Abortable::new(watched, registration)));
            match self.session.gateway.at_pace(request, pace::HEAVY).await.await {
                Ok(response) => answer(response, &flow).await,
                Err(failure) => Err(broken(failure, &flow)),
            }
        };
        self.session.interrupt.unless(exchange).await.unwrap_or_else(|| Err(stopped(&flow)))
    }

    fn request(&self, folder: &str) -> Result<reqwest::RequestBuilder, Failure> {
        let mut query = vec![("name", self.source.name.as_str())];
        query.extend(Some(folder).filter(|folder| *folder != "root").map(|folder| ("folder_id", folder)));
        query.extend(self.sha1.as_deref().map(|sha1| ("sha1", sha1)));
        let request = self.session.gateway.request(Method::POST, &["accounts", self.account, "files"], &query)?;
        let request = request.header(CONTENT_TYPE, &self.source.content_type);
        Ok(match self.source.length() {
            Some(length) => request.header(CONTENT_LENGTH, length),
            None => request,
        })
    }

    /// Returns whether the file was certainly not stored, and another attempt may succeed.
    fn may_repeat(&self, failure: &Failure) -> bool {
        let source_broke = matches!(self.source.bytes, Origin::Remote(_)) && failure.problem().code() == SOURCE_BROKE;
        was_not_started(failure) || source_broke
    }
}

async fn answer(response: Response, flow: &Flow) -> Result<Value, Failure> {
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
    Failure::from_client(SOURCE_BROKE, "The file cannot be read", fault)
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
