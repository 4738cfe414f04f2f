//! A caller's stream, with a limit for unsent bytes in the operating system.
//!
//! The system accepts more bytes only when few unsent bytes are left. With a large limit, a slow caller would count as
//! stalled in the meantime. So the limit is small for most callers. It is larger for fast callers, which would
//! otherwise have to wait.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

use crate::speed::Speed;
use crate::stream::SocketState;

/// The limit of unsent bytes for fast callers.
const FAST_LIMIT: u32 = 512 * 1024;
/// The limit of unsent bytes for all other callers.
const SLOW_LIMIT: u32 = 64 * 1024;

/// A caller's stream.
pub(crate) struct Outgoing {
    stream: TcpStream,
    speed: Speed,
    limit: u32,
}

impl Outgoing {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let mut outgoing = Self { stream, speed: Speed::default(), limit: 0 };
        // Answers are small or already in large pieces. Nagle's algorithm would only delay them.
        if let Err(error) = outgoing.stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set the options of a connection");
        }
        outgoing.set_limit(SLOW_LIMIT);
        outgoing
    }

    fn has_sent(&mut self, count: usize) {
        self.speed.count(count);
        self.set_limit(if self.speed.is_fast() { FAST_LIMIT } else { SLOW_LIMIT });
    }

    fn set_limit(&mut self, bytes: u32) {
        if self.limit != bytes {
            self.limit = bytes;
            if let Err(error) = SockRef::from(&self.stream).set_tcp_notsent_lowat(bytes) {
                tracing::debug!(%error, "cannot set the options of a connection");
            }
        }
    }
}

impl SocketState for Pin<Box<TimeoutStream<Outgoing>>> {
    fn has_unread(&self) -> bool {
        self.as_ref().get_ref().get_ref().stream.has_unread()
    }

    fn is_broken(&self) -> bool {
        self.as_ref().get_ref().get_ref().stream.is_broken()
    }
}

impl AsyncRead for Outgoing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Outgoing {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.has_sent(count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.has_sent(count);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn only_a_fast_caller_has_a_large_unsent_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = tokio::join!(caller, listener.accept());
        let mut outgoing = Outgoing::new(accepted.unwrap().0);
        let limit = |outgoing: &Outgoing| SockRef::from(&outgoing.stream).tcp_notsent_lowat().unwrap();
        assert_eq!(limit(&outgoing), SLOW_LIMIT);
        let mut caller = caller.unwrap();
        tokio::spawn(async move { while caller.read(&mut [0; 65536]).await.unwrap() > 0 {} });
        outgoing.write_all(&vec![0; 1 << 20]).await.unwrap();
        assert_eq!(limit(&outgoing), SLOW_LIMIT);
        outgoing.write_all(&vec![0; 16 << 20]).await.unwrap();
        assert_eq!(limit(&outgoing), FAST_LIMIT);
    }
}
