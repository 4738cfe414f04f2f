//! Tests of downloads whose links expire before their use, and of streams that stall.

use std::time::{Duration, Instant};

use polyhost_end_to_end::Raw;
use polyhost_sandbox::yetishare::DeadLinks;
use polyhost_sandbox::{Ended, Fault, Garbage, Rule};
use serde_json::json;

use super::world::{Dialect, SiteOptions, World, bytes};
use crate::world::KEY;

/// More bytes than fit in the buffers of the connections.
const LARGE: usize = 24 << 20;

/// Starts a world with one file, and returns it with the path of the file's content.
async fn with_file(site_options: SiteOptions, bytes: &[u8]) -> (World, String) {
    with_idle_timeout("5s", site_options, bytes).await
}

/// Like [`with_file`], with an `idle_timeout`.
async fn with_idle_timeout(idle: &str, site_options: SiteOptions, bytes: &[u8]) -> (World, String) {
    let world = World::with(Dialect::Yetishare, site_options, |configuration| {
        configuration.server(&format!("idle_timeout = \"{idle}\"")).upstream("max_concurrency = 1")
    })
    .await;
    let file = world.add_file("clip.mp4", bytes);
    let path = world.at(&format!("files/{file}/content"));
    (world, path)
}

/// Returns the number of requested links, and the number of used ones.
fn links(world: &World) -> (usize, usize) {
    (world.journal().of("file/download").len(), world.journal().of("content").len())
}

/// The answers of an expired link.
fn expired_link_answers() -> Vec<Fault> {
    let redirect = vec![("Location".to_owned(), "/error.html".to_owned())];
    vec![
        Fault::http(404),
        Fault::http(403),
        Fault::http(410),
        Fault::Garbage(Garbage::Html),
        Fault::Status { http: 302, body_status: None, headers: redirect, body: Some(String::new()) },
    ]
}

#[tokio::test]
async fn expired_link_is_renewed() {
    let (world, path) = with_file(SiteOptions::default(), &bytes(100_000)).await;
    for fault in expired_link_answers() {
        for range in [None, Some("bytes=500-999")] {
            world.journal().clear();
            world.faults().clear();
            world.faults().add(Rule::new("content", fault.clone()).times(1));
            let request = world.caller.request("GET", &path);
            let request = range.into_iter().fold(request, |request, range| request.header("range", range));
            let answer = world.caller.send(request).await;
            let (status, expected) = range.map_or((200, 0..100_000), |_| (206, 500..1_000));
            assert_eq!(answer.status, status, "{fault:?} {range:?}: {}", answer.text());
            assert!(answer.body == bytes(100_000)[expected], "{fault:?} {range:?}");
            assert_eq!(links(&world), (2, 2), "{fault:?} {range:?}");
            world.assert_nothing_left().await;
        }
    }
}

#[tokio::test]
async fn link_that_fails_again_after_renewal_is_reported() {
    let dead = [
        (DeadLinks::Redirect, 502),
        (DeadLinks::Page, 502),
        (DeadLinks::Status(403), 502),
        (DeadLinks::Status(404), 404),
        (DeadLinks::Status(410), 404),
    ];
    for (dead_links, status) in dead {
        let site_options = SiteOptions { link_uses: Some(0), dead_links, ..SiteOptions::default() };
        let (world, path) = with_file(site_options, &bytes(100_000)).await;
        let answer = world.caller.get(&path).await;
        assert_eq!(answer.status, status, "{dead_links:?}: {}", answer.text());
        assert_eq!(links(&world), (2, 2), "{dead_links:?}");
        world.assert_nothing_left().await;
    }
}

#[tokio::test]
async fn site_that_closes_before_the_first_byte_is_a_502() {
    let (world, path) = with_file(SiteOptions::default(), &bytes(100_000)).await;
    world.faults().add(Rule::new("content", Fault::CutBody { sent: 0 }).times(1));
    let problem = world.caller.get(&path).await.problem(502, "upstream_invalid_response");
    assert_eq!(problem["retryable"], true);
    assert_eq!(world.caller.get(&path).await.status(200).body.len(), 100_000);
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn working_link_is_used_once() {
    let (world, path) = with_file(SiteOptions { link_uses: Some(1), ..SiteOptions::default() }, &bytes(100_000)).await;
    for _ in 0..3 {
        world.journal().clear();
        assert!(world.caller.get(&path).await.status(200).body == bytes(100_000));
        assert_eq!(links(&world), (1, 1));
    }
}

#[tokio::test]
async fn html_file_is_not_mistaken_for_an_expired_link() {
    let (world, _) = with_file(SiteOptions::default(), b"").await;
    let page = "<!DOCTYPE html><html><body><h1>Mine</h1></body></html>";
    let file = world.caller.typed("POST", &world.files("mine.html"), "text/html", page).await.json(201);
    world.journal().clear();
    let path = world.at(&format!("files/{}/content", file["id"].as_str().unwrap()));
    assert_eq!(world.caller.get(&path).await.status(200).text(), page);
    assert_eq!(links(&world), (1, 1));
}

#[tokio::test]
async fn trashed_file_is_not_found_though_its_link_works() {
    let (world, path) = with_file(SiteOptions::default(), &bytes(100_000)).await;
    assert_eq!(world.caller.get(&path).await.status(200).body.len(), 100_000);
    world.plays.set_file_status(path.rsplit('/').nth(1).unwrap(), "trash");
    world.caller.get(&path).await.problem(404, "file_not_found");
}

#[tokio::test]
async fn stalled_site_ends_the_callers_connection() {
    let (world, path) = with_idle_timeout("1s", SiteOptions::default(), &bytes(LARGE)).await;
    world.faults().add(Rule::new("content", Fault::Stall { sent: 300_000 }).times(1));
    let start = Instant::now();
    let response = world.caller.request("GET", &path).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.content_length()), (200, Some(LARGE as u64)));
    response.bytes().await.unwrap_err();
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(10), "{took:?}");
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
}

#[tokio::test]
async fn stalled_caller_ends_the_sites_stream() {
    let (world, path) = with_idle_timeout("1s", SiteOptions::default(), &bytes(LARGE)).await;
    let key = format!("Bearer {KEY}");
    let raw = Raw::begin(world.gateway.address(), &format!("GET {path}"), &[("Authorization", &key)]).await;
    world.until(|world| world.journal().open("content") == 1).await;
    world.assert_nothing_left().await;
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::BrokenOff));
    assert!(raw.read_to_end().await < LARGE, "the body must not be complete");
}

#[tokio::test]
async fn caller_that_reads_in_small_steps_is_not_timed_out() {
    let (world, path) = with_idle_timeout("1s", SiteOptions::default(), &bytes(6_000_000)).await;
    let key = format!("Bearer {KEY}");
    let fields = [("Authorization", key.as_str()), ("Connection", "close")];
    let mut raw = Raw::begin(world.gateway.address(), &format!("GET {path}"), &fields).await;
    // In one `idle_timeout`, the caller reads more than twice the gateway's limit of the send buffer, and less than
    // half of the system's default.
    let received = raw.read_slowly(65_536, Duration::from_millis(70)).await;
    assert!(received > 6_000_000, "{received} bytes, with the head");
    assert_eq!(world.journal().of("content")[0].ended, Some(Ended::Answered));
}

#[tokio::test]
async fn slow_caller_receives_the_whole_file() {
    let (world, path) = with_idle_timeout("1s", SiteOptions::default(), &bytes(LARGE)).await;
    let mut response = world.caller.request("GET", &path).send().await.unwrap();
    let (mut received, mut pauses) = (0, 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        received += chunk.len();
        // In total, the pauses are longer than the idle timeout.
        if received / (4 << 20) > pauses {
            pauses += 1;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    assert_eq!((received, pauses), (LARGE, 6));
    assert_eq!(world.journal().of("content").len(), 1);
    assert_eq!(json!(world.journal().of("content")[0].ended), json!("answered"));
}
