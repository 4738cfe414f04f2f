//! Requests as raw bytes, for requests that an HTTP client library does not send: paths with dots, bad header fields,
//! endless lines.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Answer;

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Sends bytes, reads until the gateway closes the connection, and returns the first response. Returns `None` if there
/// was none.
///
/// The request should contain `Connection: close`; otherwise the gateway waits for the next request.
pub async fn send(address: &str, request: &[u8]) -> Option<Answer> {
    answers(address, request).await.into_iter().next()
}

/// Sends pipelined requests at once, and returns all responses once the gateway closes the connection.
pub async fn answers(address: &str, requests: &[u8]) -> Vec<Answer> {
    let mut stream = TcpStream::connect(address).await.expect("the gateway accepts");
    // The gateway may answer and close the connection before it has read everything.
    drop(stream.write_all(requests).await);
    read_all(&mut stream, requests).await
}

/// Returns all responses once the gateway closes the connection.
pub async fn read_all(stream: &mut TcpStream, requests: &[u8]) -> Vec<Answer> {
    let mut bytes = Vec::new();
    drop(timeout(TIME_LIMIT, stream.read_to_end(&mut bytes)).await.expect("the gateway closes the connection"));
    let (mut rest, mut all) = (&bytes[..], Vec::new());
    while let Some((answer, remaining)) = parse(requests, rest) {
        all.push(answer);
        rest = remaining;
    }
    all
}

/// Sends a request with a key and without a body.
pub async fn request(address: &str, method: &str, target: &str, key: &str) -> Option<Answer> {
    let text = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    send(address, text.as_bytes()).await
}

/// Parses the first response, and returns it with the bytes after it.
fn parse<'a>(request: &[u8], bytes: &'a [u8]) -> Option<(Answer, &'a [u8])> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
    let headers: Vec<(String, String)> = headers.collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(usize::MAX);
    let (body, remaining) = bytes[end..].split_at(length.min(bytes.len() - end));
    let request_line = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
    Some((Answer { request_line, status, headers, body: body.to_vec() }, remaining))
}
