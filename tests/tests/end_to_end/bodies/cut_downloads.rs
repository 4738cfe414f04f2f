//! Tests of downloads that are cut at every stage, by the caller or the site. A partial body is never taken for the
//! whole file, and nothing is left open.

use std::time::Duration;

use polyhost_end_to_end::{Configuration, Raw};
use polyhost_sandbox::{Ended, Fault, Rule};
use reqwest::Response;
use serde_json::json;

use super::world::{Dialect, Framing, SiteOptions, World, bytes};
use crate::world::KEY;

/// More bytes than fit in the buffers of the connections.
const LARGE: usize = 24 << 20;

fn one_permit(configuration: Configuration) -> Configuration {
    configuration.upstream("max_concurrency = 1\nattempt_timeout = \"2s\"\ndeadline = \"2s\"")
}

/// Starts a world with one file, and returns it with the path of the file's content.
async fn with_file(bytes: &[u8]) -> (World, String) {
    let world = World::configured(Dialect::Yetishare, one_permit).await;
    let file = world.add_file("clip.mp4", bytes);
    let path = world.at(&format!("files/{file}/content"));
    (world, path)
}

async fn fetch(world: &World, path: &str, range: Option<&str>) -> Response {
    let request = world.caller.request("GET", path);
    let request = range.into_iter().fold(request, |request, range| request.header("range", range));
    request.send().await.unwrap()
}

#[tokio::test]
async fn caller_reset_before_the_first_byte_ends_the_site_stream() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    stalled(&world, &path).await.reset();
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
}

/// Begins the download of a file whose site stalls before the first byte.
async fn stalled(world: &World, path: &str) -> Raw {
    world.faults().add(Rule::new("content", Fault::Stall { sent: 0 }).times(1));
    let key = format!("Bearer {KEY}");
    let raw = Raw::begin(world.gateway.address(), &format!("GET {path}"), &[("Authorization", &key)]).await;
    world.until(|world| world.journal().open("content") == 1).await;
    raw
}

/// As long as the gateway sends nothing, it cannot distinguish a closed connection from a half-closed one.
#[tokio::test]
async fn caller_close_before_the_first_byte_waits_for_the_timeout() {
    let idle = |configuration: Configuration| one_permit(configuration).server("idle_timeout = \"3s\"");
    let world = World::configured(Dialect::Yetishare, idle).await;
    let file = world.add_file("clip.mp4", b"hello");
    drop(stalled(&world, &world.at(&format!("files/{file}/content"))).await);
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
}

#[tokio::test]
async fn caller_that_leaves_mid_download_ends_the_site_stream() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    for _ in 0..3 {
        world.journal().clear();
        let mut response = fetch(&world, &path, None).await;
        assert_eq!(response.status(), 200);
        response.chunk().await.unwrap().unwrap();
        drop(response);
        world.assert_nothing_left().await;
        assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
    }
    // The next download gets the account's only permit.
    let whole = fetch(&world, &path, None).await.bytes().await.unwrap();
    assert!(whole == bytes(LARGE));
}

#[tokio::test]
async fn disconnect_at_a_stalled_site_releases_the_permit() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    world.faults().add(Rule::new("content", Fault::Stall { sent: 300_000 }).times(1));
    let mut response = fetch(&world, &path, None).await;
    response.chunk().await.unwrap().unwrap();
    // The permit is held as long as the download may continue.
    let refused = world.upload(Framing::Bare, "b.mp4", b"hello").await.problem(503, "overloaded");
    assert_eq!(refused["retryable"], json!(true));
    drop(response);
    world.assert_nothing_left().await;
    world.upload(Framing::Bare, "b.mp4", b"hello").await.status(201);
}

#[tokio::test]
async fn site_that_closes_before_its_answer_is_unavailable() {
    for fault in [Fault::Reset, Fault::CloseAfterBody, Fault::LoseAnswer] {
        let (world, path) = with_file(b"hello").await;
        world.faults().add(Rule::new("content", fault.clone()));
        let problem = world.caller.get(&path).await.problem(503, "upstream_unavailable");
        assert_eq!(problem["retryable"], json!(true), "{fault:?}");
        world.faults().clear();
        world.assert_nothing_left().await;
        assert_eq!(world.caller.get(&path).await.status(200).body, b"hello");
    }
}

#[tokio::test]
async fn download_cut_by_the_site_never_looks_complete() {
    let length = 1_000_000;
    let (world, path) = with_file(&bytes(length)).await;
    for range in [None, Some("bytes=0-"), Some("bytes=1000-")] {
        let wanted = if range == Some("bytes=1000-") { length - 1_000 } else { length };
        for sent in [0, 1, 65_536, wanted / 2, wanted - 1] {
            world.faults().clear();
            world.faults().add(Rule::new("content", Fault::CutBody { sent: sent as u64 }));
            let response = fetch(&world, &path, range).await;
            // The caller gets an error status if nothing was sent yet, and a cut connection otherwise.
            let whole = response.status().is_success() && response.bytes().await.is_ok();
            assert!(!whole, "{range:?}, cut after {sent}");
            world.assert_nothing_left().await;
        }
    }
}

#[tokio::test]
async fn cut_download_of_unknown_length_never_looks_complete() {
    let site_options = SiteOptions { lengthless: true, ..SiteOptions::default() };
    let world = World::with(Dialect::Yetishare, site_options, one_permit).await;
    let path = world.at(&format!("files/{}/content", world.add_file("clip.mp4", &bytes(1_000_000))));
    assert!(fetch(&world, &path, None).await.bytes().await.unwrap() == bytes(1_000_000));
    for sent in [0, 1, 500_000, 999_999] {
        world.faults().clear();
        world.faults().add(Rule::new("content", Fault::CutBody { sent }));
        let response = fetch(&world, &path, None).await;
        let whole = response.status().is_success() && response.bytes().await.is_ok();
        assert!(!whole, "cut after {sent}");
        world.assert_nothing_left().await;
    }
}

#[tokio::test]
async fn transfer_cut_by_caller_and_site_leaves_nothing() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    world.faults().add(Rule::new("content", Fault::CutBody { sent: 600_000 }));
    for _ in 0..3 {
        let mut response = fetch(&world, &path, None).await;
        drop(response.chunk().await);
        tokio::time::sleep(Duration::from_millis(2)).await;
        drop(response);
        world.assert_nothing_left().await;
    }
}
