//! Tests of callers that stall at each stage of a request, on HTTP/1 and HTTP/2, with a key and without. The connection
//! ends within the timeout of that stage, and nothing of it is left open.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use polyhost_end_to_end::Gateway;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::world::{KEY, World, at};

/// The time limit of a test's wait. It is longer than all timeouts of a stalled connection together, on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// A page that needs no key, and is larger than the socket buffers of a caller with a small receive buffer.
const LARGE: &str = "/docs/swagger-ui-bundle.js";

/// The point at which a caller stalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In the head of its request.
    Head,
    /// In the body of its request.
    Body,
    /// After the first bytes of the answer.
    Answer,
    /// Before the first byte of the answer: the flow-control window is 0 from the start.
    Window,
}

const STAGES: [Stage; 4] = [Stage::Head, Stage::Body, Stage::Answer, Stage::Window];

/// Starts a gateway with short timeouts.
async fn world() -> World {
    let lines = "header_timeout = \"500ms\"\nkeep_alive_timeout = \"500ms\"\nidle_timeout = \"700ms\"\nrequest_timeout = \"1s\"";
    World::configured(|configuration| configuration.server(lines)).await
}

/// Returns the number of open file descriptors of the process.
pub(crate) fn descriptors(gateway: &mut Gateway) -> usize {
    let folder = format!("/proc/{}/fd", gateway.program().id());
    std::fs::read_dir(folder).expect("the process runs").count()
}

/// Waits until the process has at most `most` open descriptors.
pub(crate) async fn wait_for_descriptors(gateway: &mut Gateway, most: usize) {
    let rest = async {
        while descriptors(gateway) > most {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(TIME_LIMIT, rest).await.expect("descriptors are still open");
}

/// Opens a connection with a small receive buffer.
pub(crate) async fn small_buffer_connection(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

/// Returns a head without the empty line at its end.
fn head(stage: Stage, key: Option<&str>) -> String {
    let line = match stage {
        Stage::Body => format!("POST {}", at("folders")),
        _ => format!("GET {LARGE}"),
    };
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    format!("{line} HTTP/1.1\r\nHost: a\r\n{key}Content-Type: application/json\r\n")
}

/// Stalls on an HTTP/1 connection, and waits for its end.
async fn stall_http_1(address: &str, stage: Stage, key: Option<&str>) {
    let mut stream = small_buffer_connection(address).await;
    let rest = match stage {
        Stage::Head => "X-Slow: ",
        Stage::Body => "Content-Length: 1000\r\n\r\n{\"name\": ",
        Stage::Answer | Stage::Window => "\r\n",
    };
    stream.write_all(format!("{}{rest}", head(stage, key)).as_bytes()).await.unwrap();
    if stage == Stage::Answer {
        stream.read_exact(&mut [0; 100]).await.unwrap();
    }
    if matches!(stage, Stage::Head | Stage::Body) {
        drop(stream.read_to_end(&mut Vec::new()).await);
        return;
    }
    // The connection must end although nothing is read.
    while stream.write_all(b"\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Opens an HTTP/2 connection, and returns it with the task that answers its pings until its end.
pub(crate) async fn http_2(address: &str, window: u32) -> (SendRequest<Bytes>, JoinHandle<()>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    let (requests, connection) = builder.initial_window_size(window).handshake(stream).await.unwrap();
    (requests, tokio::spawn(async move { drop(connection.await) }))
}

pub(crate) fn request(method: &str, path: &str, key: Option<&str>) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("http://gateway{path}"));
    let request = key.into_iter().fold(request, |request, key| request.header("x-api-key", key));
    request.header("content-type", "application/json").body(()).unwrap()
}

/// Stalls on an HTTP/2 connection, and waits for its end.
async fn stall_http_2(address: &str, stage: Stage, key: Option<&str>) {
    if stage == Stage::Head {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The preface, empty settings, and a HEADERS frame without the flag END_HEADERS.
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
        stream.write_all(preface).await.unwrap();
        stream.write_all(b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82").await.unwrap();
        drop(stream.read_to_end(&mut Vec::new()).await);
        return;
    }
    let window = if stage == Stage::Window { 0 } else { 20_000 };
    let (requests, connection) = http_2(address, window).await;
    let mut requests = requests.ready().await.unwrap();
    let (method, path) = if stage == Stage::Body { ("POST", at("folders")) } else { ("GET", LARGE.to_owned()) };
    let (answer, mut body) = requests.send_request(request(method, &path, key), stage != Stage::Body).unwrap();
    if stage == Stage::Body {
        body.send_data(Bytes::from_static(b"{\"name\": "), false).unwrap();
    }
    let answer = answer.await;
    if stage == Stage::Answer {
        answer.unwrap().into_body().data().await.unwrap().unwrap();
    }
    // The stream ends first. Then the connection is idle, and ends too.
    connection.await.unwrap();
}

#[tokio::test]
async fn stalled_caller_is_cut_off_at_every_stage() {
    let mut world = world().await;
    world.caller.get("/v1/me").await.status(200);
    wait_for_descriptors(&mut world.gateway, usize::MAX).await;
    let before = descriptors(&mut world.gateway);
    let rounds: usize = std::env::var("POLYHOST_STALLED_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for _ in 0..rounds {
        let address = world.gateway.address();
        let mut stalled = Vec::new();
        for stage in STAGES {
            for key in [None, Some(KEY)] {
                let address = address.to_owned();
                stalled.push((format!("HTTP/1 {stage:?} {key:?}"), {
                    let address = address.clone();
                    tokio::spawn(async move { stall_http_1(&address, stage, key).await })
                }));
                stalled.push((
                    format!("HTTP/2 {stage:?} {key:?}"),
                    tokio::spawn(async move { stall_http_2(&address, stage, key).await }),
                ));
            }
        }
        for (what, stalled) in stalled {
            timeout(TIME_LIMIT, stalled).await.unwrap_or_else(|_| panic!("still open: {what}")).unwrap();
        }
        // Other callers are served meanwhile and afterwards.
        world.caller.get("/v1/me").await.status(200);
    }
    wait_for_descriptors(&mut world.gateway, before + 1).await;
}

#[tokio::test]
async fn stalled_stream_does_not_affect_others_of_its_connection() {
    let lines = "keep_alive_timeout = \"60s\"\nidle_timeout = \"700ms\"";
    let world = World::configured(|configuration| configuration.server(lines)).await;
    let (requests, connection) = http_2(world.gateway.address(), 0).await;
    let mut requests = requests.ready().await.unwrap();
    let (stalled, _) = requests.send_request(request("GET", LARGE, None), true).unwrap();
    let mut body = stalled.await.unwrap().into_body();
    let reset = timeout(TIME_LIMIT, body.data()).await.expect("the stream ends");
    assert!(reset.is_none_or(|piece| piece.is_err()), "the stream is reset");
    // A stream without a response body needs no window.
    let mut requests = requests.ready().await.unwrap();
    let (other, _) = requests.send_request(request("HEAD", "/livez", None), true).unwrap();
    assert_eq!(other.await.unwrap().status().as_u16(), 200);
    connection.abort();
}
