//! A minimal HTTP/1.1 server connection: it parses heads, passes on bodies without copying them, and sends answers of
//! known length.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::content;

/// The size of the read buffer. Larger reads were not faster.
const BUFFER: usize = 256 * 1024;
const MAX_HEADERS: usize = 64;

/// The parts of a request's head that the site uses.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// The path, with its query.
    pub(crate) path: String,
    /// The length of the body, or 0 if there is none.
    pub(crate) length: u64,
    pub(crate) content_type: String,
    awaits_continue: bool,
}

/// One connection. `buffer[begin..end]` has the bytes that were read but not yet used.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: vec![0; BUFFER], begin: 0, end: 0 }
    }

    /// Returns the head of the next request, or `None` at the end of the connection.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        self.buffer.copy_within(self.begin..self.end, 0);
        (self.begin, self.end) = (0, self.end - self.begin);
        loop {
            if let Some((head, length)) = parse(&self.buffer[..self.end])? {
                self.begin = length;
                return Ok(Some(head));
            }
            let free = &mut self.buffer[self.end..];
            if free.is_empty() {
                return Err(invalid_data("the head is too long"));
            }
            match self.stream.read(free).await? {
                0 if self.end == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.end += read,
            }
        }
    }

    /// Sends `100 Continue`, if the client waits for it.
    pub(crate) async fn send_continue(&mut self, head: &Head) -> io::Result<()> {
        if head.awaits_continue {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    }

    /// Returns the next bytes of a body that has this many bytes left, and never more than these.
    pub(crate) async fn take(&mut self, left: u64) -> io::Result<&[u8]> {
        if self.begin == self.end {
            self.begin = 0;
            self.end = self.stream.read(&mut self.buffer).await?;
        }
        if self.begin == self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let available = self.end - self.begin;
        let taken = usize::try_from(left).map_or(available, |left| left.min(available));
        self.begin += taken;
        Ok(&self.buffer[self.begin - taken..self.begin])
    }

    /// Sends an answer with a small JSON body.
    pub(crate) async fn answer(&mut self, status: &str, json: &str) -> io::Result<()> {
        let length = json.len();
        let whole =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}");
        self.stream.write_all(whole.as_bytes()).await
    }

    /// Sends the head and the first bytes of an answer. Its length includes `more` further bytes.
    pub(crate) async fn begin(&mut self, status: &str, bytes: &[u8], more: usize) -> io::Result<()> {
        let length = bytes.len() + more;
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        self.send(bytes).await
    }

    /// Sends further bytes of an answer.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends nothing until the client closes the connection or sends something else.
    pub(crate) async fn wait_for_close(&mut self) -> io::Result<()> {
        self.begin = 0;
        self.end = 0;
        let _count = self.stream.read(&mut self.buffer).await?;
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// Sends a file of this size.
    pub(crate) async fn send_file(&mut self, size: u64) -> io::Result<()> {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        let mut left = size;
        while left > 0 {
            let piece = content::piece(left);
            self.stream.write_all(&piece).await?;
            left -= piece.len() as u64;
        }
        Ok(())
    }
}

/// Parses a head and returns it with its length, or `None` if it is incomplete.
fn parse(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = request.parse(bytes).map_err(invalid_data)? else { return Ok(None) };
    let field = |name: &str| {
        let field = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        field.and_then(|field| std::str::from_utf8(field.value).ok()).unwrap_or_default()
    };
    if !field("transfer-encoding").is_empty() {
        return Err(invalid_data("a Content-Length is required"));
    }
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().to_owned(),
        length: Some(field("content-length"))
            .filter(|text| !text.is_empty())
            .map_or(Ok(0), str::parse)
            .map_err(invalid_data)?,
        content_type: field("content-type").to_owned(),
        awaits_continue: field("expect").eq_ignore_ascii_case("100-continue"),
    };
    Ok(Some((head, length)))
}

fn invalid_data(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_is_parsed_once_it_is_complete() {
        let text = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\ncontent-length: 12\r\nExpect: 100-Continue\r\n\r\nbody";
        let (head, length) = parse(text).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str(), head.length), ("POST", "/a?b=c", 12));
        assert!(head.awaits_continue);
        assert_eq!(&text[length..], b"body");
        assert!(parse(&text[..40]).unwrap().is_none());
        assert!(parse(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }
}
