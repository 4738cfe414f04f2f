//! The load: callers that send one random request after another, whatever the outcome.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Method, Request};
use rand::{random_bool, random_range};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::gateway::{ACCOUNTS, Dialect, GatewayUnderTest};
use crate::content::{self, Content};
use crate::failure::Failure;
use crate::transfer::{self, Kind, Target};

/// The limit for one answer. It is longer than any answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The share of requests whose caller disconnects before the answer.
const DISCONNECT_SHARE: f64 = 0.05;
/// The latest time at which such a caller disconnects.
const DISCONNECT_LIMIT: Duration = Duration::from_millis(500);
/// The longest pause between two requests of a caller. Without a pause, most requests would meet open circuits.
const PAUSE: Duration = Duration::from_millis(80);
/// The sizes of the files: from one that fits into one piece to one of many pieces.
const SIZES: [u64; 4] = [1, 4_096, 100_000, 3_000_000];

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// How often each outcome occurred, by the name of the request. The outcome is the status, or why there is no answer.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<(&'static str, String), u64>);

impl Outcomes {
    fn count(&mut self, request_name: &'static str, outcome: String) {
        *self.0.entry((request_name, outcome)).or_default() += 1;
    }

    pub(super) fn add(&mut self, others: Self) {
        for (key, count) in others.0 {
            *self.0.entry(key).or_default() += count;
        }
    }

    /// Returns each outcome and how often it occurred, by the name of the request.
    pub(super) fn by_request(&self) -> BTreeMap<&'static str, BTreeMap<&str, u64>> {
        let mut all: BTreeMap<&'static str, BTreeMap<&str, u64>> = BTreeMap::new();
        for ((request_name, outcome), count) in &self.0 {
            all.entry(request_name).or_default().insert(outcome, *count);
        }
        all
    }
}

/// Lets this many callers send requests for this long, and waits for the last answer.
pub(super) async fn bout(gateway: &GatewayUnderTest, callers: usize, time: Duration) -> Outcomes {
    let (address, end) = (gateway.address(), Instant::now() + time);
    let mut all = JoinSet::new();
    for _ in 0..callers {
        all.spawn(async move {
            let mut outcomes = Outcomes::default();
            while Instant::now() < end {
                let (request_name, outcome) = send_one(address).await;
                outcomes.count(request_name, outcome);
                sleep(random_range(Duration::ZERO..PAUSE)).await;
            }
            outcomes
        });
    }
    let mut outcomes = Outcomes::default();
    while let Some(caller) = all.join_next().await {
        match caller {
            Ok(those) => outcomes.add(those),
            Err(_) => outcomes.count("caller", "panicked".to_owned()),
        }
    }
    outcomes
}

async fn send_one(address: SocketAddr) -> (&'static str, String) {
    let random_request = RandomRequest::at_random();
    let disconnects = random_bool(DISCONNECT_SHARE);
    let limit = if disconnects { random_range(Duration::ZERO..DISCONNECT_LIMIT) } else { TIMEOUT };
    let outcome = match timeout(limit, random_request.send(address)).await {
        Ok(Ok(status)) => status,
        Ok(Err(_)) => "connection failed".to_owned(),
        Err(_) if disconnects => "caller disconnected".to_owned(),
        Err(_) => "timed out".to_owned(),
    };
    (random_request.name, outcome)
}

/// A random request.
struct RandomRequest {
    name: &'static str,
    method: Method,
    path: String,
    body: RequestBody,
}

/// The body of a request.
#[derive(Clone, Copy)]
enum RequestBody {
    Nothing,
    Json(&'static str),
    /// A file of this many bytes, with a Content-Length.
    File(u64),
    /// A file of this many bytes, without a Content-Length, so that the gateway spools it.
    Chunks(u64),
}

impl RandomRequest {
    fn at_random() -> Self {
        let (account, dialect) = ACCOUNTS[random_range(0..ACCOUNTS.len())];
        let size = SIZES[random_range(0..SIZES.len())];
        let file = format!("files/{size}");
        let (name, method, path, body) = match random_range(0..12) {
            0 => ("account", Method::GET, String::new(), RequestBody::Nothing),
            1 | 2 => ("file", Method::GET, file, RequestBody::Nothing),
            3 | 4 => ("listing", Method::GET, "folders/root/items".to_owned(), RequestBody::Nothing),
            5 => ("rename", Method::PATCH, file, RequestBody::Json(r#"{"name": "other.bin"}"#)),
            6 => ("delete", Method::DELETE, file, RequestBody::Nothing),
            7 => ("new folder", Method::POST, "folders".to_owned(), RequestBody::Json(r#"{"name": "bench"}"#)),
            8 | 9 => ("upload", Method::POST, "files?name=bench.bin".to_owned(), RequestBody::File(size)),
            10 => ("upload, spooled", Method::POST, "files?name=bench.bin".to_owned(), RequestBody::Chunks(size)),
            _ if dialect == Dialect::Openload => {
                ("ticket", Method::POST, "upload-tickets".to_owned(), RequestBody::Json("{}"))
            }
            _ => ("download", Method::GET, format!("{file}/content"), RequestBody::Nothing),
        };
        let path = format!("/v1/accounts/{account}/{path}");
        Self { name, method, path: path.trim_end_matches('/').to_owned(), body }
    }

    /// Sends the request, and reads the answer to its end.
    async fn send(&self, address: SocketAddr) -> Result<String, Failure> {
        let target = Target { address, path: self.path.clone(), kind: Kind::Plain };
        let request = transfer::request(&target, self.method.clone()).header(CACHE_CONTROL, "no-cache");
        let request = self.body.of(request).map_err(Failure::of("no request"))?;
        let response = transfer::send(&target, request).await?;
        let status = response.status();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(Failure::of("the answer ended early"))?;
        }
        Ok(status.as_u16().to_string())
    }
}

impl RequestBody {
    fn of(self, request: hyper::http::request::Builder) -> hyper::http::Result<Request<Body>> {
        match self {
            Self::Nothing => request.body(Empty::new().map_err(Into::into).boxed_unsync()),
            Self::Json(text) => request
                .header(CONTENT_TYPE, "application/json")
                .header(CONTENT_LENGTH, text.len())
                .body(Full::new(Bytes::from_static(text.as_bytes())).map_err(Into::into).boxed_unsync()),
            Self::File(size) => {
                let request = request.header(CONTENT_TYPE, "video/mp4").header(CONTENT_LENGTH, size);
                request.body(Content::new(size).map_err(Into::into).boxed_unsync())
            }
            Self::Chunks(size) => request.header(CONTENT_TYPE, "video/mp4").body(chunks(size)),
        }
    }
}

/// Returns the bytes of a file without a declared length.
fn chunks(size: u64) -> Body {
    let mut left = size;
    let next = std::iter::from_fn(move || {
        let piece = (left > 0).then(|| content::piece(left))?;
        left -= piece.len() as u64;
        Some(Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Frame::data(piece)))
    });
    http_body_util::StreamBody::new(futures_util::stream::iter(next)).boxed_unsync()
}
