//! Tests of many slow callers: the gateway cuts them off, and other callers are not affected.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use polyhost_end_to_end::wire;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{KEY, World, at};

/// The number of slow callers.
const MANY: usize = 5000;
/// The longest time for a request of another caller meanwhile.
const PROMPT: Duration = Duration::from_secs(2);

/// Raises the limit of open files of this process to the maximum, and returns it.
fn sockets() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// Opens a connection and sends a part of a head.
async fn slow_connection(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the gateway accepts");
    stream.write_all(b"GET /v1/me HTTP/1.1\r\nHost: a\r\nX-Slow: ").await.unwrap();
    stream
}

/// Returns whether the gateway closes the connection, with an answer or without.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.is_ok()
}

#[tokio::test]
async fn five_thousand_slow_connections_do_not_delay_others() {
    // Fewer if the system allows fewer.
    let many = MANY.min(sockets().saturating_sub(200));
    let world = World::configured(|configuration| configuration.server("header_timeout = \"120s\"")).await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let address = world.gateway.address();
    let slow: Vec<TcpStream> =
        stream::iter(0..many).map(|_| slow_connection(address)).buffer_unordered(64).collect().await;
    assert_eq!(slow.len(), many);
    for number in 0..50 {
        let (began, name) = (Instant::now(), format!("{number}.mp4"));
        // Each round uses a new connection, which the gateway must accept besides all the others.
        let caller = world.gateway.caller(KEY);
        caller.get("/v1/me").await.status(200);
        caller.get(&at(&format!("files/{file}"))).await.status(200);
        caller.typed("POST", &at(&format!("files?name={name}")), "video/mp4", "hello").await.status(201);
        let took = began.elapsed();
        assert!(took < 3 * PROMPT, "three requests took {took:?} beside {many} slow connections");
    }
    drop(slow);
}

#[tokio::test]
async fn slow_or_silent_head_is_cut_off_in_time() {
    let timeouts = "header_timeout = \"300ms\"\nkeep_alive_timeout = \"400ms\"";
    let world = World::configured(|configuration| configuration.server(timeouts)).await;
    let address = world.gateway.address();
    let silent = TcpStream::connect(address).await.unwrap();
    let mut dripping = slow_connection(address).await;
    let (_, mut writes) = dripping.split();
    let began = Instant::now();
    // The gateway closes the connection although bytes keep arriving.
    while writes.write_all(b"x").await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "the connection is still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_closed(silent).await);
    // The same applies between two requests.
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(is_closed(idle).await);
    world.caller.get("/v1/me").await.status(200);
}

#[tokio::test]
async fn idle_http_2_connection_is_closed() {
    let world = World::configured(|configuration| configuration.server("header_timeout = \"300ms\"")).await;
    let http = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let answer = http.get(format!("http://{}/livez", world.gateway.address())).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    let mut idle = TcpStream::connect(world.gateway.address()).await.unwrap();
    idle.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    assert!(is_closed(idle).await);
}

#[tokio::test]
async fn connection_over_the_limit_gets_a_retryable_503() {
    let world = World::configured(|configuration| configuration.server("max_connections = 3")).await;
    let address = world.gateway.address();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(slow_connection(address).await);
    }
    let request = async || wire::request(address, "GET", "/v1/me", KEY).await.expect("an answer");
    // The gateway accepts the three connections one after another, so one may not be accepted yet.
    let refused = async {
        loop {
            let answer = request().await;
            if answer.status == 503 {
                return answer;
            }
        }
    };
    let refused = timeout(Duration::from_secs(10), refused).await.unwrap();
    let problem: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!((&problem["code"], &problem["retryable"]), (&Value::from("overloaded"), &Value::from(true)));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("x-request-id"), problem["request_id"].as_str());
    held.pop();
    let served = async { while request().await.status != 200 {} };
    timeout(Duration::from_secs(10), served).await.expect("a connection becomes available");
}
