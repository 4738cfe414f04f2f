//! How long a body may take, and what comes after it: as long as it flows; and the site's answer longer than anything
//! else.

use std::time::{Duration, Instant};

use polyhost_end_to_end::{Configuration, Form, Piece};
use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{BOTH, WAYS, Way, World, bytes, side_by_side};

/// Everything but the answer to an upload is soon given up.
fn impatient(configuration: Configuration) -> Configuration {
    configuration
        .server("request_timeout = \"1500ms\"")
        .upstream("attempt_timeout = \"1500ms\"\ndeadline = \"1500ms\"\nmax_concurrency = 1")
}

/// Bytes must come, one way or the other.
fn restless(configuration: Configuration) -> Configuration {
    configuration.server("idle_timeout = \"1500ms\"").upstream("max_concurrency = 1")
}

/// Has the gateway log in and learn what the plan allows, which is not what is to be timed.
async fn warm(world: &World) {
    world.upload(Way::Bare, "first.mp4", b"hello").await.status(201);
    world.journal().clear();
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_everything_else_is_waited_for() {
    side_by_side(BOTH, async |dialect| {
        let world = World::configured(dialect, impatient).await;
        warm(&world).await;
        world.breaks(Fault::DelayAnswer { millis: 3_000 });
        for way in WAYS {
            let start = Instant::now();
            let file = world.upload(way, &format!("{way:?}.mp4"), &bytes(100_000)).await.json(201);
            assert!(start.elapsed() >= Duration::from_millis(3_000), "{dialect:?} {way:?}");
            assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == bytes(100_000));
        }
        assert_eq!(world.uploads(), 4);
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up_in_the_end() {
    side_by_side(BOTH, async |dialect| {
        let world =
            World::configured(dialect, |configuration| configuration.upstream("upload_answer_timeout = \"300ms\""))
                .await;
        warm(&world).await;
        world.breaks(Fault::Hang);
        let start = Instant::now();
        let problem = world.upload(Way::Bare, "a.mp4", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?}");
        assert!(start.elapsed() >= Duration::from_millis(300));
    })
    .await;
}

#[tokio::test]
async fn a_body_may_take_its_time_as_long_as_it_flows() {
    side_by_side(BOTH, async |dialect| {
        let world = World::configured(dialect, impatient).await;
        warm(&world).await;
        for way in WAYS {
            let sent = bytes(90_000);
            let form = Form::new().field("name", "a.mp4").file("clip.mp4", &sent);
            let (target, content_type, body) = match way {
                Way::Bare | Way::Chunked => (world.files("a.mp4"), "video/mp4".to_owned(), sent.clone()),
                Way::Form | Way::ChunkedForm => (world.at("files"), form.content_type(), form.body()),
            };
            let length = (!way.is_chunked()).then_some(body.len());
            let piece = if way.is_chunked() { Piece::Chunk } else { Piece::Plain };
            let mut raw = world.begin(&target, length, &[("Content-Type", &content_type)]).await;
            for part in body.chunks(10_000) {
                tokio::time::sleep(Duration::from_millis(200)).await;
                raw.send(part, piece).await.unwrap();
            }
            if way.is_chunked() {
                raw.end().await.unwrap();
            }
            let file = raw.answer().await.unwrap().json(201);
            assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == sent, "{dialect:?} {way:?}");
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_stops_sending_is_given_up_and_the_site_gets_no_whole_file() {
    side_by_side(BOTH, async |dialect| {
        let world = World::configured(dialect, restless).await;
        for way in WAYS {
            world.journal().clear();
            let form = Form::new().field("name", "a.mp4").file("clip.mp4", &bytes(1_000_000));
            let (target, content_type, body) = match way {
                Way::Bare | Way::Chunked => (world.files("a.mp4"), "video/mp4".to_owned(), bytes(1_000_000)),
                Way::Form | Way::ChunkedForm => (world.at("files"), form.content_type(), form.body()),
            };
            let length = (!way.is_chunked()).then_some(body.len());
            let piece = if way.is_chunked() { Piece::Chunk } else { Piece::Plain };
            let mut raw = world.begin(&target, length, &[("Content-Type", &content_type)]).await;
            raw.send(&body[..500_000], piece).await.unwrap();
            let answer = raw.answer().await;
            let answer = answer.unwrap_or_else(|| panic!("{dialect:?} {way:?}: the connection ends without an answer"));
            assert!((400..500).contains(&answer.status), "{dialect:?} {way:?}: {}", answer.text());
            world.assert_nothing_left().await;
            assert!(world.stored() == 0 && !world.last_upload().complete, "{dialect:?} {way:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_site_that_stops_reading_is_given_up_and_its_outcome_unknown() {
    side_by_side(BOTH, async |dialect| {
        let world = World::configured(dialect, restless).await;
        for way in [Way::Bare, Way::Chunked] {
            world.journal().clear();
            world.faults().clear();
            // More than all buffers on the way take.
            world.breaks(Fault::StopReading { after: 300_000 });
            let problem = world.upload(way, "a.mp4", &bytes(32 << 20)).await.problem(504, "outcome_unknown");
            assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?} {way:?}");
            world.faults().clear();
            world.faults().resume();
            world.assert_nothing_left().await;
            assert_eq!(world.stored(), 0);
        }
    })
    .await;
}
