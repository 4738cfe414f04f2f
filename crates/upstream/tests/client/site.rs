//! A simulated site with one fixed answer. It records the bytes of the requests as they are on the wire.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polyhost_domain::{Origin, Result};
use polyhost_state::State;
use polyhost_upstream::{Call, CallKind, Client, Reply, SecretUrl, Settings, Shared};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// A listening site, and the bytes that it has received so far.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// The bytes that the client has sent on one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: bool,
}

/// The site's answers, and the event that triggers each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Once, when the head of the first request has arrived.
    ToTheHead(&'static [u8]),
    /// Each time the head of a request has arrived.
    ToEveryHead(&'static [u8]),
    /// Once, when the head of a request has arrived; then the site closes the connection.
    AndHangUp(&'static [u8]),
    /// Once the received bytes end with this text.
    After(&'static str, &'static [u8]),
    /// Never.
    Silence,
}

impl Site {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let place = {
                    let mut record = record.lock().unwrap();
                    record.push(Seen::default());
                    record.len() - 1
                };
                tokio::spawn(serve(stream, answer, Arc::clone(&record), place));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn base_url(&self) -> Url {
        format!("http://{}/v1", self.address).parse().unwrap()
    }

    pub(crate) fn client(&self, settings: Settings) -> Client {
        client(&self.base_url(), settings)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the received bytes fulfil the condition. It has no timeout; the test runner stops a hanging test.
    pub(crate) async fn until(&self, condition: impl Fn(&[Seen]) -> bool) {
        while !condition(&self.seen()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, record: Arc<Mutex<Vec<Seen>>>, place: usize) {
    let mut buffer = vec![0; 64 * 1024];
    let mut answered = 0;
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        let said = {
            let mut record = record.lock().unwrap();
            let seen = &mut record[place];
            if count == 0 {
                seen.ended = true;
                return;
            }
            seen.bytes.extend_from_slice(&buffer[..count]);
            match answer {
                Answer::ToEveryHead(said) if count_of(&seen.bytes, HEAD_END) > answered => Some(said),
                Answer::ToTheHead(said) | Answer::AndHangUp(said)
                    if answered == 0 && count_of(&seen.bytes, HEAD_END) > 0 =>
                {
                    Some(said)
                }
                Answer::After(end, said) if answered == 0 && seen.bytes.ends_with(end.as_bytes()) => Some(said),
                _ => None,
            }
        };
        if let Some(said) = said {
            answered += 1;
            let _ = stream.write_all(said).await;
            if matches!(answer, Answer::AndHangUp(_)) {
                return;
            }
        }
    }
}

/// Returns the number of times that a part occurs in the bytes.
pub(crate) fn count_of(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).filter(|window| *window == part).count()
}

pub(crate) fn client(base_url: &Url, settings: Settings) -> Client {
    let origin = Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() };
    Client::new(origin, base_url, settings, &shared()).unwrap()
}

/// Returns the shared resources for the clients of one test, separate from those of other tests.
pub(crate) fn shared() -> Shared {
    Shared::new(&State::in_memory())
}

/// Returns an answer as it is.
pub(crate) fn whole(reply: Reply) -> Result<Reply> {
    Ok(reply)
}

/// Returns a request with a secret in its query.
pub(crate) fn call(base_url: &Url, kind: CallKind) -> Call {
    let url = SecretUrl::endpoint(base_url, "file/info").with_secret("key", &SecretString::from("hunter2"));
    Call::get("file/info", kind, url)
}

/// Returns settings with short timeouts, and without retries.
pub(crate) fn hasty() -> Settings {
    let short = Duration::from_millis(500);
    Settings { attempt_timeout: short, idle_timeout: short, upload_answer_timeout: short, ..once() }
}

/// Returns settings without retries.
pub(crate) fn once() -> Settings {
    Settings { retries: 0, ..Settings::default() }
}
