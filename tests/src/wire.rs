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
    let mut stream = TcpStream::connect(address).await.expect("the gateway accepts");
    // It may answer and close before it has read everything.
    drop(stream.write_all(request).await);
    let mut bytes = Vec::new();
    drop(timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the gateway closes the connection"));
    parse(request, &bytes)
}

/// A request without a body, with a key.
pub async fn request(address: &str, method: &str, target: &str, key: &str) -> Option<Answer> {
    let text = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    send(address, text.as_bytes()).await
}

fn parse(request: &[u8], bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
    let headers: Vec<(String, String)> = headers.collect();
    let asked = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
    Some(Answer { asked, status, headers, body: bytes[end + 4..].to_vec() })
}
