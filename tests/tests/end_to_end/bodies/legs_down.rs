//! Downloads cut at every stage, on either side: what comes is never taken for the whole, and nothing is left of it.

use std::time::Duration;

use polyhost_end_to_end::{Configuration, Raw};
use polyhost_sandbox::{Ended, Fault, Rule};
use reqwest::Response;
use serde_json::json;

use super::world::{Dialect, Habits, Way, World, bytes};
use crate::world::KEY;

/// More than lies in the buffers of the connections.
const LARGE: usize = 24 << 20;

fn narrow(configuration: Configuration) -> Configuration {
    configuration.upstream("max_concurrency = 1\nattempt_timeout = \"2s\"\ndeadline = \"2s\"")
}

/// A world with one file, and the path of its bytes.
async fn with_file(bytes: &[u8]) -> (World, String) {
    let world = World::configured(Dialect::Yetishare, narrow).await;
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
async fn a_caller_who_leaves_before_the_first_byte_ends_the_sites_stream() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    stalled(&world, &path).await.reset();
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
}

/// A caller of a file whose site stalls before the first byte.
async fn stalled(world: &World, path: &str) -> Raw {
    world.faults().add(Rule::new("content", Fault::Stall { sent: 0 }).times(1));
    let key = format!("Bearer {KEY}");
    let raw = Raw::begin(world.gateway.address(), &format!("GET {path}"), &[("Authorization", &key)]).await;
    world.until(|world| world.journal().open("content") == 1).await;
    raw
}

/// As long as nothing goes out to it, such a caller may have closed its sending half alone.
#[tokio::test]
async fn a_caller_who_closes_before_the_first_byte_is_waited_for_until_its_request_ends() {
    let idle = |configuration: Configuration| narrow(configuration).server("idle_timeout = \"3s\"");
    let world = World::configured(Dialect::Yetishare, idle).await;
    let file = world.add_file("clip.mp4", b"hello");
    drop(stalled(&world, &world.at(&format!("files/{file}/content"))).await);
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
}

#[tokio::test]
async fn a_caller_who_leaves_in_the_middle_ends_the_sites_stream() {
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
    // Nobody is in the way of the next one.
    let whole = fetch(&world, &path, None).await.bytes().await.unwrap();
    assert!(whole == bytes(LARGE));
}

#[tokio::test]
async fn a_caller_who_leaves_a_stalled_site_frees_the_place_that_it_held() {
    let (world, path) = with_file(&bytes(LARGE)).await;
    world.faults().add(Rule::new("content", Fault::Stall { sent: 300_000 }).times(1));
    let mut response = fetch(&world, &path, None).await;
    response.chunk().await.unwrap().unwrap();
    // As long as it flows, or might, its place is taken.
    let waiting = world.upload(Way::Bare, "b.mp4", b"hello").await.problem(503, "overloaded");
    assert_eq!(waiting["retryable"], json!(true));
    drop(response);
    world.assert_nothing_left().await;
    world.upload(Way::Bare, "b.mp4", b"hello").await.status(201);
}

#[tokio::test]
async fn a_site_that_leaves_before_its_answer_is_unavailable() {
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
async fn a_stream_that_the_site_cuts_never_looks_whole() {
    let length = 1_000_000;
    let (world, path) = with_file(&bytes(length)).await;
    for range in [None, Some("bytes=0-"), Some("bytes=1000-")] {
        let wanted = if range == Some("bytes=1000-") { length - 1_000 } else { length };
        for sent in [0, 1, 65_536, wanted / 2, wanted - 1] {
            world.faults().clear();
            world.faults().add(Rule::new("content", Fault::CutBody { sent: sent as u64 }));
            let response = fetch(&world, &path, range).await;
            // Told at once, as long as nothing has gone; or by the connection.
            let whole = response.status().is_success() && response.bytes().await.is_ok();
            assert!(!whole, "{range:?}, cut after {sent}");
            world.assert_nothing_left().await;
        }
    }
}

#[tokio::test]
async fn a_stream_without_a_length_that_the_site_cuts_never_looks_whole() {
    let habits = Habits { lengthless: true, ..Habits::default() };
    let world = World::with(Dialect::Yetishare, habits, narrow).await;
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
async fn a_caller_and_a_site_who_both_leave_leave_nothing() {
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
