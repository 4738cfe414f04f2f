//! The byte stream between the socket and the HTTP library.
//!
//! The HTTP library gets an HTTP/1 connection one message at a time. A pipelined message waits until the previous
//! answer was sent. The effects:
//!
//! - Every head on a connection is treated the same.
//! - A caller may close its sending half after a complete request.
//! - The time for a head and the time between two requests have separate limits.
//!
//! If the HTTP library itself would answer a head that it cannot read, this stream sends a problem instead.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::activity::Activity;
use crate::frames::Frames;
use crate::framing::Framing;
use crate::head::HeadEnd;
use crate::refusal::{Refusal, Refuse};

/// The time for which the stream still reads after a refusal. Closing a connection while the caller sends would reset
/// it, and the caller would lose the answer.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// The interval at which the stream checks for a disconnected caller after the caller closed its sending half. The
/// caller may still wait for the answer.
const PROBE: Duration = Duration::from_secs(1);

/// The time limits of an HTTP/1 connection that waits for its caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a head: from its first byte, or from the start of the connection.
    pub(crate) head: Duration,
    /// Until the first byte of the next request.
    pub(crate) keep_alive: Duration,
}

/// The byte stream of a connection.
pub(crate) struct MessageStream<S> {
    stream: S,
    activity: Arc<Activity>,
    framing: Framing,
    /// `None` on HTTP/1.
    frames: Option<Frames>,
    /// The number of complete heads passed on.
    heads: u64,
    /// The number of requests that had begun when the latest answer was completely sent.
    answered: u64,
    /// Bytes received after the message that is being answered.
    ahead: BytesMut,
    /// Whether the caller has closed its sending half.
    has_ended: bool,
    /// Woken when the next message may be passed on.
    waiting: Option<Waker>,
    timeouts: Timeouts,
    refuse: Refuse,
    /// The deadline of the current head or the next request, or the time of the next check for a disconnected caller.
    deadline: Pin<Box<Sleep>>,
    /// The answer that replaces the HTTP library's own.
    answer: Option<Bytes>,
    /// Set once such an answer was sent.
    closing: Option<Pin<Box<Sleep>>>,
}

/// The state of the socket in the operating system, which the async runtime does not report.
pub(crate) trait SocketState {
    /// Returns whether unread bytes have arrived.
    fn has_unread(&self) -> bool;

    /// Returns whether the connection is broken. The first write after the caller has disconnected breaks it.
    fn is_broken(&self) -> bool;
}

impl SocketState for TcpStream {
    fn has_unread(&self) -> bool {
        SockRef::from(self).peek(&mut [MaybeUninit::uninit(); 1]).is_ok_and(|count| count > 0)
    }

    fn is_broken(&self) -> bool {
        !matches!(self.take_error(), Ok(None))
    }
}

impl<S> MessageStream<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>, timeouts: Timeouts, refuse: Refuse) -> Self {
        Self {
            stream,
            activity,
            framing: Framing::default(),
            frames: Some(Frames::new()),
            heads: 0,
            answered: 0,
            ahead: BytesMut::new(),
            has_ended: false,
            waiting: None,
            timeouts,
            refuse,
            deadline: Box::pin(sleep(timeouts.head)),
            answer: None,
            closing: None,
        }
    }

    /// Returns whether every answer was sent. Bytes that are written then come from the HTTP library itself.
    fn is_between_requests(&self) -> bool {
        self.answered == self.activity.begun()
    }

    /// Returns whether bytes may be passed on: the rest of a message, or a message after all previous answers.
    fn may_pass_on(&self) -> bool {
        !self.framing.is_between_messages() || self.answered == self.heads
    }

    /// Records passed bytes. Returns the number of them that belong to the current message.
    fn pass_on(&mut self, bytes: &[u8]) -> usize {
        let was_between = self.framing.is_between_messages();
        let advance = self.framing.advance(bytes);
        if let Some(end) = advance.head {
            self.heads += 1;
            self.frames.take_if(|_| end != HeadEnd::Http2);
            match end {
                HeadEnd::Ambiguous(ambiguity) => self.activity.set_ambiguity(ambiguity),
                HeadEnd::Http2 => self.activity.set_http_2(),
                HeadEnd::Length(_) | HeadEnd::Chunked | HeadEnd::Unreadable => {}
            }
        }
        self.has_received(bytes);
        if was_between && self.heads > 0 && self.framing.is_in_head() {
            self.deadline.as_mut().reset(Instant::now() + self.timeouts.head);
        }
        advance.taken
    }

    fn has_received(&mut self, bytes: &[u8]) {
        if let Some(frames) = &mut self.frames {
            frames.received(bytes);
            self.activity.set_unfinished(frames.unfinished());
        }
    }

    fn has_sent(&mut self, bytes: &[u8]) {
        if let Some(frames) = &mut self.frames {
            if frames.sent(bytes) {
                self.activity.touch();
            }
            self.activity.set_unfinished(frames.unfinished());
        }
    }

    /// Records that every answer was sent.
    fn has_answered(&mut self) {
        if self.answered == self.activity.begun() {
            return;
        }
        self.answered = self.activity.begun();
        self.deadline.as_mut().reset(Instant::now() + self.timeouts.keep_alive);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

impl<S: AsyncRead + SocketState + Unpin> MessageStream<S> {
    /// Reads and stores bytes after the message that is being answered.
    fn poll_ahead(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.waiting = Some(context.waker().clone());
        if self.ahead.is_empty() && !self.has_ended {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            self.ahead.extend_from_slice(buffer.filled().get(before..).unwrap_or_default());
            self.has_ended = buffer.filled().len() == before;
            buffer.set_filled(before);
            self.deadline.as_mut().reset(Instant::now() + PROBE);
        }
        match self.has_ended {
            // An endless answer has no end that a half-closed caller could wait for.
            true if self.activity.is_endless() => Poll::Ready(Ok(())),
            true => self.poll_broken(context).map(Err),
            false => Poll::Pending,
        }
    }

    /// Waits until the connection is broken, for as long as the request takes. Nothing is read meanwhile, and perhaps
    /// nothing written for long. So the socket is checked periodically.
    fn poll_broken(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.deadline.as_mut().poll(context));
            if self.stream.is_broken() {
                return Poll::Ready(io::ErrorKind::ConnectionReset.into());
            }
            self.deadline.as_mut().reset(Instant::now() + PROBE);
        }
    }

    /// Reads a part of the current message, from stored bytes or from the caller.
    fn poll_message(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if !self.ahead.is_empty() {
            let piece = self.ahead.split_to(self.ahead.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
        } else if !self.has_ended && Pin::new(&mut self.stream).poll_read(context, buffer)?.is_pending() {
            return self.poll_timeout(context);
        }
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        self.has_ended |= bytes.is_empty();
        let taken = self.pass_on(bytes);
        if let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let later = std::mem::take(&mut self.ahead);
            self.ahead.extend_from_slice(rest);
            self.ahead.extend_from_slice(&later);
            buffer.set_filled(before + taken);
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the connection if the time for a head, or for its first byte, has passed.
    fn poll_timeout(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_in_head = self.framing.is_in_head();
        if !is_in_head && !self.framing.is_between_messages() {
            return Poll::Pending;
        }
        ready!(self.deadline.as_mut().poll(context));
        if is_in_head {
            tracing::debug!("a request head was not complete in time");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // A request that has just arrived must still be answered.
        if self.heads > 0 && self.stream.has_unread() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_ended = true;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + SocketState + Unpin> AsyncRead for MessageStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.may_pass_on() { self.poll_message(context, buffer) } else { self.poll_ahead(context, buffer) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> MessageStream<S> {
    /// Writes the answer that replaces `replaced` bytes of the HTTP library.
    fn poll_answer(&mut self, context: &mut Context<'_>, replaced: usize) -> Poll<io::Result<usize>> {
        while let Some(answer) = self.answer.as_mut().filter(|answer| !answer.is_empty()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            answer.advance(written);
        }
        self.answer = None;
        self.closing = Some(Box::pin(sleep(CLOSE_GRACE)));
        Poll::Ready(Ok(replaced))
    }

    /// Returns whether another answer replaces these bytes.
    fn replaces(&mut self, written: &[u8]) -> bool {
        if self.answer.is_none() && self.is_between_requests() {
            self.answer = Refusal::of_library_answer(written, self.framing.head()).map(self.refuse);
        }
        self.answer.is_some()
    }

    /// Reads until the caller has closed its side, or the grace period is over.
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(closing) = &mut self.closing else { return Poll::Ready(()) };
        let mut scratch = [0; 8 * 1024];
        while closing.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MessageStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.replaces(bytes) {
            return self.poll_answer(context, bytes.len());
        }
        let count = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.has_sent(bytes.get(..count).unwrap_or_default());
        Poll::Ready(Ok(count))
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
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        let mut left = count;
        for slice in slices {
            let sent = slice.get(..left.min(slice.len())).unwrap_or_default();
            self.has_sent(sent);
            left -= sent.len();
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // The HTTP library flushes after it has written everything.
        if self.activity.is_answered() {
            self.has_answered();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        self.poll_close(context).map(Ok)
    }
}

#[cfg(test)]
mod tests;
