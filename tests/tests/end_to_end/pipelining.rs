//! Tests of pipelined requests and idle connections: the position of a request on its connection does not change its
//! answer.

use std::time::Duration;

use polyhost_end_to_end::{Answer, wire};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::world::{KEY, World};

/// Returns a valid request that keeps its connection open.
fn good(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /v1/accounts/main/folders HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Header lines that must be refused, each with the expected status.
const BAD: [(&str, u16); 20] = [
    ("Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n", 400),
    ("Host: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n", 400),
    ("Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n", 400),
    ("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400),
    ("Host: a\nContent-Length: 2\r\n", 400),
    ("Host: a\r\nX: b\r\n folded\r\n", 400),
    ("Host: a\r\nContent-Length : 2\r\n", 400),
    ("Host: a\r\nContent-Length: 2x\r\n", 400),
    ("Host: a\r\nContent-Length: 18446744073709551615\r\n", 413),
    ("Host: a b\r\n", 400),
    ("Host: a/b\r\n", 400),
    ("Host: a@b\r\n", 400),
    ("Host: a:99999\r\n", 400),
    ("Host:\r\n", 400),
    ("", 400),
    ("Host: a\r\nHost: a\r\n", 400),
    ("Host: a\r\nOrigin: http://a\r\nOrigin: http://b\r\n", 400),
    ("Host: a\r\nRange: bytes=0-1\r\nRange: bytes=0-2\r\n", 400),
];

fn bad(lines: &str) -> String {
    format!("POST /v1/me HTTP/1.1\r\n{lines}Connection: close\r\n\r\n{{}}")
}

fn code(answer: &Answer) -> (u16, String) {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()));
    assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
    (answer.status, problem["code"].to_string())
}

#[tokio::test]
async fn bad_head_gets_the_same_answer_at_every_position() {
    let world = World::start().await;
    let address = world.gateway.address();
    for (lines, status) in BAD {
        let alone = wire::send(address, bad(lines).as_bytes()).await.unwrap_or_else(|| panic!("no answer: {lines:?}"));
        assert_eq!(alone.status, status, "{lines:?}");
        for before in ["{}", &format!("{{\"x\": \"{}\"}}", "y".repeat(20_000))] {
            let both = format!("{}{}{}", good(before), good(before), bad(lines));
            let answers = wire::answers(address, both.as_bytes()).await;
            assert_eq!(answers.len(), 3, "{lines:?}");
            assert_eq!(code(&answers[2]), code(&alone), "{lines:?}");
        }
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn host_with_an_invalid_byte_is_refused() {
    let world = World::start().await;
    let request = b"GET /livez HTTP/1.1\r\nHost: a\x80\r\nConnection: close\r\n\r\n";
    let answer = wire::send(world.gateway.address(), request).await.unwrap();
    assert_eq!(code(&answer).0, 400);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let world = World::start().await;
    let chunked = format!(
        "POST /v1/accounts/main/folders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n4;a=b\r\n{{\"na\r\n9\r\nme\": \"b\"}}\r\n0\r\nTrailer: x\r\n\r\n"
    );
    let last = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let all = format!("\r\n{}{chunked}{}{chunked}{last}", good("{\"name\": \"a\"}"), good("{}"));
    let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
    for piece in all.as_bytes().chunks(61) {
        stream.write_all(piece).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    let answers = wire::read_all(&mut stream, all.as_bytes()).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201, 201, 400, 201, 200]);
}

#[tokio::test]
async fn half_closed_caller_gets_its_answer() {
    let world = World::start().await;
    world.inject("file/createfolder", polyhost_sandbox::Fault::Delay { millis: 300 });
    for request in [good("{\"name\": \"a\"}"), good("{\"name\": \"a\"}").repeat(2)] {
        let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answers = wire::read_all(&mut stream, request.as_bytes()).await;
        assert_eq!(answers.len(), request.matches("POST").count());
        assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    }
}

#[tokio::test]
async fn half_closed_caller_gets_a_slow_answer() {
    let timeouts = "attempt_timeout = \"30s\"\ndeadline = \"40s\"";
    let world = World::configured(|configuration| configuration.upstream(timeouts)).await;
    world.inject("file/createfolder", polyhost_sandbox::Fault::Delay { millis: 11_000 });
    let request = good("{\"name\": \"a\"}");
    let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(60), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn idle_connection_outlives_the_header_timeout() {
    let timeouts = "header_timeout = \"300ms\"\nkeep_alive_timeout = \"20s\"";
    let world = World::configured(|configuration| configuration.server(timeouts)).await;
    let request = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
    for _ in 0..2 {
        stream.write_all(request).await.unwrap();
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..count].starts_with(b"HTTP/1.1 200 "), "the connection is still open");
        sleep(Duration::from_secs(1)).await;
    }
}
