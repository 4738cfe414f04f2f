//! Tests of the shutdown: signals, readiness, draining and exit codes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use polyhost_end_to_end::{Gateway, wire};
use polyhost_sandbox::Fault;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::stalled::{http_2, request};
use crate::world::{KEY, World, at, configuration, site};

async fn sent(world: &World, operation: &str) {
    let sent = async {
        while world.site.journal().of(operation).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sent).await.expect("the request reaches the site");
}

#[tokio::test]
async fn request_in_progress_is_finished_before_a_clean_exit() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    world.inject("file/delete", Fault::Delay { millis: 700 });
    let caller = world.caller.clone();
    let slow = tokio::spawn(async move { caller.delete(&at(&format!("files/{id}"))).await });
    sent(&world, "file/delete").await;
    let ended = world.gateway.stop().await;
    slow.await.unwrap().no_content();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(world.site.counts().files, 0);
}

#[tokio::test]
async fn readiness_ends_before_the_listener_closes() {
    let mut world = World::configured(|configuration| configuration.server("shutdown_delay = \"3s\"")).await;
    let keyless = world.gateway.keyless();
    keyless.get("/readyz").await.status(200);
    world.gateway.program().terminate();
    world.gateway.program().logged(|log| log.contains("shutting down").then_some(())).await;
    let answer = keyless.get("/readyz").await;
    answer.problem(503, "draining");
    // The process is alive, and still serves clients that have not noticed the shutdown.
    keyless.get("/livez").await.status(200);
    world.caller.get("/v1/me").await.status(200);
    let ended = world.gateway.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

/// Starts the shutdown of a gateway that accepts connections for a long time afterwards.
async fn begin_shutdown(world: &mut World) {
    world.gateway.program().terminate();
    world.gateway.program().logged(|log| log.contains("shutting down").then_some(())).await;
}

#[tokio::test]
async fn answers_during_the_shutdown_delay_close_their_connections() {
    let mut world = World::configured(|configuration| configuration.server("shutdown_delay = \"3s\"")).await;
    let ask = format!("GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    let mut kept = TcpStream::connect(world.gateway.address()).await.unwrap();
    kept.write_all(ask.as_bytes()).await.unwrap();
    kept.readable().await.unwrap();
    begin_shutdown(&mut world).await;
    // The connection from before is still open, and its next answer is its last.
    kept.write_all(ask.as_bytes()).await.unwrap();
    let answers = wire::read_all(&mut kept, ask.repeat(2).as_bytes()).await;
    let connections: Vec<_> = answers.iter().map(|answer| (answer.status, answer.header("connection"))).collect();
    assert_eq!(connections, [(200, None), (200, Some("close"))]);
    // The same holds for a new connection, also for a request that keeps it alive.
    let answer = wire::send(world.gateway.address(), ask.as_bytes()).await.expect("an answer");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
}

#[tokio::test]
async fn connection_of_before_the_close_gets_its_first_answer() {
    let mut world = World::configured(|configuration| configuration.server("shutdown_delay = \"2s\"")).await;
    let mut opened = TcpStream::connect(world.gateway.address()).await.unwrap();
    begin_shutdown(&mut world).await;
    let mut last_open = Instant::now();
    while TcpStream::connect(world.gateway.address()).await.is_ok() {
        last_open = Instant::now();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ask = format!("GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    let sent = opened.write_all(ask.as_bytes()).await;
    let answers = wire::read_all(&mut opened, ask.as_bytes()).await;
    let is_answered = sent.is_ok() && answers.first().is_some_and(|answer| answer.status == 200);
    // The gateway waits a second for such a request. A slow machine may have taken longer to send it.
    assert!(is_answered || last_open.elapsed() >= Duration::from_secs(1), "{answers:?}");
}

#[tokio::test]
async fn http_2_connections_go_away_during_the_shutdown_delay() {
    let mut world = World::configured(|configuration| configuration.server("shutdown_delay = \"8s\"")).await;
    let address = world.gateway.address().to_owned();
    let answered = async |requests: SendRequest<Bytes>| {
        let (answer, _) =
            requests.ready().await.unwrap().send_request(request("GET", "/v1/me", Some(KEY)), true).unwrap();
        assert_eq!(answer.await.unwrap().status().as_u16(), 200);
    };
    let (requests, before) = http_2(&address, 65_535).await;
    answered(requests.clone()).await;
    begin_shutdown(&mut world).await;
    let gone = tokio::time::timeout(Duration::from_secs(5), before).await;
    gone.expect("a GOAWAY ends an idle connection").unwrap();
    // A new connection still gets its answer, and ends after it.
    let (requests, after) = http_2(&address, 65_535).await;
    answered(requests.clone()).await;
    tokio::time::timeout(Duration::from_secs(5), after).await.expect("a GOAWAY follows the answer").unwrap();
    assert!(world.gateway.program().runs());
}

#[tokio::test]
async fn request_over_the_drain_timeout_is_cut_off() {
    let world = World::configured(|configuration| configuration.server("drain_timeout = \"200ms\"")).await;
    world.inject("file/info", Fault::Hang);
    let caller = world.caller.clone();
    let hanging = tokio::spawn(async move { caller.request("GET", &at("files/abc")).send().await.is_err() });
    sent(&world, "file/info").await;
    let ended = world.gateway.stop().await;
    assert!(hanging.await.unwrap(), "the connection was closed");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[tokio::test]
async fn second_signal_ends_the_gateway_at_once() {
    for (interrupts, code) in [(true, 130), (false, 143)] {
        let mut world = World::configured(|configuration| configuration.server("drain_timeout = \"60s\"")).await;
        world.inject("file/info", Fault::Hang);
        let caller = world.caller.clone();
        let hanging = tokio::spawn(async move { caller.request("GET", &at("files/abc")).send().await.is_err() });
        sent(&world, "file/info").await;
        world.gateway.program().terminate();
        world.gateway.program().logged(|log| log.contains("shutting down").then_some(())).await;
        let ended = if interrupts { world.gateway.interrupt().await } else { world.gateway.stop().await };
        assert!(hanging.await.unwrap(), "the connection was closed");
        assert_eq!(ended.code(), Some(code), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn gateway_is_ready_while_its_site_is_down() {
    let world = World::start().await;
    world.inject("*", Fault::http(503));
    world.caller.get(&at("folders/root/items")).await.problem(502, "upstream_error");
    world.caller.get("/readyz").await.status(200);
    world.caller.get("/livez").await.status(200);
}

#[tokio::test]
async fn signal_right_after_listening_gives_a_clean_exit() {
    let (site, _clock) = site(|_| ()).await;
    for _ in 0..5 {
        let ended = Gateway::start(&configuration(&site)).await.stop().await;
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("shutting down"), "{}", ended.stderr);
    }
    let (program, _caller) = crate::sandbox::start().await;
    program.terminate();
    let ended = program.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}
