//! [`Raw`]: a connection on which a test sends a request piece by piece, for tests of slow and interrupted requests.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Answer;

/// The time limit of each read and write. It is longer than any operation takes, and shorter than the time limit of a
/// test.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// The number of bytes written at a time.
const PIECE: usize = 64 * 1024;

/// A connection to the gateway on which the head of a request was sent. Dropping it closes the connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    request_line: String,
    received: Vec<u8>,
}

/// The framing of a piece of a body on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Unframed.
    Plain,
    /// As a chunk of `Transfer-Encoding: chunked`.
    Chunk,
}

impl Raw {
    /// Connects and sends the head of a request: the request line without the version, and the fields besides `Host`.
    pub async fn begin(address: &str, request: &str, fields: &[(&str, &str)]) -> Self {
        let stream = TcpStream::connect(address).await.expect("the gateway accepts");
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut raw = Self { stream, request_line: request.to_owned(), received: Vec::new() };
        let head = format!("{request} HTTP/1.1\r\nHost: {address}\r\n{fields}\r\n");
        raw.stream.write_all(head.as_bytes()).await.expect("the gateway reads");
        raw
    }

    /// Sends a part of the body.
    ///
    /// # Errors
    /// If the gateway has closed the connection, or does not read in time.
    pub async fn send(&mut self, bytes: &[u8], as_: Piece) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            match as_ {
                Piece::Plain => self.write(piece).await?,
                Piece::Chunk => {
                    let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
                    self.write(&chunk).await?;
                }
            }
        }
        Ok(())
    }

    /// Sends the last chunk, which ends a chunked body.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn end(&mut self) -> io::Result<()> {
        self.write(b"0\r\n\r\n").await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(TIME_LIMIT, self.stream.write_all(bytes)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Returns the status of the next head. The head of an interim response is consumed; that of a final response is
    /// kept for [`answer`](Self::answer). Returns `None` if the connection ends first.
    pub async fn next_status(&mut self) -> Option<u16> {
        let end = self.head_end().await?;
        let status = status(&self.received[..end])?;
        if (100..200).contains(&status) {
            self.received.drain(..end);
        }
        Some(status)
    }

    /// Returns the complete final response, or `None` if the connection ends before it is complete.
    pub async fn answer(mut self) -> Option<Answer> {
        while self.next_status().await? < 200 {}
        let end = self.head_end().await?;
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers: Vec<(String, String)> = fields.map(|(name, value)| (name.to_lowercase(), value.into())).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or_default();
        while self.received.len() < end + length {
            self.read().await?;
        }
        let body = self.received[end..end + length].to_vec();
        Some(Answer { request_line: self.request_line.clone(), status: status(head.as_bytes())?, headers, body })
    }

    /// Returns whether the connection receives nothing for `pause`.
    pub async fn is_silent_for(&mut self, pause: Duration) -> bool {
        self.received.is_empty() && timeout(pause, self.read()).await.is_err()
    }

    /// Reads at most `most` bytes at a time, with a pause after each read, until the connection ends. Returns the
    /// number of received bytes.
    pub async fn read_slowly(&mut self, most: usize, pause: Duration) -> usize {
        let (mut buffer, mut came) = (vec![0; most], self.received.len());
        while let Ok(count @ 1..) = self.stream.read(&mut buffer).await {
            came += count;
            tokio::time::sleep(pause).await;
        }
        came
    }

    /// Reads until the connection ends, and returns the number of received bytes.
    pub async fn read_to_end(mut self) -> usize {
        while self.read().await.is_some() {}
        self.received.len()
    }

    /// Resets the connection.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("the linger option can be set");
    }

    async fn head_end(&mut self) -> Option<usize> {
        loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(at + 4);
            }
            self.read().await?;
        }
    }

    /// Reads once into the buffer. Returns `None` at the end of the connection.
    async fn read(&mut self) -> Option<()> {
        let read = timeout(TIME_LIMIT, self.stream.read_buf(&mut self.received)).await;
        match read.expect("the gateway answers or closes the connection") {
            Ok(1..) => Some(()),
            Ok(0) | Err(_) => None,
        }
    }
}

fn status(head: &[u8]) -> Option<u16> {
    String::from_utf8_lossy(head).lines().next()?.split(' ').nth(1)?.parse().ok()
}
