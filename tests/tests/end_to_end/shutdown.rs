//! Tests of the shutdown: signals, readiness, draining and exit codes.

use std::time::Duration;

use polyhost_end_to_end::Gateway;
use polyhost_sandbox::Fault;

use crate::world::{World, at, configuration, site};

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
