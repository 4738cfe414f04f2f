//! Requests as bytes, for what no well-behaved client sends: paths with dots, bad header fields, endless lines.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Answer;

const PATIENCE: Duration = Duration::from_secs(10);

/// Sends bytes, and reads until the other side closes. `None` where it closes without an answer.
///
/// The request should say `Connection: close`, or the other side waits for the next one.
pub async fn send(address: &str, request: &[u8]) -> Option<Answer> {
    answers(address, request).await.into_iter().next()
}

/// Sends requests behind each other at once, and reads all answers until the other side closes.
pub async fn answers(address: &str, requests: &[u8]) -> Vec<Answer> {
    let mut stream = TcpStream::connect(address).await.expect("the gateway accepts");
    // It may answer and close before it has read everything.
    drop(stream.write_all(requests).await);
    read_all(&mut stream, requests).await
}

/// Reads all answers until the other side closes.
pub async fn read_all(stream: &mut TcpStream, requests: &[u8]) -> Vec<Answer> {
    let mut bytes = Vec::new();
    drop(timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the gateway closes the connection"));
    let (mut rest, mut all) = (&bytes[..], Vec::new());
    while let Some((answer, behind)) = parse(requests, rest) {
        all.push(answer);
        rest = behind;
    }
    all
}

/// A request without a body, with a key.
pub async fn request(address: &str, method: &str, target: &str, key: &str) -> Option<Answer> {
    let text = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    send(address, text.as_bytes()).await
}

/// The first answer, and the bytes behind it.
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
    let (body, behind) = bytes[end..].split_at(length.min(bytes.len() - end));
    let asked = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
    Some((Answer { asked, status, headers, body: body.to_vec() }, behind))
}
