//! Tests of many unauthenticated callers at once: clients with keys are still served.

use std::time::Duration;

use polyhost_end_to_end::wire;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::stalled::{http_2, request};
use crate::world::{KEY, World};

const TIME_LIMIT: Duration = Duration::from_secs(20);
/// A large page that needs no key.
const PAGE: &str = "/openapi.json";

#[tokio::test]
async fn client_is_served_beside_stalled_keyless_streams() {
    let lines = "max_connections = 40\nmax_connections_per_address = 10";
    let world = World::configured(|configuration| configuration.server(lines)).await;
    let address = world.gateway.address();
    let (mut held, mut statuses) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let (requests, connection) = http_2(address, 0).await;
        let mut requests = requests.ready().await.unwrap();
        let (answer, _) = requests.send_request(request("GET", PAGE, None), true).unwrap();
        let answer = timeout(TIME_LIMIT, answer).await.unwrap().unwrap();
        statuses.push(answer.status().as_u16());
        held.push((requests, connection, answer));
        // Each request uses a new connection.
        let served = wire::request(address, "GET", "/v1/me", KEY).await.expect("an answer");
        assert_eq!(served.status, 200);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 10, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn client_is_served_beside_silent_keyless_connections() {
    let world = World::configured(|configuration| configuration.server("max_connections = 20")).await;
    let address = world.gateway.address();
    let mut silent = Vec::new();
    for _ in 0..60 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        drop(stream.write_all(b"GET / HTTP/1.1\r\nX: ").await);
        silent.push(stream);
        let served = wire::request(address, "GET", "/v1/me", KEY).await.expect("an answer");
        assert_eq!(served.status, 200);
    }
}

#[tokio::test]
async fn keyless_caller_over_its_address_limit_gets_retry_after() {
    let world = World::configured(|configuration| configuration.server("max_connections_per_address = 1")).await;
    let address = world.gateway.address();
    let first = HeldConnection::hold(address).await;
    let open = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = wire::send(address, open).await.expect("an answer");
    let problem = answer.problem(503, "overloaded");
    assert_eq!((problem["retryable"].as_bool(), answer.header("retry-after")), (Some(true), Some("1")));
    assert_eq!(answer.header("connection"), Some("close"));
    // Connections of a client with a key do not count, regardless of their number.
    for _ in 0..3 {
        wire::request(address, "GET", "/v1/me", KEY).await.unwrap().status(200);
    }
    drop(first);
    let served = async { while wire::send(address, b"GET /livez HTTP/1.0\r\n\r\n").await.unwrap().status != 200 {} };
    timeout(TIME_LIMIT, served).await.expect("the closed connection no longer counts");
}

/// A connection without a key that stays open.
struct HeldConnection(#[expect(dead_code, reason = "holds the connection")] TcpStream);

impl HeldConnection {
    async fn hold(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut buffer = [0; 1024];
        tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await.unwrap();
        Self(stream)
    }
}
