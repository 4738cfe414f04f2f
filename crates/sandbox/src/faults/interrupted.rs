//! Bodies that are interrupted after a number of bytes.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use super::Faults;
use crate::serve::{Connection, HangUp};

/// The time between the last bytes and a failure. It lets the bytes leave first.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// The interruption after the last byte that passes.
#[derive(Debug)]
pub(super) enum Interruption {
    /// The connection is closed or reset.
    HangUp(Connection, HangUp),
    /// No more bytes pass until [`Faults::resume`] is called.
    Stall(Faults),
    /// The body fails, which closes the connection of an answer.
    Failure,
}

impl Interruption {
    async fn happen(&self) -> io::Result<()> {
        match self {
            Self::HangUp(connection, how) => match hang_up(connection, *how).await {},
            Self::Stall(faults) => {
                faults.resumed().await;
                Ok(())
            }
            Self::Failure => {
                tokio::time::sleep(BEFORE_CUT).await;
                Err(io::Error::from(io::ErrorKind::ConnectionAborted))
            }
        }
    }
}

/// Returns an answer with its original head, whose body is interrupted after this many bytes.
pub(super) fn answer(response: Response, after: u64, by: Interruption) -> Response {
    let (mut head, body) = response.into_parts();
    // The interrupted body reports no length, so the header must be set here.
    if let Some(length) = body.size_hint().exact() {
        head.headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    Response::from_parts(head, interrupted(body, after, by))
}

/// Returns a body that is interrupted after this many bytes. A body that is not longer passes unchanged.
pub(super) fn interrupted(body: Body, after: u64, by: Interruption) -> Body {
    let body = InterruptedBody { inner: body.into_data_stream(), pending_bytes: Bytes::new(), left: Some(after), by };
    Body::from_stream(stream::try_unfold(body, |mut body| async {
        Ok::<_, io::Error>(body.next().await?.map(|piece| (piece, body)))
    }))
}

struct InterruptedBody {
    inner: BodyDataStream,
    /// Bytes that were received but not yet passed on.
    pending_bytes: Bytes,
    /// The number of bytes that may pass before the interruption, or `None` after it.
    left: Option<u64>,
    by: Interruption,
}

impl InterruptedBody {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.pending_bytes.is_empty() {
            match self.inner.next().await {
                Some(piece) => self.pending_bytes = piece.map_err(io::Error::other)?,
                None => return Ok(None),
            }
        }
        if self.left == Some(0) {
            self.by.happen().await?;
            self.left = None;
        }
        let whole = self.pending_bytes.len();
        let passes = self.left.map_or(whole, |left| whole.min(usize::try_from(left).unwrap_or(usize::MAX)));
        self.left = self.left.map(|left| left - passes as u64);
        Ok(Some(self.pending_bytes.split_to(passes)))
    }
}

/// Ends the connection. The future never completes: it is dropped together with the connection.
pub(super) async fn hang_up(connection: &Connection, how: HangUp) -> Infallible {
    connection.hang_up(how);
    pending().await
}
