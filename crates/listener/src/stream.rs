//! The bytes of a connection, as they pass between the socket and the HTTP library.
//!
//! An HTTP/1 connection is given to the library one message at a time: what a caller sends ahead waits until the answer
//! before it has gone out. So each head is treated as if it stood alone, a caller may close its sending half behind a
//! whole request, and the time for a head and the time between two requests are told apart. Where the library would
//! answer by itself, to a head that it cannot read, a problem goes out instead.

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

/// For how long is still read from a caller who was refused. To close a connection on somebody who sends resets it, and
/// the answer is lost.
const PARTING: Duration = Duration::from_secs(1);

/// How often it is looked whether a caller is gone that sends no more. It may have closed its sending half alone and wait
/// for the answer.
const PROBE: Duration = Duration::from_secs(1);

/// How long an HTTP/1 connection may wait for its caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a head: from its first byte, or from the beginning of the connection.
    pub(crate) head: Duration,
    /// For the first byte of the next request.
    pub(crate) keep_alive: Duration,
}

/// The bytes of a connection.
pub(crate) struct Witnessed<S> {
    stream: S,
    activity: Arc<Activity>,
    framing: Framing,
    /// Unless the connection speaks HTTP/1.
    frames: Option<Frames>,
    /// The number of heads that were passed on whole.
    heads: u64,
    /// The number of requests that had begun when every answer had gone out.
    answered: u64,
    /// What has come behind the message that is being answered.
    ahead: BytesMut,
    /// Whether the caller sends no more.
    has_ended: bool,
    /// Woken once the next message may be passed on.
    waiting: Option<Waker>,
    timeouts: Timeouts,
    refuse: Refuse,
    /// When the caller's time is over for a head or for the next request, or when it is looked whether it is gone.
    until: Pin<Box<Sleep>>,
    /// What goes out in place of the HTTP library's own answer.
    answer: Option<Bytes>,
    /// There, once such an answer has gone out.
    parting: Option<Pin<Box<Sleep>>>,
}

/// A stream of which the operating system knows more than the runtime.
pub(crate) trait Arrived {
    /// Whether bytes have arrived that were not read.
    fn has_unread(&self) -> bool;

    /// Whether the connection is broken. A caller that is gone breaks it as soon as something goes out to it.
    fn is_broken(&self) -> bool;
}

impl Arrived for TcpStream {
    fn has_unread(&self) -> bool {
        SockRef::from(self).peek(&mut [MaybeUninit::uninit(); 1]).is_ok_and(|count| count > 0)
    }

    fn is_broken(&self) -> bool {
        !matches!(self.take_error(), Ok(None))
    }
}

impl<S> Witnessed<S> {
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
            until: Box::pin(sleep(timeouts.head)),
            answer: None,
            parting: None,
        }
    }

    /// Whether every answer has gone out: what is written now is by the HTTP library itself.
    fn is_between_requests(&self) -> bool {
        self.answered == self.activity.begun()
    }

    /// Whether bytes may be passed on: the rest of a message, or one whose predecessors are all answered.
    fn may_pass_on(&self) -> bool {
        !self.framing.is_between_messages() || self.answered == self.heads
    }

    /// Notes bytes that are passed on, and returns how many of them belong to the message at hand.
    fn pass_on(&mut self, bytes: &[u8]) -> usize {
        let was_between = self.framing.is_between_messages();
        let advance = self.framing.advance(bytes);
        if let Some(end) = advance.head {
            self.heads += 1;
            self.frames.take_if(|_| end != HeadEnd::Http2);
            match end {
                HeadEnd::Ambiguous(ambiguity) => self.activity.object(ambiguity),
                HeadEnd::Http2 => self.activity.speaks_http_2(),
                HeadEnd::Length(_) | HeadEnd::Chunked | HeadEnd::Unreadable => {}
            }
        }
        self.has_received(bytes);
        if was_between && self.heads > 0 && self.framing.is_in_head() {
            self.until.as_mut().reset(Instant::now() + self.timeouts.head);
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

    /// Notes that every answer has gone out.
    fn has_answered(&mut self) {
        if self.answered == self.activity.begun() {
            return;
        }
        self.answered = self.activity.begun();
        self.until.as_mut().reset(Instant::now() + self.timeouts.keep_alive);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

impl<S: AsyncRead + Arrived + Unpin> Witnessed<S> {
    /// Reads what comes behind the message that is being answered, and keeps it.
    fn poll_ahead(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.waiting = Some(context.waker().clone());
        if self.ahead.is_empty() && !self.has_ended {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            self.ahead.extend_from_slice(buffer.filled().get(before..).unwrap_or_default());
            self.has_ended = buffer.filled().len() == before;
            buffer.set_filled(before);
            self.until.as_mut().reset(Instant::now() + PROBE);
        }
        match self.has_ended {
            // No caller waits for the end of an answer that has none.
            true if self.activity.is_endless() => Poll::Ready(Ok(())),
            true => self.poll_broken(context).map(Err),
            false => Poll::Pending,
        }
    }

    /// Waits for as long as the request takes, or until the connection is broken. Nothing is read from it any more, and
    /// perhaps nothing written for long, so that it is asked.
    fn poll_broken(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.until.as_mut().poll(context));
            if self.stream.is_broken() {
                return Poll::Ready(io::ErrorKind::ConnectionReset.into());
            }
            self.until.as_mut().reset(Instant::now() + PROBE);
        }
    }

    /// Reads a part of the message at hand, from what came ahead or from the caller.
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

    /// Ends the connection where the caller has taken too long for a head, or to begin one.
    fn poll_timeout(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_in_head = self.framing.is_in_head();
        if !is_in_head && !self.framing.is_between_messages() {
            return Poll::Pending;
        }
        ready!(self.until.as_mut().poll(context));
        if is_in_head {
            tracing::debug!("a head has taken too long");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // A request that has just arrived is not lost without an answer.
        if self.heads > 0 && self.stream.has_unread() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_ended = true;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Arrived + Unpin> AsyncRead for Witnessed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.may_pass_on() { self.poll_message(context, buffer) } else { self.poll_ahead(context, buffer) }
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
            self.answer = Refusal::told_by(written, self.framing.head()).map(self.refuse);
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
        // The HTTP library flushes once it has written all that it had.
        if self.activity.is_answered() {
            self.has_answered();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        self.poll_part(context).map(Ok)
    }
}

#[cfg(test)]
mod tests;
