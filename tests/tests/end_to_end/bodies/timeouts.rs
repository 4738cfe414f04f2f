//! Tests of timeouts of a body and of the site's answer. A body may take any time while bytes flow; the answer of an
//! upload has the longest timeout.

use std::time::{Duration, Instant};

use polyhost_end_to_end::{Configuration, Form, Piece};
use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{BOTH, FRAMINGS, Framing, World, bytes, concurrently};

/// Sets short timeouts for everything except the answer of an upload.
fn short_timeouts(configuration: Configuration) -> Configuration {
    configuration
        .server("request_timeout = \"1500ms\"")
        .upstream("attempt_timeout = \"1500ms\"\ndeadline = \"1500ms\"\nmax_concurrency = 1")
}

/// Sets a short idle timeout, which ends a request when no bytes flow in either direction.
fn short_idle_timeout(configuration: Configuration) -> Configuration {
    configuration.server("idle_timeout = \"1500ms\"").upstream("max_concurrency = 1")
}

/// Makes the gateway log in and read the plan's limits, so that the test does not time that.
async fn warm(world: &World) {
    world.upload(Framing::Bare, "first.mp4", b"hello").await.status(201);
    world.journal().clear();
}

#[tokio::test]
async fn upload_answer_may_take_longer_than_other_timeouts() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, short_timeouts).await;
        warm(&world).await;
        world.inject(Fault::DelayAnswer { millis: 3_000 });
        for framing in FRAMINGS {
            let start = Instant::now();
            let file = world.upload(framing, &format!("{framing:?}.mp4"), &bytes(100_000)).await.json(201);
            assert!(start.elapsed() >= Duration::from_millis(3_000), "{dialect:?} {framing:?}");
            assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == bytes(100_000));
        }
        assert_eq!(world.uploads(), 4);
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn missing_upload_answer_times_out_with_unknown_outcome() {
    concurrently(BOTH, async |dialect| {
        let world =
            World::configured(dialect, |configuration| configuration.upstream("upload_answer_timeout = \"300ms\""))
                .await;
        warm(&world).await;
        world.inject(Fault::Hang);
        let start = Instant::now();
        let problem = world.upload(Framing::Bare, "a.mp4", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?}");
        assert!(start.elapsed() >= Duration::from_millis(300));
    })
    .await;
}

#[tokio::test]
async fn slow_body_is_accepted_while_bytes_flow() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, short_timeouts).await;
        warm(&world).await;
        for framing in FRAMINGS {
            let sent = bytes(90_000);
            let form = Form::new().field("name", "a.mp4").file("clip.mp4", &sent);
            let (target, content_type, body) = match framing {
                Framing::Bare | Framing::Chunked => (world.files("a.mp4"), "video/mp4".to_owned(), sent.clone()),
                Framing::Form | Framing::ChunkedForm => (world.at("files"), form.content_type(), form.body()),
            };
            let length = (!framing.is_chunked()).then_some(body.len());
            let piece = if framing.is_chunked() { Piece::Chunk } else { Piece::Plain };
            let mut raw = world.begin(&target, length, &[("Content-Type", &content_type)]).await;
            for part in body.chunks(10_000) {
                tokio::time::sleep(Duration::from_millis(200)).await;
                raw.send(part, piece).await.unwrap();
            }
            if framing.is_chunked() {
                raw.end().await.unwrap();
            }
            let file = raw.answer().await.unwrap().json(201);
            assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == sent, "{dialect:?} {framing:?}");
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn stalled_caller_times_out_and_no_file_is_stored() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, short_idle_timeout).await;
        for framing in FRAMINGS {
            world.journal().clear();
            let form = Form::new().field("name", "a.mp4").file("clip.mp4", &bytes(1_000_000));
            let (target, content_type, body) = match framing {
                Framing::Bare | Framing::Chunked => (world.files("a.mp4"), "video/mp4".to_owned(), bytes(1_000_000)),
                Framing::Form | Framing::ChunkedForm => (world.at("files"), form.content_type(), form.body()),
            };
            let length = (!framing.is_chunked()).then_some(body.len());
            let piece = if framing.is_chunked() { Piece::Chunk } else { Piece::Plain };
            let mut raw = world.begin(&target, length, &[("Content-Type", &content_type)]).await;
            raw.send(&body[..500_000], piece).await.unwrap();
            let answer = raw.answer().await;
            let answer =
                answer.unwrap_or_else(|| panic!("{dialect:?} {framing:?}: the connection ends without an answer"));
            assert!((400..500).contains(&answer.status), "{dialect:?} {framing:?}: {}", answer.text());
            world.assert_nothing_left().await;
            assert!(world.stored() == 0 && !world.last_upload().complete, "{dialect:?} {framing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn site_that_stops_reading_times_out_with_unknown_outcome() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, short_idle_timeout).await;
        for framing in [Framing::Bare, Framing::Chunked] {
            world.journal().clear();
            world.faults().clear();
            // More bytes than all buffers hold.
            world.inject(Fault::StopReading { after: 300_000 });
            let problem = world.upload(framing, "a.mp4", &bytes(32 << 20)).await.problem(504, "outcome_unknown");
            assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?} {framing:?}");
            world.faults().clear();
            world.faults().resume();
            world.assert_nothing_left().await;
            assert_eq!(world.stored(), 0);
        }
    })
    .await;
}
