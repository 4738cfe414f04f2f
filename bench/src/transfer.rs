//! One transfer as a caller makes it: over a connection of its own, timed from the connection attempt to the last byte.

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
/// The slowest speed in bytes per second that a transfer is expected to have.
const SLOWEST: u64 = 4 * 1024 * 1024;
const BASE_LIMIT: Duration = Duration::from_secs(60);
/// The largest answer that is not a file, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// The target of a transfer, and the form of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// The path, with its query.
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An upload as a form, which sites require.
    Form,
    /// An upload of the bytes themselves, which the gateway requires.
    Plain,
    /// A download.
    Download,
}

/// How fast the caller reads an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ReadSpeed {
    Unlimited,
    /// A limit in bytes per second.
    Slow(f64),
}

/// Transfers a file of `size` bytes, and returns the duration.
///
/// # Errors
/// Fails if the transfer fails or times out, or if the number of received bytes differs.
pub(crate) async fn run(target: &Target, size: u64, read_speed: ReadSpeed) -> Result<Duration, Failure> {
    let began = Instant::now();
    let transfer = async {
        match target.kind {
            Kind::Form | Kind::Plain => upload(target, size).await.map(drop),
            Kind::Download => download(target, size, read_speed, |_| {}).await,
        }
    };
    let limit = time_limit(size);
    timeout(limit, transfer)
        .await
        .map_err(|_| Failure::new(format_args!("{}: not done after {limit:?}", target.path)))??;
    Ok(began.elapsed())
}

/// Runs several equal transfers in parallel.
///
/// # Errors
/// Fails if one of them fails.
pub(crate) async fn parallel(target: &Target, size: u64, count: usize, read_speed: ReadSpeed) -> Result<(), Failure> {
    let mut transfers = JoinSet::new();
    for _ in 0..count {
        let target = target.clone();
        transfers.spawn(async move { run(&target, size, read_speed).await });
    }
    while let Some(ended) = transfers.join_next().await {
        ended.map_err(Failure::of("a transfer ended early"))??;
    }
    Ok(())
}

/// Transfers a file and compares the received bytes with those that were sent. The duration is meaningless, because
/// computing the digests takes time.
///
/// # Errors
/// Fails if the bytes differ, or if the receiver reports no digest.
pub(crate) async fn verify(target: &Target, size: u64, expected: &Digests) -> Result<(), Failure> {
    let intact = match target.kind {
        Kind::Form | Kind::Plain => {
            let file = upload(target, size).await?;
            let digests = [(text(&file, "sha1"), &expected.sha1), (text(&file, "md5"), &expected.md5)];
            let mut known =
                digests.into_iter().filter_map(|(reported, expected)| Some((reported?, expected))).peekable();
            known.peek().is_some() && known.all(|(reported, expected)| reported.eq_ignore_ascii_case(expected))
        }
        Kind::Download => {
            let mut hashers = Hashers::default();
            download(target, size, ReadSpeed::Unlimited, |bytes| hashers.update(bytes)).await?;
            hashers.finish() == *expected
        }
    };
    if intact { Ok(()) } else { Err(Failure::new(format_args!("{}: the received bytes differ", target.path))) }
}

/// Returns the timeout of a transfer. It allows four times the time of the slowest expected transfer, because parallel
/// transfers share the machine.
fn time_limit(size: u64) -> Duration {
    BASE_LIMIT + Duration::from_secs(size / SLOWEST) * 4
}

/// Uploads a file and returns the receiver's description of it.
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
    let answer = read_small(response.into_body()).await?;
    let answer: Value =
        serde_json::from_slice(&answer).map_err(Failure::of(format_args!("{}: {status}", target.path)))?;
    let file = answer.get("result").cloned().unwrap_or(answer);
    let stored = file.get("size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
    if !status.is_success() || stored != Some(size) {
        return Err(Failure::new(format_args!("{}: {status} {file}", target.path)));
    }
    Ok(file)
}

async fn download(
    target: &Target,
    size: u64,
    read_speed: ReadSpeed,
    mut inspect: impl FnMut(&[u8]),
) -> Result<(), Failure> {
    let request = request(target, Method::GET).body(Empty::<Bytes>::new()).map_err(Failure::of("no request"))?;
    let response = send(target, request).await?;
    let status = response.status();
    let mut body = response.into_body();
    let mut arrived = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Failure::of(format_args!("{}: after {arrived} bytes", target.path)))?;
        let Ok(bytes) = frame.into_data() else { continue };
        arrived += bytes.len() as u64;
        inspect(&bytes);
        if let ReadSpeed::Slow(speed) = read_speed {
            tokio::time::sleep(Duration::from_secs_f64(bytes.len() as f64 / speed)).await;
        }
    }
    if status != StatusCode::OK || arrived != size {
        return Err(Failure::new(format_args!("{}: {status}, {arrived} bytes instead of {size}", target.path)));
    }
    Ok(())
}

/// Returns a request builder without a body.
pub(crate) fn request(target: &Target, method: Method) -> hyper::http::request::Builder {
    Request::builder().method(method).uri(&target.path).header(HOST, target.address.to_string())
}

/// Sends a request over a connection of its own.
///
/// # Errors
/// Fails if no head of an answer arrives.
pub(crate) async fn send<B>(target: &Target, request: Request<B>) -> Result<Response<Incoming>, Failure>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let failed = |error| Failure::of::<std::io::Error>(format_args!("cannot connect to {}", target.address))(error);
    let stream = TcpStream::connect(target.address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let broken = |error| Failure::of::<hyper::Error>(&target.path)(error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // The task ends when the answer was read or dropped. The reader of the answer gets the connection's errors.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broken)
}

async fn read_small(body: Incoming) -> Result<Bytes, Failure> {
    let limited = http_body_util::Limited::new(body, MAX_ANSWER);
    Ok(limited.collect().await.map_err(Failure::of("cannot read an answer"))?.to_bytes())
}

fn text<'a>(file: &'a Value, name: &str) -> Option<&'a str> {
    file.get(name).and_then(Value::as_str)
}

/// Returns the digests of a file of this size. Computes them on a blocking thread.
///
/// # Errors
/// Fails if the thread panics.
pub(crate) async fn expected(size: u64) -> Result<Digests, Failure> {
    tokio::task::spawn_blocking(move || content::digests(size)).await.map_err(Failure::of("no digest"))
}
