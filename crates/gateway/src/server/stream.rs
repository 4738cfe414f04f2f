//! The bytes of a connection, as they pass. What the HTTP library would answer by itself, to what it cannot read, is
//! answered as everything else is: with a request id and a problem's body. And heads that are ambiguous are noticed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::activity::Activity;
use super::head::Head;
use super::refusal;

/// For how long is still read from a caller who was refused. To close a connection on somebody who sends resets it, and
/// the answer is lost.
const PARTING: Duration = Duration::from_secs(1);

/// The bytes of a connection.
pub(super) struct Witnessed<S> {
    stream: S,
    activity: Arc<Activity>,
    head: Head,
    /// How many requests had begun when the head began.
    head_began: u64,
    /// How many requests had begun when all that was to be written was, and none was under way.
    written: u64,
    /// What goes out in place of the HTTP library's own answer.
    answer: Option<Bytes>,
    /// There, once such an answer has gone out.
    parting: Option<Pin<Box<Sleep>>>,
}

impl<S> Witnessed<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        let head = Head::default();
        Self { stream, activity, head, head_began: 0, written: 0, answer: None, parting: None }
    }

    /// Whether no request is under way, and every answer has gone out: what is read now begins a head, and what is
    /// written now no handler has said.
    fn is_between_requests(&self) -> bool {
        self.activity.is_idle() && self.written == self.activity.begun()
    }

    fn has_read(&mut self, bytes: &[u8]) {
        if !self.is_between_requests() {
            return;
        }
        if self.head_began != self.activity.begun() {
            self.head_began = self.activity.begun();
            self.head.begin_next();
        }
        if let Some(ambiguity) = self.head.read(bytes) {
            self.activity.object(ambiguity);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Witnessed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.has_read(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Witnessed<S> {
    /// Writes the answer that goes out in place of `replaced`.
    fn poll_answer(&mut self, context: &mut Context<'_>, replaced: usize) -> Poll<io::Result<usize>> {
        while let Some(answer) = self.answer.as_mut().filter(|answer| !answer.is_empty()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            answer.advance(written);
        }
        self.answer = None;
        self.parting = Some(Box::pin(sleep(PARTING)));
        Poll::Ready(Ok(replaced))
    }

    /// Whether something goes out in place of what is to be written.
    fn replaces(&mut self, written: &[u8]) -> bool {
        if self.answer.is_none() && self.is_between_requests() {
            self.answer = refusal::in_place_of(written, self.head.is_in_request_line());
        }
        self.answer.is_some()
    }

    /// Reads until the caller has seen that the connection is over, or its time is.
    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(parting) = &mut self.parting else { return Poll::Ready(()) };
        let mut scratch = [0; 8 * 1024];
        while parting.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Witnessed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.replaces(bytes) {
            return self.poll_answer(context, bytes.len());
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        if let (Some(only), None) = (filled.next(), filled.next())
            && self.replaces(only)
        {
            return self.poll_answer(context, only.len());
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // The HTTP library flushes once it has written all that it had.
        if self.activity.is_idle() {
            self.written = self.activity.begun();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        self.poll_part(context).map(Ok)
    }
}
