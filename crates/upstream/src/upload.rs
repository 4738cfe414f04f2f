//! Sending a file as it arrives. No deadline while it flows: it may be large, and the caller's line slow.

use futures_util::StreamExt;
use futures_util::stream::{AbortHandle, Abortable};
use polyhost_domain::{Error, ErrorKind, Result};
use reqwest::Body;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};

use crate::client::Client;
use crate::failure::Failure;
use crate::flow::{Flow, Patience, Stage};
use crate::multipart::Frame;
use crate::{Call, FilePart, Reply};

/// Ends the reading of a caller's body when the upload is over, however it ended: a site that has answered early
/// would else have the rest sent in the background.
struct EndOfReading(AbortHandle);

impl Drop for EndOfReading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    /// Sends a file as a form, once, and reads the answer, whatever its HTTP status.
    ///
    /// The first byte of the file is asked for when the connection takes it, not before.
    ///
    /// # Errors
    /// - `Unavailable`, retryable: the site cannot be reached; the body is untouched.
    /// - `BodyIncomplete`: the body failed, stopped or has another length; the site gets no whole file.
    /// - `OutcomeUnknown`: bytes went, and no whole answer came.
    /// - `Overloaded`, retryable: too many requests of the account are under way; the body is untouched.
    /// - `InvalidResponse`: the address that the site handed out may not be gone to; nothing was sent.
    pub async fn upload(&self, call: Call, file: FilePart) -> Result<Reply> {
        let settings = self.settings();
        let patience = Patience {
            connect: settings.attempt_timeout,
            idle: settings.idle_timeout,
            answer: settings.upload_answer_timeout,
        };
        let _permit = self.permit(&call, self.deadline()).await?;
        let flow = Flow::new();
        let mut request = self.request(&call)?;
        let _end_of_reading = fill(&mut request, file, &flow);
        let answer = async {
            tokio::select! {
                biased;
                answer = self.exchange(&call, request) => answer.map_err(|failure| told_by(&flow, failure)),
                stage = flow.overdue(patience) => Err(stalled(stage, patience)),
            }
        };
        self.observe(&call, answer).await.map_err(|error| self.blame(&call, &flow, error))
    }

    /// What failed because the caller's body failed is the caller's fault, whatever the connection made of it.
    fn blame(&self, call: &Call, flow: &Flow, error: Error) -> Error {
        let incomplete = |detail: &str| {
            Error::new(ErrorKind::BodyIncomplete).at(&self.origin().provider, call.operation).with_detail(detail)
        };
        match (flow.stage(), flow.take_fault()) {
            (_, Some(fault)) => {
                incomplete("The body of the upload ended early, or is not as long as was said.").with_source(fault)
            }
            (Stage::AwaitingCaller, None)
                if error.transport() == Some(polyhost_domain::TransportFault::ResponseTimeout) =>
            {
                incomplete("The bytes of the upload stopped.")
            }
            _ => error,
        }
    }
}

fn fill(request: &mut reqwest::Request, file: FilePart, flow: &Flow) -> EndOfReading {
    let frame = Frame::new(&file);
    let headers = request.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(frame.length(file.bytes.length)));
    if let Ok(content_type) = HeaderValue::try_from(frame.content_type()) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    let (handle, registration) = AbortHandle::new_pair();
    let body = Abortable::new(file.bytes.stream, registration).boxed();
    *request.body_mut() = Some(Body::wrap_stream(frame.around(flow.watch(body, file.bytes.length))));
    EndOfReading(handle)
}

/// The HTTP client cannot tell whether the file was begun; the flow can.
fn told_by(flow: &Flow, failure: Failure) -> Failure {
    if flow.stage() == Stage::NotAsked { failure.before_any_byte() } else { failure }
}

fn stalled(stage: Stage, patience: Patience) -> Failure {
    let limit = patience.of(stage);
    if stage == Stage::NotAsked { Failure::never_sent(limit) } else { Failure::slow(limit) }
}
