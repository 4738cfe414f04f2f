//! The load: threads with blocking connections, which send prepared requests and read whole answers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The number of threads that send requests.
pub(super) const THREADS: u64 = 16;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The time between starting the threads and the first intended time.
const HEAD_START: Duration = Duration::from_millis(20);
const BUFFER: usize = 128 * 1024;
const MAX_HEADERS: usize = 64;

/// The number of the next request for an object that no request has asked for.
static FRESH: AtomicU64 = AtomicU64::new(1_000_000);

/// The requests of a row at one candidate.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    before: String,
    numbers: Numbers,
    after: String,
    /// The status of a correct answer.
    status: u16,
}

/// The numbers in the paths of requests.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numbers {
    /// Every request has the same path.
    None,
    /// Every request has another number.
    Fresh,
    /// The numbers from the first, of this count, and again from the first.
    Cycle { first: u64, count: u64 },
}

/// An answer in a buffer.
pub(super) struct Answer {
    pub(super) status: u16,
    head: usize,
    end: usize,
}

/// A connection that stays open.
pub(super) struct Connection(TcpStream);

/// Returns a number that no request has had.
pub(super) fn fresh() -> u64 {
    FRESH.fetch_add(1, Ordering::Relaxed)
}

impl Requests {
    /// Returns GET requests for a path. `{}` in the path stands for the number.
    pub(super) fn get(path: &str, numbers: Numbers) -> Self {
        let (before, after) = path.split_once("{}").unwrap_or((path, ""));
        let after = format!("{after} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {}\r\n\r\n", super::polyhost::KEY);
        Self { before: format!("GET {before}"), numbers, after, status: 200 }
    }

    /// Returns the requests with `If-None-Match`.
    pub(super) fn if_none_match(mut self, etag: &str) -> Self {
        let head = self.after.trim_end().to_owned();
        self.after = format!("{head}\r\nIf-None-Match: {etag}\r\n\r\n");
        self.status = 304;
        self
    }

    /// Returns the next request.
    pub(super) fn next(&self) -> String {
        self.numbered(match self.numbers {
            Numbers::None => 0,
            Numbers::Fresh => fresh(),
            Numbers::Cycle { first, count } => first + fresh() % count,
        })
    }

    /// Returns the request for one number.
    pub(super) fn numbered(&self, number: u64) -> String {
        match self.numbers {
            Numbers::None => format!("{}{}", self.before, self.after),
            Numbers::Fresh | Numbers::Cycle { .. } => format!("{}{number}{}", self.before, self.after),
        }
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Fails if the server does not accept.
    pub(super) fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).map_err(Failure::of(format_args!("cannot connect to {address}")))?;
        let set = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(TIMEOUT)));
        set.map_err(Failure::of("cannot connect"))?;
        Ok(Self(stream))
    }

    /// Sends a request and reads the answer into a buffer, from its beginning.
    ///
    /// # Errors
    /// Fails if the connection breaks or the answer has no length.
    pub(super) fn exchange(&mut self, request: &str, buffer: &mut Vec<u8>) -> Result<Answer, Failure> {
        self.0.write_all(request.as_bytes()).map_err(Failure::of("cannot send a request"))?;
        buffer.resize(buffer.len().max(BUFFER), 0);
        let (mut filled, mut answer) = (0, None);
        loop {
            let read = self.0.read(&mut buffer[filled..]).map_err(Failure::of("cannot read an answer"))?;
            if read == 0 {
                return Err(Failure::new("the server has closed the connection"));
            }
            filled += read;
            if answer.is_none() {
                answer = Answer::parse(&buffer[..filled])?;
            }
            match answer {
                Some(answer) if answer.end <= filled => return Ok(answer),
                Some(ref answer) => buffer.resize(buffer.len().max(answer.end), 0),
                None => {}
            }
        }
    }

    /// Sends the next of the requests and reads the answer.
    ///
    /// # Errors
    /// Fails if the connection breaks or the status is not the expected one.
    pub(super) fn send(&mut self, requests: &Requests, buffer: &mut Vec<u8>) -> Result<Answer, Failure> {
        let request = requests.next();
        let answer = self.exchange(&request, buffer)?;
        if answer.status == requests.status {
            return Ok(answer);
        }
        let (line, body) = (request.lines().next().unwrap_or_default(), String::from_utf8_lossy(answer.body(buffer)));
        Err(Failure::new(format_args!("{line}: {} {body}", answer.status)))
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(bytes).map_err(Failure::of("an answer is no HTTP"))?;
        let httparse::Status::Complete(head) = parsed else { return Ok(None) };
        let status = response.code.unwrap_or_default();
        let length = if status == 304 {
            0
        } else {
            let text = value(response.headers, "content-length");
            let length = text.and_then(|text| text.parse::<usize>().ok());
            length.ok_or_else(|| Failure::new(format_args!("an answer with status {status} has no length")))?
        };
        Ok(Some(Self { status, head, end: head + length }))
    }

    pub(super) fn body<'a>(&self, buffer: &'a [u8]) -> &'a [u8] {
        &buffer[self.head..self.end]
    }

    /// Returns the value of a header field.
    pub(super) fn field(&self, buffer: &[u8], name: &str) -> Option<String> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut fields);
        response.parse(&buffer[..self.head]).ok()?;
        value(response.headers, name).map(str::to_owned)
    }
}

fn value<'a>(fields: &[httparse::Header<'a>], name: &str) -> Option<&'a str> {
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(field.value).ok()
}

/// Open connections, in a group for each thread that uses them.
pub(super) type Groups = Vec<Vec<Connection>>;

/// Opens connections.
///
/// # Errors
/// Fails if the server does not accept.
pub(super) async fn connect(address: SocketAddr, count: u64) -> Result<Groups, Failure> {
    let open = move || {
        let mut groups: Groups = (0..count.min(THREADS)).map(|_| Vec::new()).collect();
        for number in 0..count {
            groups[(number % THREADS) as usize].push(Connection::open(address)?);
        }
        Ok(groups)
    };
    blocking(open).await
}

/// Sends a number of requests, or a few more, over open connections, which take turns. Returns the connections.
///
/// # Errors
/// Fails if a request fails.
pub(super) async fn send(groups: Groups, requests: &Requests, count: u64) -> Result<Groups, Failure> {
    let requests = requests.clone();
    let share = count.div_ceil(groups.len() as u64);
    let send = move || {
        on_threads(groups, |mut group| {
            let mut buffer = Vec::new();
            let length = group.len();
            for number in 0..share {
                group[number as usize % length].send(&requests, &mut buffer)?;
            }
            Ok(group)
        })
    };
    blocking(send).await
}

/// Sends requests at times that are fixed in advance, over one connection of each group. Returns the sorted latencies
/// in microseconds, counted from the intended times. So an answer that delays later requests counts for each of them.
///
/// # Errors
/// Fails if a request fails.
pub(super) async fn send_at(
    groups: Groups,
    requests: &Requests,
    interval: Duration,
    count: u32,
) -> Result<Vec<f64>, Failure> {
    let requests = requests.clone();
    let send = move || {
        let begin = Instant::now() + HEAD_START;
        let step = groups.len();
        let numbered: Vec<_> = (0_u32..).zip(groups.into_iter().flat_map(|group| group.into_iter().next())).collect();
        on_threads(numbered, |(first, mut connection)| {
            let (mut buffer, mut latencies) = (Vec::new(), Vec::new());
            for number in (first..count).step_by(step) {
                let intended = begin + interval * number;
                std::thread::sleep(intended.saturating_duration_since(Instant::now()));
                connection.send(&requests, &mut buffer)?;
                latencies.push(intended.elapsed().as_secs_f64() * 1e6);
            }
            Ok(latencies)
        })
    };
    let mut latencies = blocking(send).await?.concat();
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

/// Runs some work for each item, each on a thread of its own.
fn on_threads<I: Send, O: Send>(
    items: Vec<I>,
    work: impl Fn(I) -> Result<O, Failure> + Sync,
) -> Result<Vec<O>, Failure> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| Failure::new("a caller panicked"))?);
        joined.collect()
    })
}

/// Runs blocking work. It ends early when the programs that it calls are ended.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::of("a caller ended early"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_its_number_and_condition() {
        let requests = Requests::get("/a/{}/b", Numbers::Fresh).if_none_match("\"x\"");
        let text = requests.numbered(7);
        assert!(text.starts_with("GET /a/7/b HTTP/1.1\r\n"), "{text}");
        assert!(text.ends_with("\r\nIf-None-Match: \"x\"\r\n\r\n"), "{text}");
        assert_eq!(requests.status, 304);
        assert!(Requests::get("/a", Numbers::None).next().starts_with("GET /a HTTP/1.1\r\n"));
    }

    #[test]
    fn answer_is_parsed_once_its_head_is_complete() {
        let text = b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 3\r\n\r\nabc";
        assert!(Answer::parse(&text[..30]).unwrap().is_none());
        let answer = Answer::parse(text).unwrap().unwrap();
        assert_eq!((answer.status, answer.body(text)), (200, &b"abc"[..]));
        assert_eq!(answer.field(text, "etag").as_deref(), Some("\"x\""));
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
