//! A fake gateway that answers by a script, byte by byte, and records requests.

use std::sync::{Arc, Mutex};

use polyhost_client::Gateway;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A received request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    head: String,
    /// The bytes of the body that were read.
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Returns the value of a header field, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The reaction to a request.
pub(crate) struct Reply {
    /// The number of bytes of the request's body that are read first.
    read: usize,
    bytes: Vec<u8>,
}

impl Reply {
    /// Answers with a status and a JSON body, after reading the request's body.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let media = if status < 400 { "application/json" } else { "application/problem+json" };
        Self::of(status, &[("Content-Type", media)], body.to_string().as_bytes())
    }

    /// Answers with a status, header fields and a body, after reading the request's body.
    pub(crate) fn of(status: u16, fields: &[(&str, &str)], body: &[u8]) -> Self {
        Self::cut(status, fields, body, body.len())
    }

    /// Answers like [`of`](Self::of), but sends only `sent` bytes of the body.
    pub(crate) fn cut(status: u16, fields: &[(&str, &str)], body: &[u8], sent: usize) -> Self {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n");
        Self { read: usize::MAX, bytes: [head.as_bytes(), &body[..sent]].concat() }
    }

    /// Closes the connection after so many bytes of the request's body.
    pub(crate) fn hang_up(after: usize) -> Self {
        Self { read: after, bytes: Vec::new() }
    }
}

/// Answers with a problem in the gateway's format.
pub(crate) fn problem(status: u16, code: &str, retryable: bool, retry_after: Option<u64>) -> Reply {
    let body = serde_json::json!({
        "type": format!("/problems/{code}"), "title": "It is so", "status": status, "detail": "For this reason.",
        "instance": "/", "code": code, "request_id": "r-1", "retryable": retryable, "retry_after": retry_after,
        "errors": [], "applied": [], "upstream": null
    });
    Reply::json(status, &body)
}

/// A fake gateway. Dropping it stops it.
pub(crate) struct Scripted {
    address: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Scripted {
    /// Starts the gateway. The script gets each request, and the number of previous requests with the same method and
    /// path.
    pub(crate) async fn start(script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, script) = (Arc::clone(&received), Arc::new(script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&kept)));
            }
        });
        Self { address, received, task }
    }

    /// Returns the client's connection settings for it.
    pub(crate) fn gateway(&self) -> Gateway {
        Gateway::new(&self.address.parse().unwrap(), None).unwrap()
    }

    /// Returns the requests with a method and an end of the path.
    pub(crate) fn received(&self, method: &str, ending: &str) -> Vec<Received> {
        let path = |received: &Received| received.target.split('?').next().unwrap_or_default().to_owned();
        let matching = |received: &&Received| received.method == method && path(received).ends_with(ending);
        self.received.lock().unwrap().iter().filter(matching).cloned().collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<impl Fn(&Received, usize) -> Reply>,
    kept: Arc<Mutex<Vec<Received>>>,
) -> Option<()> {
    let mut received = read_head(&mut stream).await?;
    let before = {
        let kept = kept.lock().unwrap();
        kept.iter().filter(|other| (&other.method, &other.target) == (&received.method, &received.target)).count()
    };
    let reply = script(&received, before);
    let length: usize = received.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let wanted = length.min(reply.read);
    let mut chunk = vec![0; 65_536];
    while received.body.len() < wanted {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        received.body.extend_from_slice(&chunk[..read]);
    }
    kept.lock().unwrap().push(received);
    stream.write_all(&reply.bytes).await.ok()?;
    stream.shutdown().await.ok()
}

/// Reads the request line and header fields, and the bytes of the body that arrived with them.
async fn read_head(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut words = head.split(' ').map(str::to_owned);
            let (method, target) = (words.next()?, words.next()?);
            return Some(Received { method, target, head, body: bytes.split_off(end + 4) });
        }
        let mut chunk = [0; 4_096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}
