//! A caller's stream, and how much of what goes out on it the system keeps.
//!
//! The system takes more only once it has little left to send: so what it may keep says how slow a caller may be who has
//! not stopped. It keeps little for most, and more for the fast, who would have to wait for it else.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

use crate::speed::Speed;
use crate::stream::Arrived;

/// How much the system keeps of what a caller is yet to be sent, in bytes; of one who takes it fast, and of others.
const MUCH: u32 = 512 * 1024;
const LITTLE: u32 = 64 * 1024;

/// A caller's stream.
pub(crate) struct Outgoing {
    stream: TcpStream,
    speed: Speed,
    keeps: u32,
}

impl Outgoing {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let mut outgoing = Self { stream, speed: Speed::default(), keeps: 0 };
        // Answers are small or already in large pieces; waiting to join them only adds time.
        if let Err(error) = outgoing.stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps the system's settings");
        }
        outgoing.keep(LITTLE);
        outgoing
    }

    fn has_sent(&mut self, count: usize) {
        self.speed.count(count);
        self.keep(if self.speed.is_fast() { MUCH } else { LITTLE });
    }

    fn keep(&mut self, bytes: u32) {
        if self.keeps != bytes {
            self.keeps = bytes;
            if let Err(error) = SockRef::from(&self.stream).set_tcp_notsent_lowat(bytes) {
                tracing::debug!(%error, "a connection keeps the system's settings");
            }
        }
    }
}

impl Arrived for Pin<Box<TimeoutStream<Outgoing>>> {
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
    async fn much_is_kept_only_for_whoever_takes_it_fast() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = tokio::join!(caller, listener.accept());
        let mut outgoing = Outgoing::new(accepted.unwrap().0);
        let kept = |outgoing: &Outgoing| SockRef::from(&outgoing.stream).tcp_notsent_lowat().unwrap();
        assert_eq!(kept(&outgoing), LITTLE);
        let mut caller = caller.unwrap();
        tokio::spawn(async move { while caller.read(&mut [0; 65536]).await.unwrap() > 0 {} });
        outgoing.write_all(&vec![0; 1 << 20]).await.unwrap();
        assert_eq!(kept(&outgoing), LITTLE);
        outgoing.write_all(&vec![0; 16 << 20]).await.unwrap();
        assert_eq!(kept(&outgoing), MUCH);
    }
}
