//! A gateway that answers what it is told to, byte by byte, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use polyhost_client::Gateway;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    head: String,
    /// As many bytes of the body as were read.
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The value of a header field, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What is done with a request.
pub(crate) struct Reply {
    /// How many bytes of the body are read first.
    read: usize,
    bytes: Vec<u8>,
}

impl Reply {
    /// A JSON body with a status, once the request's body was read.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let media = if status < 400 { "application/json" } else { "application/problem+json" };
        Self::of(status, &[("Content-Type", media)], body.to_string().as_bytes())
    }

    /// Any body with a status and header fields, once the request's body was read.
    pub(crate) fn of(status: u16, fields: &[(&str, &str)], body: &[u8]) -> Self {
        Self::cut(status, fields, body, body.len())
    }

    /// The same, of which only so many bytes of the body come.
    pub(crate) fn cut(status: u16, fields: &[(&str, &str)], body: &[u8], sent: usize) -> Self {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n");
        Self { read: usize::MAX, bytes: [head.as_bytes(), &body[..sent]].concat() }
    }

    /// The connection is closed after so many bytes of the request's body.
    pub(crate) fn hang_up(after: usize) -> Self {
        Self { read: after, bytes: Vec::new() }
    }
}

/// A problem as the gateway has them.
pub(crate) fn problem(status: u16, code: &str, retryable: bool, retry_after: Option<u64>) -> Reply {
    let body = serde_json::json!({
        "type": format!("/problems/{code}"), "title": "It is so", "status": status, "detail": "For this reason.",
        "instance": "/", "code": code, "request_id": "r-1", "retryable": retryable, "retry_after": retry_after,
        "errors": [], "applied": [], "upstream": null
    });
    Reply::json(status, &body)
}

/// Answers requests by a script until it is dropped.
pub(crate) struct Scripted {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Scripted {
    /// Starts it. The script is asked with each request and how many of the same method and path came before it.
    pub(crate) async fn start(script: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, script) = (Arc::clone(&asked), Arc::new(script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&script), Arc::clone(&kept)));
            }
        });
        Self { address, asked, task }
    }

    /// The client's side of it.
    pub(crate) fn gateway(&self) -> Gateway {
        Gateway::new(&self.address.parse().unwrap(), None).unwrap()
    }

    /// The requests of a method whose path ends so.
    pub(crate) fn asked(&self, method: &str, ending: &str) -> Vec<Asked> {
        let path = |asked: &Asked| asked.target.split('?').next().unwrap_or_default().to_owned();
        let matching = |asked: &&Asked| asked.method == method && path(asked).ends_with(ending);
        self.asked.lock().unwrap().iter().filter(matching).cloned().collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut stream: TcpStream,
    script: Arc<impl Fn(&Asked, usize) -> Reply>,
    kept: Arc<Mutex<Vec<Asked>>>,
) -> Option<()> {
    let mut asked = read_head(&mut stream).await?;
    let before = {
        let kept = kept.lock().unwrap();
        kept.iter().filter(|other| (&other.method, &other.target) == (&asked.method, &asked.target)).count()
    };
    let reply = script(&asked, before);
    let length: usize = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let wanted = length.min(reply.read);
    let mut chunk = vec![0; 65_536];
    while asked.body.len() < wanted {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        asked.body.extend_from_slice(&chunk[..read]);
    }
    kept.lock().unwrap().push(asked);
    stream.write_all(&reply.bytes).await.ok()?;
    stream.shutdown().await.ok()
}

/// The request line and header fields, and what came of the body together with them.
async fn read_head(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut words = head.split(' ').map(str::to_owned);
            let (method, target) = (words.next()?, words.next()?);
            return Some(Asked { method, target, head, body: bytes.split_off(end + 4) });
        }
        let mut chunk = [0; 4_096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}
