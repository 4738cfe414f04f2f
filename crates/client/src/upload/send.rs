//! One upload: sent, sent again where the gateway says that this does no harm, and never where that is not certain.

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
use crate::retry::Tries;

/// What to do before an upload whose outcome is unknown is sent again.
const LOOK_FIRST: &str = "It is not sent again by itself: look with \"polyhost ls\" whether the file is there.";

/// What all uploads of a command have in common.
pub(super) struct Sender<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) uploads: &'a Uploads,
    pub(super) interrupt: &'a Interrupt,
    pub(super) progress: &'a Progress,
}

/// Ends the reading of a file when its upload is over, however it ended: a gateway that has answered early would else
/// have the rest sent in the background.
struct EndOfReading(AbortHandle);

impl Drop for EndOfReading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sender<'_> {
    /// Asks whether the account takes uploads, and files of how many bytes: a refusal in the middle of a file is easily
    /// lost together with the connection.
    ///
    /// # Errors
    /// Where the gateway cannot be reached, does not know the key or the account, or the account takes none.
    pub(super) async fn check(&self) -> Result<Option<u64>, Failure> {
        let asked = self.gateway.read(&["accounts", &self.uploads.account, "capabilities"], &[]).await;
        let capabilities = match asked {
            // A key that may write need not be one that may read.
            Err(failure) if failure.problem().code() == "forbidden" => return Ok(None),
            asked => asked?,
        };
        if capabilities["capabilities"]["files.upload"] == "unsupported" {
            let detail = format!("The account \"{}\" takes no uploads.", self.uploads.account);
            return Err(Failure::own("capability_unsupported", "The site cannot do that", detail));
        }
        Ok(capabilities["max_upload_bytes"].as_u64())
    }

    /// Uploads one file, and gives it as the gateway has it. `limit` is how many bytes the account takes.
    ///
    /// # Errors
    /// The gateway's own; `OutcomeUnknown` where the whole file went and no answer came.
    pub(super) async fn send(&self, source: &Source, limit: Option<u64>) -> Result<Value, Failure> {
        if let Some((length, limit)) = source.length().zip(limit).filter(|(length, limit)| length > limit) {
            let [length, limit] = [length, limit].map(display::size);
            let detail = format!("It has {length}; the account takes files of at most {limit}.");
            return Err(Failure::own("payload_too_large", "The file is too large", detail));
        }
        let Some(sha1) = self.interrupt.unless(self.sha1(source)).await else {
            return Err(Failure::interrupted("Nothing of the file was sent."));
        };
        let (sha1, mut tries) = (sha1?, Tries::default());
        let bar = self.progress.file(&source.name, source.length());
        loop {
            let failure = match self.attempt(source, sha1.as_deref(), &bar).await {
                Err(failure) if source.bytes != Origin::StandardInput && was_not_taken(&failure) => failure,
                outcome => return outcome,
            };
            let Some(pause) = tries.pause_after(&failure) else { return Err(failure) };
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
            let _end_of_reading = EndOfReading(handle);
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
            // A proxy that gives up says so for itself, not for the gateway behind it.
            let foreign = failure.is_foreign() && failure.kind() == FailureKind::Failed && flow.stage() == Stage::Whole;
            return Err(if foreign { Failure::unknown(format!("{failure} {LOOK_FIRST}")) } else { failure });
        }
        let created = response.status() == StatusCode::CREATED;
        let place = response.headers().get(LOCATION).filter(|_| created).and_then(|place| place.to_str().ok());
        let place = place.map(display::escaped).unwrap_or_default();
        let body = response.bytes().await.ok().and_then(|body| serde_json::from_slice(&body).ok());
        body.filter(Value::is_object).ok_or_else(|| {
            Failure::unknown(format!("The gateway has begun to say that it is stored ({place}). {LOOK_FIRST}"))
        })
    }
}

/// Whether the gateway says that it has not begun to take the upload, and that it may be sent again.
fn was_not_taken(failure: &Failure) -> bool {
    let status = failure.problem().json()["status"].as_u64();
    failure.problem().is_retryable() && matches!(status, Some(429 | 503))
}

/// What a broken connection means for the upload.
fn broken(failure: Failure, flow: &Flow) -> Failure {
    match (failure.kind(), flow.stage()) {
        (FailureKind::Unreachable, _) => failure,
        (_, Stage::Unreadable(fault)) => unreadable(&fault),
        (_, Stage::Whole) => Failure::unknown(format!(
            "All of it was sent, and then the connection broke ({}). {LOOK_FIRST}",
            failure.problem().detail()
        )),
        (_, Stage::Partly(passed)) => Failure::connection(format!(
            "{} were sent; it was not stored ({}).",
            display::size(passed),
            failure.problem().detail()
        )),
    }
}

/// What it means for the upload that the user has stopped it.
fn stopped(flow: &Flow) -> Failure {
    match flow.stage() {
        Stage::Whole => Failure::interrupted(format!("All of it was sent, so it may be stored. {LOOK_FIRST}")),
        Stage::Partly(_) | Stage::Unreadable(_) => Failure::interrupted("The file was not stored."),
    }
}

fn unreadable(fault: &str) -> Failure {
    Failure::own("local_file", "The file cannot be read", fault)
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
    async fn a_broken_connection_is_an_unknown_outcome_only_after_the_last_byte() {
        let lost = || Failure::connection("reset");
        assert_eq!(broken(lost(), &sent(0).await).kind(), FailureKind::Failed);
        assert_eq!(broken(lost(), &sent(1).await).kind(), FailureKind::Failed);
        assert_eq!(broken(lost(), &sent(2).await).kind(), FailureKind::OutcomeUnknown);
    }

    #[test]
    fn only_what_was_not_taken_and_is_said_to_be_harmless_is_sent_again() {
        let taken = |status, retryable| {
            was_not_taken(&Failure::answered(status, json!({"code": "x", "status": status, "retryable": retryable})))
        };
        assert!(taken(429, true) && taken(503, true));
        assert!(!taken(429, false) && !taken(503, false) && !taken(502, true) && !taken(504, true));
        assert!(!was_not_taken(&Failure::connection("reset")));
    }
}
