//! Bodies that pass up to a point, at which something happens to them.

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
use crate::serve::{HangUp, Line};

/// How long the bytes before a cut have to leave, so that the cut comes after them.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// What happens at the point.
#[derive(Debug)]
pub(super) enum Interruption {
    /// The connection ends.
    HangUp(Line, HangUp),
    /// Nothing comes any more, until the simulator is told to go on.
    Standstill(Faults),
    /// The body fails, which ends the connection of an answer.
    Failure,
}

impl Interruption {
    async fn happen(&self) -> io::Result<()> {
        match self {
            Self::HangUp(line, how) => match hang_up(line, *how).await {},
            Self::Standstill(faults) => {
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

/// An answer with its true head, whose body is interrupted after so many bytes.
pub(super) fn answer(response: Response, after: u64, by: Interruption) -> Response {
    let (mut head, body) = response.into_parts();
    // The interrupted body does not know its length any more.
    if let Some(length) = body.size_hint().exact() {
        head.headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    Response::from_parts(head, interrupted(body, after, by))
}

/// A body that is interrupted after so many bytes. One that is not longer passes as it is.
pub(super) fn interrupted(body: Body, after: u64, by: Interruption) -> Body {
    let passing = Passing { body: body.into_data_stream(), held: Bytes::new(), left: Some(after), by };
    Body::from_stream(stream::try_unfold(passing, |mut passing| async {
        Ok::<_, io::Error>(passing.next().await?.map(|piece| (piece, passing)))
    }))
}

struct Passing {
    body: BodyDataStream,
    /// What came together with the last bytes before the point.
    held: Bytes,
    /// How many bytes are left before the point; none once it lies behind.
    left: Option<u64>,
    by: Interruption,
}

impl Passing {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.held.is_empty() {
            match self.body.next().await {
                Some(piece) => self.held = piece.map_err(io::Error::other)?,
                None => return Ok(None),
            }
        }
        if self.left == Some(0) {
            self.by.happen().await?;
            self.left = None;
        }
        let whole = self.held.len();
        let passes = self.left.map_or(whole, |left| whole.min(usize::try_from(left).unwrap_or(usize::MAX)));
        self.left = self.left.map(|left| left - passes as u64);
        Ok(Some(self.held.split_to(passes)))
    }
}

/// Ends the connection, and with it the future that waits here.
pub(super) async fn hang_up(line: &Line, how: HangUp) -> Infallible {
    line.hang_up(how);
    pending().await
}
