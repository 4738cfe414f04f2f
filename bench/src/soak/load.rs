//! The load: callers who each do one thing after the other, whatever comes of it.

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

use super::gateway::{ACCOUNTS, Dialect, Soaked};
use crate::content::{self, Content};
use crate::failure::Failure;
use crate::transfer::{self, Kind, Target};

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many callers go away in the middle of what they asked for.
const LEAVING: f64 = 0.05;
/// When they have gone, at the latest.
const LEAVES: Duration = Duration::from_millis(500);
/// The longest pause between two requests of a caller. Without one most would be spent on circuits that are open.
const PAUSE: Duration = Duration::from_millis(80);
/// The sizes of the files: from what goes in one piece to what takes many.
const SIZES: [u64; 4] = [1, 4_096, 100_000, 3_000_000];

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// What became of requests, by what was asked and by the status of the answer, or why there is none.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<(&'static str, String), u64>);

impl Outcomes {
    fn count(&mut self, asked: &'static str, outcome: String) {
        *self.0.entry((asked, outcome)).or_default() += 1;
    }

    pub(super) fn add(&mut self, others: Self) {
        for (key, count) in others.0 {
            *self.0.entry(key).or_default() += count;
        }
    }

    /// By what was asked: each outcome, and how often there was.
    pub(super) fn by_question(&self) -> BTreeMap<&'static str, BTreeMap<&str, u64>> {
        let mut all: BTreeMap<&'static str, BTreeMap<&str, u64>> = BTreeMap::new();
        for ((asked, outcome), count) in &self.0 {
            all.entry(asked).or_default().insert(outcome, *count);
        }
        all
    }
}

/// Has so many callers ask for so long, and waits for the last answer.
pub(super) async fn bout(gateway: &Soaked, callers: usize, time: Duration) -> Outcomes {
    let (address, end) = (gateway.address(), Instant::now() + time);
    let mut all = JoinSet::new();
    for _ in 0..callers {
        all.spawn(async move {
            let mut outcomes = Outcomes::default();
            while Instant::now() < end {
                let (asked, outcome) = ask(address).await;
                outcomes.count(asked, outcome);
                sleep(random_range(Duration::ZERO..PAUSE)).await;
            }
            outcomes
        });
    }
    let mut outcomes = Outcomes::default();
    while let Some(caller) = all.join_next().await {
        match caller {
            Ok(those) => outcomes.add(those),
            Err(_) => outcomes.count("caller", "broke off".to_owned()),
        }
    }
    outcomes
}

async fn ask(address: SocketAddr) -> (&'static str, String) {
    let question = Question::at_random();
    let leaves = random_bool(LEAVING);
    let limit = if leaves { random_range(Duration::ZERO..LEAVES) } else { PATIENCE };
    let outcome = match timeout(limit, question.put(address)).await {
        Ok(Ok(status)) => status,
        Ok(Err(_)) => "broken off".to_owned(),
        Err(_) if leaves => "left".to_owned(),
        Err(_) => "never".to_owned(),
    };
    (question.name, outcome)
}

/// One request.
struct Question {
    name: &'static str,
    method: Method,
    path: String,
    body: Sent,
}

/// The body of a request.
#[derive(Clone, Copy)]
enum Sent {
    Nothing,
    Json(&'static str),
    /// A file of so many bytes, whose number is told.
    File(u64),
    /// One whose number is not, so that it is spooled.
    Chunks(u64),
}

impl Question {
    fn at_random() -> Self {
        let (account, dialect) = ACCOUNTS[random_range(0..ACCOUNTS.len())];
        let size = SIZES[random_range(0..SIZES.len())];
        let file = format!("files/{size}");
        let (name, method, path, body) = match random_range(0..12) {
            0 => ("account", Method::GET, String::new(), Sent::Nothing),
            1 | 2 => ("file", Method::GET, file, Sent::Nothing),
            3 | 4 => ("listing", Method::GET, "folders/root/items".to_owned(), Sent::Nothing),
            5 => ("rename", Method::PATCH, file, Sent::Json(r#"{"name": "other.bin"}"#)),
            6 => ("delete", Method::DELETE, file, Sent::Nothing),
            7 => ("new folder", Method::POST, "folders".to_owned(), Sent::Json(r#"{"name": "bench"}"#)),
            8 | 9 => ("upload", Method::POST, "files?name=bench.bin".to_owned(), Sent::File(size)),
            10 => ("upload, spooled", Method::POST, "files?name=bench.bin".to_owned(), Sent::Chunks(size)),
            _ if dialect == Dialect::Openload => {
                ("ticket", Method::POST, "upload-tickets".to_owned(), Sent::Json("{}"))
            }
            _ => ("download", Method::GET, format!("{file}/content"), Sent::Nothing),
        };
        let path = format!("/v1/accounts/{account}/{path}");
        Self { name, method, path: path.trim_end_matches('/').to_owned(), body }
    }

    /// Sends it, and reads the answer to its end.
    async fn put(&self, address: SocketAddr) -> Result<String, Failure> {
        let target = Target { address, path: self.path.clone(), kind: Kind::Plain };
        let request = transfer::request(&target, self.method.clone()).header(CACHE_CONTROL, "no-cache");
        let request = self.body.of(request).map_err(Failure::of("no request"))?;
        let response = transfer::send(&target, request).await?;
        let status = response.status();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(Failure::of("the answer broke off"))?;
        }
        Ok(status.as_u16().to_string())
    }
}

impl Sent {
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

/// The same bytes as of any file, without a word on how many there are.
fn chunks(size: u64) -> Body {
    let mut left = size;
    let next = std::iter::from_fn(move || {
        let piece = (left > 0).then(|| content::piece(left))?;
        left -= piece.len() as u64;
        Some(Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Frame::data(piece)))
    });
    http_body_util::StreamBody::new(futures_util::stream::iter(next)).boxed_unsync()
}
