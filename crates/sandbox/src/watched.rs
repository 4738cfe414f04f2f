//! Bodies that record the end of their request in the journal: whether the request was aborted, and whether the answer
//! was sent completely.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use hyper::body::{Frame, SizeHint};

use crate::journal::{Ended, Entry};

/// A request in progress. If it is dropped before its answer was sent completely, it is recorded as aborted.
#[derive(Debug)]
pub(crate) struct InProgress {
    entry: Entry,
    answered: bool,
}

impl InProgress {
    pub(crate) fn new(entry: Entry) -> Self {
        Self { entry, answered: false }
    }

    /// Returns the answer with a body that records its end. The body of an answer to HEAD is never sent.
    pub(crate) fn answer(self, answer: Response, is_head: bool) -> Response {
        let declared = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let left = if is_head { Some(0) } else { declared.or_else(|| answer.body().size_hint().exact()) };
        answer.map(|body| Body::new(ResponseBody { body, left, in_progress: self }))
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.entry.end(if self.answered { Ended::Answered } else { Ended::BrokenOff });
    }
}

/// Returns a request's body that records when it is aborted.
pub(crate) fn request(body: Body, entry: Entry) -> Body {
    Body::new(RequestBody { body, entry })
}

struct RequestBody {
    body: Body,
    entry: Entry,
}

impl HttpBody for RequestBody {
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

struct ResponseBody {
    body: Body,
    /// The number of bytes of the declared length that are left. The server does not poll after them, not even for the
    /// end.
    left: Option<u64>,
    in_progress: InProgress,
}

impl HttpBody for ResponseBody {
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
                self.in_progress.answered = self.left == Some(0);
            }
            Some(Err(_)) => self.in_progress.answered = false,
            None => self.in_progress.answered = true,
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

impl Drop for ResponseBody {
    /// Counts an answer without a body as complete: the server never polls its body.
    fn drop(&mut self) {
        self.in_progress.answered |= self.left == Some(0);
    }
}
