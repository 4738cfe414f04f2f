//! Where the rules are carried out: between the journal, which records what arrives whatever becomes of it, and the site.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{Fault, broken};
use crate::serve::{self, Front, HangUp, Line};

/// Answers a request as the site does, unless a rule hits it.
pub(crate) async fn inject(State(front): State<Front>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match front.faults.pick(path, &(front.operation)(path)) {
        Some(fault) => carry_out(&front, fault, request, next).await,
        None => next.run(request).await,
    }
}

async fn carry_out(front: &Front, fault: Fault, request: Request, next: Next) -> Response {
    let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
    match fault {
        Fault::Status { http, body_status, headers, body } => {
            serve::drain(request.into_body()).await;
            broken::error(http, front.refusal(body_status), &headers, body)
        }
        Fault::EarlyAnswer { http, body_status } => {
            serve::drain_later(request.into_body());
            broken::error(http, front.refusal(body_status), &[], None)
        }
        Fault::Garbage(garbage) => {
            serve::drain(request.into_body()).await;
            broken::garbage(&garbage)
        }
        Fault::Delay { millis } => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            next.run(request).await
        }
        Fault::CutBody { sent } => broken::cut(next.run(request).await, sent).await,
        Fault::Drip { millis } => broken::drip(next.run(request).await, Duration::from_millis(millis)).await,
        Fault::Reset => match hang_up(&line, HangUp::Reset).await {},
        Fault::CloseAfterBody => {
            serve::drain(request.into_body()).await;
            match hang_up(&line, HangUp::Close).await {}
        }
        Fault::LoseAnswer => {
            let _lost = next.run(request).await;
            match hang_up(&line, HangUp::Close).await {}
        }
        Fault::Hang => hang(request.into_body()).await,
    }
}

impl Front {
    /// An error in the site's own envelope.
    fn refusal(&self, status: Option<u16>) -> Option<Value> {
        let status = status?;
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        Some((self.envelope)(status, reason.unwrap_or("Error")))
    }
}

/// Ends the connection, and with it the future that waits here.
async fn hang_up(line: &Line, how: HangUp) -> Infallible {
    line.hang_up(how);
    pending().await
}

/// Says nothing. The body is kept, not read: a client that sends a long one comes to a standstill as well.
async fn hang(_unread: Body) -> Response {
    pending().await
}
