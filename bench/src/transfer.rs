//! One transfer, as a caller makes it: over a connection of its own, timed from the connecting to the last byte.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::content::{self, Content};
use crate::digests::{Digests, Hashers};
use crate::failure::Failure;

const BOUNDARY: &str = "bench-7a1c5b0e9f";
/// No transfer that is worth measuring is slower, in bytes per second.
const SLOWEST: u64 = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is not a file.
const MAX_ANSWER: usize = 1 << 20;

/// Where a transfer goes, and how its bytes are wrapped.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// With its query.
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Upwards: a form, as sites want it.
    Form,
    /// Upwards: the bytes themselves, as the gateway wants them.
    Plain,
    /// Downwards.
    Download,
}

/// How fast the caller takes what comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Appetite {
    Any,
    /// In bytes per second.
    Slow(f64),
}

/// Makes one transfer of a file of `size` bytes, and answers how long it took.
///
/// # Errors
/// Where it fails, takes too long, or another number of bytes arrives.
pub(crate) async fn run(target: &Target, size: u64, appetite: Appetite) -> Result<Duration, Failure> {
    let began = Instant::now();
    let transfer = async {
        match target.kind {
            Kind::Form | Kind::Plain => upload(target, size).await.map(drop),
            Kind::Download => download(target, size, appetite, |_| {}).await,
        }
    };
    let limit = patience(size);
    timeout(limit, transfer)
        .await
        .map_err(|_| Failure::new(format_args!("{}: not done after {limit:?}", target.path)))??;
    Ok(began.elapsed())
}

/// Makes several equal transfers side by side.
///
/// # Errors
/// Where one of them fails.
pub(crate) async fn side_by_side(target: &Target, size: u64, count: usize, appetite: Appetite) -> Result<(), Failure> {
    let mut transfers = JoinSet::new();
    for _ in 0..count {
        let target = target.clone();
        transfers.spawn(async move { run(&target, size, appetite).await });
    }
    while let Some(ended) = transfers.join_next().await {
        ended.map_err(Failure::of("a transfer broke off"))??;
    }
    Ok(())
}

/// Makes one transfer and holds every byte against what was sent. Not for timing: the digests take their own time.
///
/// # Errors
/// Where the bytes that arrived are others, or nothing tells which they were.
pub(crate) async fn verify(target: &Target, size: u64, expected: &Digests) -> Result<(), Failure> {
    let intact = match target.kind {
        Kind::Form | Kind::Plain => {
            let told = upload(target, size).await?;
            let digests = [(text(&told, "sha1"), &expected.sha1), (text(&told, "md5"), &expected.md5)];
            let mut known = digests.into_iter().filter_map(|(told, expected)| Some((told?, expected))).peekable();
            known.peek().is_some() && known.all(|(told, expected)| told.eq_ignore_ascii_case(expected))
        }
        Kind::Download => {
            let mut hashers = Hashers::default();
            download(target, size, Appetite::Any, |bytes| hashers.update(bytes)).await?;
            hashers.finish() == *expected
        }
    };
    if intact { Ok(()) } else { Err(Failure::new(format_args!("{}: other bytes arrived than were sent", target.path))) }
}

/// All are given the time of all: side by side they share the machine.
fn patience(size: u64) -> Duration {
    PATIENCE + Duration::from_secs(size / SLOWEST) * 4
}

/// What the other end tells of the file.
async fn upload(target: &Target, size: u64) -> Result<Value, Failure> {
    let content = Content::new(size);
    let (content, content_type) = match target.kind {
        Kind::Form => {
            let before = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file1\"; filename=\"bench.bin\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            let after = format!("\r\n--{BOUNDARY}--\r\n");
            (content.framed(before, after), format!("multipart/form-data; boundary={BOUNDARY}"))
        }
        _ => (content, "application/octet-stream".to_owned()),
    };
    let length = content.size_hint().exact().unwrap_or_default();
    let request = request(target, Method::POST).header(CONTENT_TYPE, content_type).header(CONTENT_LENGTH, length);
    let response = send(target, request.body(content).map_err(Failure::of("no request"))?).await?;
    let status = response.status();
    let told = small(response.into_body()).await?;
    let told: Value = serde_json::from_slice(&told).map_err(Failure::of(format_args!("{}: {status}", target.path)))?;
    let file = told.get("result").cloned().unwrap_or(told);
    let stored = file.get("size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
    if !status.is_success() || stored != Some(size) {
        return Err(Failure::new(format_args!("{}: {status} {file}", target.path)));
    }
    Ok(file)
}

async fn download(target: &Target, size: u64, appetite: Appetite, mut look: impl FnMut(&[u8])) -> Result<(), Failure> {
    let request = request(target, Method::GET).body(Empty::<Bytes>::new()).map_err(Failure::of("no request"))?;
    let response = send(target, request).await?;
    let status = response.status();
    let mut body = response.into_body();
    let mut arrived = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Failure::of(format_args!("{}: after {arrived} bytes", target.path)))?;
        let Ok(bytes) = frame.into_data() else { continue };
        arrived += bytes.len() as u64;
        look(&bytes);
        if let Appetite::Slow(speed) = appetite {
            tokio::time::sleep(Duration::from_secs_f64(bytes.len() as f64 / speed)).await;
        }
    }
    if status != StatusCode::OK || arrived != size {
        return Err(Failure::new(format_args!("{}: {status}, {arrived} bytes instead of {size}", target.path)));
    }
    Ok(())
}

/// A request that has no body yet.
pub(crate) fn request(target: &Target, method: Method) -> hyper::http::request::Builder {
    Request::builder().method(method).uri(&target.path).header(HOST, target.address.to_string())
}

/// Sends a request over a connection of its own.
///
/// # Errors
/// Where there is no head of an answer.
pub(crate) async fn send<B>(target: &Target, request: Request<B>) -> Result<Response<Incoming>, Failure>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let failed = |error| Failure::of::<std::io::Error>(format_args!("cannot connect to {}", target.address))(error);
    let stream = TcpStream::connect(target.address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let broken = |error| Failure::of::<hyper::Error>(&target.path)(error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends when the answer was read or is read no more; what breaks is told to who reads the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broken)
}

async fn small(body: Incoming) -> Result<Bytes, Failure> {
    let limited = http_body_util::Limited::new(body, MAX_ANSWER);
    Ok(limited.collect().await.map_err(Failure::of("an answer was not read"))?.to_bytes())
}

fn text<'a>(file: &'a Value, name: &str) -> Option<&'a str> {
    file.get(name).and_then(Value::as_str)
}

/// What a file of this size has for digests, computed where nobody waits for the clock.
///
/// # Errors
/// Where the computing breaks off.
pub(crate) async fn expected(size: u64) -> Result<Digests, Failure> {
    tokio::task::spawn_blocking(move || content::digests(size)).await.map_err(Failure::of("no digest"))
}
