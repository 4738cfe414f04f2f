//! Where the rules are carried out: between the journal, which records what arrives whatever becomes of it, and the site.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::interrupted::{self, Interruption, hang_up, interrupted};
use super::{Fault, Faults, Rest, broken};
use crate::protocol::Protocol;
use crate::serve::{self, HangUp, Line};

/// Answers a request as the site does, unless a rule hits it.
pub(crate) async fn inject(
    State((protocol, faults)): State<(Protocol, Faults)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    match faults.pick(path, &(protocol.operation)(path)) {
        Some(fault) => carry_out(&protocol, &faults, fault, request, next).await,
        None => next.run(request).await,
    }
}

async fn carry_out(protocol: &Protocol, faults: &Faults, fault: Fault, request: Request, next: Next) -> Response {
    let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
    let standstill = || Interruption::Standstill(faults.clone());
    match fault {
        Fault::Status { http, body_status, headers, body } => {
            after_body(request, broken::error(http, protocol.refusal(body_status), &headers, body)).await
        }
        Fault::Garbage(garbage) => after_body(request, broken::garbage(StatusCode::OK.as_u16(), &garbage)).await,
        Fault::EarlyAnswer { http, body_status } => before_body(
            request.into_body(),
            broken::error(http, protocol.refusal(body_status), &[], None),
            Rest::Drained,
        ),
        Fault::RefuseEarly { http, status, words, after, rest } => {
            let refusal = broken::error(http, Some((protocol.envelope)(status, &words)), &[], None);
            before_body(begun(request.into_body(), after).await, refusal, rest)
        }
        Fault::Delay { millis } => {
            pause(millis).await;
            next.run(request).await
        }
        Fault::DelayAnswer { millis } => {
            let answer = next.run(request).await;
            pause(millis).await;
            answer
        }
        Fault::CutBody { sent } => interrupted::answer(next.run(request).await, sent, Interruption::Failure),
        Fault::Stall { sent } => interrupted::answer(next.run(request).await, sent, standstill()),
        Fault::Drip { millis } => broken::drip(next.run(request).await, Duration::from_millis(millis)).await,
        Fault::Gzip { coding } => broken::gzip(next.run(request).await, &coding).await,
        Fault::HangUp { after, how } => {
            next.run(request.map(|body| interrupted(body, after, Interruption::HangUp(line, how)))).await
        }
        Fault::StopReading { after } => next.run(request.map(|body| interrupted(body, after, standstill()))).await,
        Fault::Reset => match hang_up(&line, HangUp::Reset).await {},
        Fault::CloseAfterBody => match lose(after_body(request, Response::default()), &line).await {},
        Fault::LoseAnswer => match lose(next.run(request), &line).await {},
        Fault::ReplaceAnswer { http, with } => {
            let _replaced = next.run(request).await;
            broken::garbage(http, &with)
        }
        Fault::Hang => hang(request.into_body()).await,
    }
}

/// An answer that is given once the request was read.
async fn after_body(request: Request, answer: Response) -> Response {
    serve::drain(request.into_body()).await;
    answer
}

/// An answer that does not wait for what is left of the request.
fn before_body(unread: Body, mut answer: Response, rest: Rest) -> Response {
    match rest {
        Rest::Drained => serve::drain_later(unread),
        // What lies unread when a connection is closed has the kernel reset it.
        Rest::CutOff => {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    answer
}

/// Reads at least so many bytes of a body, if it has them, and gives the rest.
async fn begun(body: Body, bytes: u64) -> Body {
    let (mut body, mut left) = (body.into_data_stream(), bytes);
    while left > 0
        && let Some(Ok(piece)) = body.next().await
    {
        left = left.saturating_sub(piece.len() as u64);
    }
    Body::from_stream(body)
}

async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Waits for an answer, and closes the connection in place of giving it.
async fn lose(answer: impl Future<Output = Response>, line: &Line) -> Infallible {
    let _lost = answer.await;
    hang_up(line, HangUp::Close).await
}

impl Protocol {
    /// An error in the site's own envelope.
    fn refusal(&self, status: Option<u16>) -> Option<Value> {
        let status = status?;
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        Some((self.envelope)(status, reason.unwrap_or("Error")))
    }
}

/// Says nothing. The body is kept, not read: a client that sends a long one comes to a standstill as well.
async fn hang(_unread: Body) -> Response {
    pending().await
}
