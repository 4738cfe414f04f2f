//! Counts the bytes of a request's body that have been sent on its connection, and those sent before the answer
//! arrived.
//!
//! The HTTP library buffers about 400 kB, so bytes that it has accepted may never be sent. This module counts bytes
//! only once the connection has written and flushed them. Each connection carries one request only, and the operating
//! system keeps few bytes of it unsent ([`crate::uplink`]). Bytes that the site's operating system has received also
//! count as sent, even if the site has not read them: the gateway cannot see the difference.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tower_service::Service;

/// The bytes that end the head of a request.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The count of a request body's bytes that have been sent. It is an extension of the response.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing(watch::Receiver<Counts>);

/// The counts of sent bytes. Both count bytes of the body.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    sent: u64,
    sent_at_last_read: u64,
}

impl Outgoing {
    /// Returns the number of bytes that had been sent when the connection last received data.
    pub(crate) fn at_last_read(&self) -> u64 {
        self.0.borrow().sent_at_last_read
    }

    /// Waits until `bytes` bytes have been sent. Returns `false` if the connection ends before that.
    pub(crate) async fn reach(&mut self, bytes: u64) -> bool {
        self.0.wait_for(|counts| counts.sent >= bytes).await.is_ok()
    }
}

/// Makes connections that count the bytes they send.
#[derive(Debug, Clone)]
pub(crate) struct Meter<C>(pub(crate) C);

impl<C> Service<Uri> for Meter<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Response: Send,
    C::Error: Send,
{
    type Response = TokioIo<Metered<TokioIo<C::Response>>>;
    type Error = C::Error;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, C::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.0.call(address);
        Box::pin(async move { Ok(TokioIo::new(Metered::new(TokioIo::new(connecting.await?)))) })
    }
}

/// A connection that counts the bytes it sends.
pub(crate) struct Metered<S> {
    stream: S,
    counts: watch::Sender<Counts>,
    /// The number of bytes of [`END_OF_HEAD`] that the last written bytes match; all of them once the body has begun.
    matched: usize,
    /// The number of bytes of the body that were written, flushed or not.
    written: u64,
}

impl<S> Metered<S> {
    fn new(stream: S) -> Self {
        Self { stream, counts: watch::Sender::default(), matched: 0, written: 0 }
    }

    fn wrote<'a>(&mut self, slices: impl IntoIterator<Item = &'a [u8]>, accepted: usize) {
        let mut left = accepted;
        for slice in slices {
            let slice = &slice[..slice.len().min(left)];
            left -= slice.len();
            self.written += self.skip_head(slice).len() as u64;
        }
    }

    /// Returns the part of these bytes that belongs to the body.
    fn skip_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        for (at, byte) in bytes.iter().enumerate() {
            if self.matched == END_OF_HEAD.len() {
                return &bytes[at..];
            }
            self.matched = match byte {
                byte if *byte == END_OF_HEAD[self.matched] => self.matched + 1,
                b'\r' => 1,
                _ => 0,
            };
        }
        &[]
    }
}

impl<S: Connection> Connection for Metered<S> {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(Outgoing(self.counts.subscribe()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.counts.send_modify(|counts| counts.sent_at_last_read = counts.sent);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(accepted)) = outcome {
            self.wrote([bytes], accepted);
        }
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(accepted)) = outcome {
            self.wrote(slices.iter().map(|slice| &**slice), accepted);
        }
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(outcome, Poll::Ready(Ok(()))) {
            let written = self.written;
            self.counts.send_if_modified(|counts| std::mem::replace(&mut counts.sent, written) != written);
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn flushed_body_is_counted_wherever_the_head_is_split() {
        let request = b"POST / HTTP/1.1\r\nA: b\r\r\n\r\nbody\r\n\r\n";
        for split in 1..request.len() {
            let (ours, mut theirs) = tokio::io::duplex(1000);
            let mut metered = Metered::new(tokio::io::BufWriter::new(ours));
            let outgoing = Outgoing(metered.counts.subscribe());
            metered.write_all(&request[..split]).await.unwrap();
            metered.write_all(&request[split..]).await.unwrap();
            assert_eq!(outgoing.0.borrow().sent, 0, "nothing is flushed");
            metered.flush().await.unwrap();
            assert_eq!(outgoing.0.borrow().sent, 8, "split at {split}");
            assert_eq!(outgoing.at_last_read(), 0);
            theirs.write_all(b"x").await.unwrap();
            metered.read_exact(&mut [0]).await.unwrap();
            assert_eq!(outgoing.at_last_read(), 8);
        }
    }

    #[tokio::test]
    async fn bytes_sent_after_the_answer_are_not_in_its_count() {
        let (ours, mut theirs) = tokio::io::duplex(1000);
        let mut metered = Metered::new(ours);
        let mut outgoing = Outgoing(metered.counts.subscribe());
        metered.write_all(b"\r\n\r\nab").await.unwrap();
        metered.flush().await.unwrap();
        theirs.write_all(b"answer").await.unwrap();
        metered.read_exact(&mut [0; 6]).await.unwrap();
        metered.write_all(b"cd").await.unwrap();
        metered.flush().await.unwrap();
        assert_eq!(outgoing.at_last_read(), 2);
        assert!(outgoing.reach(4).await);
        drop(metered);
        assert!(!outgoing.reach(5).await, "the connection has ended");
    }
}
