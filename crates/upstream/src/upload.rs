//! Uploads: a file is streamed to the site as the caller sends it. There is no deadline during the transfer, because
//! the file may be large and the caller's connection slow.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};
use http::Request;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::response::Parts;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use metrics::Counter;
use polyhost_domain::{ByteStream, Delivery, Error, ErrorKind, Result, SizedStream};

use crate::attempts::Attempt;
use crate::client::{Client, Observed};
use crate::connections;
use crate::failure::Failure;
use crate::flow::{Flow, Stage, StageLimits};
use crate::multipart::Form;
use crate::outgoing::Outgoing;
use crate::room::MemoryReservation;
use crate::uplink::FileBody;
use crate::{Call, FilePart, Reply, Verdict, scope};

/// A caller's body, which is lent to the connection for the duration of the upload.
type Lent = Arc<Mutex<Option<ByteStream>>>;

/// Takes the caller's body back from the connection when the upload ends, with any outcome. The connection may outlive
/// the upload if the site answered early or reads nothing. It would then hold the body, or read the rest of it in the
/// background.
struct EndOfReading(Lent);

impl Drop for EndOfReading {
    fn drop(&mut self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Returns a body that ends as soon as the returned guard is dropped.
fn lend(stream: ByteStream) -> (ByteStream, EndOfReading) {
    let lent: Lent = Arc::new(Mutex::new(Some(stream)));
    let end = EndOfReading(Arc::clone(&lent));
    let next = move |context: &mut Context<'_>| match lent.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        Some(stream) => stream.as_mut().poll_next(context),
        None => Poll::Ready(None),
    };
    (stream::poll_fn(next).boxed(), end)
}

impl Client {
    /// Sends a file as a form, and reads the answer with `read`, for every HTTP status. `read` also gets the length of
    /// the file. The bytes are sent once: a retry happens only if none was sent.
    ///
    /// If `read` accepts the answer, the file's report gets the amount that had been sent when the answer arrived.
    /// After an early success the rest is sent for as long as the site reads it.
    ///
    /// The first byte of the file is read from the caller only when the connection is ready for it.
    ///
    /// # Errors
    /// The errors of `read`, and these errors of the transport:
    /// - `Unavailable`, retryable: the site cannot be reached, or its circuit is open; the body is untouched.
    /// - `BodyIncomplete`: the body failed, stalled or has another length; the site does not get a complete file.
    /// - `OutcomeUnknown`: bytes were sent, and no complete answer arrived.
    /// - `Overloaded`, `RateLimited`, retryable: as for [`Client::send`]; the body is untouched.
    /// - `InvalidResponse`: requests must not go to the address that the site returned; nothing was sent.
    /// - `Internal`: the body cannot be opened.
    pub async fn upload<T, E: Verdict>(
        &self,
        call: Call,
        file: FilePart,
        read: impl Fn(Reply, u64) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        // Takes no turn before the body is open and its length is known.
        let first = file.body.open().await.map_err(unopened)?;
        scope::restart_deadline();
        let length = first.length;
        let first = Mutex::new(Some(first));
        let (call, file, read) = (&call, &file, &|reply| read(reply, length));
        let attempt = |attempt: Attempt| {
            let opened = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.deliver(call, file, opened, attempt, read)
        };
        let outcome = self.attempts(call, attempt).await;
        scope::restart_deadline();
        outcome
    }

    async fn deliver<T, E: Verdict>(
        &self,
        call: &Call,
        file: &FilePart,
        opened: Option<SizedStream>,
        Attempt { turn: _turn, resends, .. }: Attempt,
        read: &impl Fn(Reply) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let settings = self.settings();
        let limits = StageLimits {
            connect: settings.attempt_timeout,
            idle: settings.idle_timeout,
            answer: settings.upload_answer_timeout,
        };
        let bytes = match opened {
            Some(bytes) => bytes,
            None => file.body.open().await.map_err(unopened)?,
        };
        let flow = Flow::new();
        let prepared = request(call, file, bytes, &flow, self.meter().sent());
        let Prepared { mut request, until_end_of_file, end_of_reading: _end_of_reading } =
            prepared.map_err(|_| self.error(call, Failure::unsendable()))?;
        let span = self.span(call, resends);
        span.propagate(request.headers_mut());
        let answer = async {
            tokio::select! {
                biased;
                answer = self.exchange_file(call, request) => answer.map_err(|failure| refine_failure(&flow, failure)),
                stage = flow.overdue(limits) => Err(stalled(stage, limits)),
            }
        };
        let judge = |answer: Result<Answer>| {
            let Answer { reply, sent_before, outgoing } = answer.map_err(|error| self.blame(call, &flow, error))?;
            // A site that has rejected the file does not need the rest of it.
            let outgoing = outgoing.filter(|_| reply.http_status() < 400);
            Ok::<_, E>((read(reply)?, sent_before, outgoing))
        };
        let (done, sent_before, outgoing) = self.observe(call, span, answer, judge).await?;
        let delivery = if sent_before >= until_end_of_file {
            Delivery::Complete
        } else {
            send_rest(outgoing, until_end_of_file, &flow, limits).await
        };
        file.report.note_delivery(delivery);
        Ok(done)
    }

    /// Sends the file and reads the whole answer. The caller sets the timeouts.
    async fn exchange_file(&self, call: &Call, request: Request<FileBody>) -> std::result::Result<Answer, Failure> {
        let response = self.uplink(&call.url).request(request).await.map_err(Failure::uplink)?;
        let (mut head, body) = response.into_parts();
        let outgoing = head.extensions.remove::<Outgoing>();
        // Taken before the body is read: the connection does not read from the socket again until then.
        let sent_before = outgoing.as_ref().map_or(0, Outgoing::at_last_read);
        let room = self.room();
        let body = self.gather(&head, body, &room).await;
        let reply = self.reply(call, head.status, &head.headers, body, &room)?;
        Ok(Answer { reply, sent_before, outgoing })
    }

    /// Reads the body of an answer and undoes its content coding.
    async fn gather(
        &self,
        head: &Parts,
        mut body: Incoming,
        room: &MemoryReservation,
    ) -> std::result::Result<Bytes, Failure> {
        let (status, limit) = (head.status.as_u16(), self.settings().max_response);
        let mut bytes = self.collector(&head.headers);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::reading_uplink(error, status))?;
            let Ok(chunk) = frame.into_data() else { continue };
            bytes.push(&chunk).map_err(|broken| Failure::collecting(broken, limit, status))?;
            room.reserve(bytes.length()).await;
        }
        bytes.finish().map_err(|broken| Failure::collecting(broken, limit, status))
    }

    /// Replaces the error with `BodyIncomplete` if the caller's body caused the failure. The error of the connection is
    /// then ignored.
    fn blame(&self, call: &Call, flow: &Flow, error: Error) -> Error {
        let incomplete = |detail: &str| {
            Error::new(ErrorKind::BodyIncomplete).at(&self.origin().provider, call.operation).with_detail(detail)
        };
        match (flow.stage(), flow.take_fault()) {
            (_, Some(fault)) => incomplete("The body of the upload ended early, or has another length than announced.")
                .with_source(fault),
            (Stage::AwaitingCaller, None)
                if error.transport() == Some(polyhost_domain::TransportFault::ResponseTimeout) =>
            {
                incomplete("The bytes of the upload stopped.")
            }
            _ => error,
        }
    }
}

/// The site's answer to a file.
struct Answer {
    reply: Reply,
    /// The number of bytes of the request's body that had been sent when the head of the answer arrived.
    sent_before: u64,
    outgoing: Option<Outgoing>,
}

impl Observed for Answer {
    fn http_status(&self) -> u16 {
        self.reply.http_status()
    }

    fn length(&self) -> usize {
        self.reply.body().len()
    }
}

/// Sends the rest of a file after an early success, for as long as the site reads it.
async fn send_rest(outgoing: Option<Outgoing>, until: u64, flow: &Flow, limits: StageLimits) -> Delivery {
    let Some(mut outgoing) = outgoing else { return Delivery::Partial };
    let all_sent = tokio::select! {
        biased;
        all_sent = outgoing.reach(until) => all_sent,
        // The site has already answered, so the rest that it does not read counts as rejected.
        _ = flow.overdue(StageLimits { answer: limits.idle, ..limits }) => false,
    };
    if all_sent { Delivery::Late } else { Delivery::Partial }
}

/// A request that is ready to be sent.
struct Prepared {
    request: Request<FileBody>,
    /// The number of bytes of its body before the end of the file.
    until_end_of_file: u64,
    end_of_reading: EndOfReading,
}

/// Builds the request that uploads a file. `flow` tracks its bytes.
fn request(
    call: &Call,
    file: &FilePart,
    SizedStream { length, spare, stream }: SizedStream,
    flow: &Flow,
    sent: Counter,
) -> std::result::Result<Prepared, http::Error> {
    let form = Form::new(file);
    let head = Request::builder()
        .method(call.method.clone())
        .uri(call.url.expose().as_str())
        .header(USER_AGENT, connections::USER_AGENT)
        .header(ACCEPT, "*/*")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONTENT_TYPE, form.content_type())
        .header(CONTENT_LENGTH, form.length(length));
    let until_end_of_file = form.until_end_of_file(length);
    let (stream, end_of_reading) = lend(stream);
    let stream = flow.watch(stream, length, spare);
    let stream = stream.inspect_ok(move |chunk| sent.increment(chunk.len() as u64)).boxed();
    let flow = flow.clone();
    let body = StreamBody::new(form.around(stream, move || flow.unused()).map_ok(Frame::data));
    Ok(Prepared { request: head.body(body.boxed_unsync())?, until_end_of_file, end_of_reading })
}

/// Returns the error for a body that cannot be opened. The gateway has spooled its bytes, so the fault is its own.
fn unopened(cause: io::Error) -> Error {
    Error::new(ErrorKind::Internal).with_source(cause)
}

/// Refines a failure of the HTTP client, which does not know whether a byte of the file was sent; the flow does.
fn refine_failure(flow: &Flow, failure: Failure) -> Failure {
    if flow.stage() == Stage::NotStarted { failure.before_any_byte() } else { failure }
}

fn stalled(stage: Stage, limits: StageLimits) -> Failure {
    let limit = limits.of(stage);
    if stage == Stage::NotStarted { Failure::never_sent(limit) } else { Failure::slow(limit) }
}
