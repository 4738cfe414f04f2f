//! The middleware that applies the rules. It is between the journal, which records every request, and the site.

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
use crate::serve::{self, Connection, HangUp};

/// Lets the site answer a request, unless a rule applies to it.
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
    let connection = request.extensions().get::<Connection>().cloned().unwrap_or_default();
    let stall = || Interruption::Stall(faults.clone());
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
            before_body(read_start(request.into_body(), after).await, refusal, rest)
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
        Fault::Stall { sent } => interrupted::answer(next.run(request).await, sent, stall()),
        Fault::Drip { millis } => broken::drip(next.run(request).await, Duration::from_millis(millis)).await,
        Fault::Gzip { coding } => broken::gzip(next.run(request).await, &coding).await,
        Fault::HangUp { after, how } => {
            next.run(request.map(|body| interrupted(body, after, Interruption::HangUp(connection, how)))).await
        }
        Fault::StopReading { after } => next.run(request.map(|body| interrupted(body, after, stall()))).await,
        Fault::Reset => match hang_up(&connection, HangUp::Reset).await {},
        Fault::CloseAfterBody => match lose(after_body(request, Response::default()), &connection).await {},
        Fault::LoseAnswer => match lose(next.run(request), &connection).await {},
        Fault::ReplaceAnswer { http, with } => {
            let _replaced = next.run(request).await;
            broken::garbage(http, &with)
        }
        Fault::Hang => hang(request.into_body()).await,
    }
}

/// Returns an answer after reading the request's body to its end.
async fn after_body(request: Request, answer: Response) -> Response {
    serve::drain(request.into_body()).await;
    answer
}

/// Returns an answer without waiting for the rest of the request's body.
fn before_body(unread: Body, mut answer: Response, rest: Rest) -> Response {
    match rest {
        Rest::Drained => serve::drain_later(unread),
        // If a connection is closed with unread data, the kernel resets it.
        Rest::CutOff => {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    answer
}

/// Reads at least this many bytes of a body, if it has them, and returns the rest.
async fn read_start(body: Body, bytes: u64) -> Body {
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

/// Waits for an answer, then closes the connection instead of sending it.
async fn lose(answer: impl Future<Output = Response>, connection: &Connection) -> Infallible {
    let _lost = answer.await;
    hang_up(connection, HangUp::Close).await
}

impl Protocol {
    /// Returns an error in the site's own envelope.
    fn refusal(&self, status: Option<u16>) -> Option<Value> {
        let status = status?;
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        Some((self.envelope)(status, reason.unwrap_or("Error")))
    }
}

/// Never answers. The body is held but not read, so that a client that sends a long one stalls as well.
async fn hang(_unread: Body) -> Response {
    pending().await
}
