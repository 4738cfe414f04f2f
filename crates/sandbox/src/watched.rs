//! Bodies that tell the journal how their request ended: a request's that breaks off, and an answer's that does or does
//! not come to its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use hyper::body::{Frame, SizeHint};

use crate::journal::{Ended, Entry};

/// A request that is under way. Dropped before its answer came to its end, it counts as broken off.
#[derive(Debug)]
pub(crate) struct UnderWay {
    entry: Entry,
    answered: bool,
}

impl UnderWay {
    pub(crate) fn new(entry: Entry) -> Self {
        Self { entry, answered: false }
    }

    /// The answer, which tells when it has ended. To a HEAD none of it is asked for.
    pub(crate) fn answer(self, answer: Response, to_head: bool) -> Response {
        let told = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let left = if to_head { Some(0) } else { told.or_else(|| answer.body().size_hint().exact()) };
        answer.map(|body| Body::new(Going { body, left, under_way: self }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.entry.end(if self.answered { Ended::Answered } else { Ended::BrokenOff });
    }
}

/// The body of a request, which tells when it breaks off.
pub(crate) fn request(body: Body, entry: Entry) -> Body {
    Body::new(Coming { body, entry })
}

struct Coming {
    body: Body,
    entry: Entry,
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let next = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Err(_)) = &next {
            self.entry.end(Ended::BrokenOff);
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Going {
    body: Body,
    /// How many bytes are left by the length that is told. The server asks for nothing beyond it, not for the end.
    left: Option<u64>,
    under_way: UnderWay,
}

impl HttpBody for Going {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let next = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &next {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.left = self.left.map(|left| left.saturating_sub(bytes));
                self.under_way.answered = self.left == Some(0);
            }
            Some(Err(_)) => self.under_way.answered = false,
            None => self.under_way.answered = true,
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Going {
    /// An answer without a byte is complete before anybody asks for one.
    fn drop(&mut self) {
        self.under_way.answered |= self.left == Some(0);
    }
}
