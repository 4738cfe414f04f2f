//! Tests of uploads of unknown length. The gateway spools the body until its length is known, as long as `max_spool`
//! allows, and leaves no file behind.

use polyhost_end_to_end::Piece;
use polyhost_sandbox::{Fault, HangUp};
use serde_json::json;

use super::world::{BOTH, Dialect, Framing, World, at_both, bytes, concurrently};
use crate::metrics::metrics;

const CHUNKED: [Framing; 2] = [Framing::Chunked, Framing::ChunkedForm];

#[tokio::test]
async fn body_of_unknown_length_is_spooled_in_an_unnamed_file() {
    let world = World::start(Dialect::Openload).await;
    let mut raw = world.begin(&world.files("a.mp4"), None, &[("Content-Type", "video/mp4")]).await;
    raw.send(&bytes(300_000), Piece::Chunk).await.unwrap();
    let spooled = async {
        while world.gateway.open_files(world.spool.path()).is_empty() {
            assert!(world.spooled_by_name().is_empty());
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), spooled).await.unwrap();
    assert_eq!(world.gateway.open_files(world.spool.path()).len(), 1);
    assert!(world.spooled_by_name().is_empty());
    assert_eq!(world.uploads(), 0, "the upload starts when the length is known");
    raw.end().await.unwrap();
    let file = raw.answer().await.unwrap().json(201);
    assert_eq!((&file["size"], &file["content_type"]), (&json!(300_000), &json!("video/mp4")));
    assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == bytes(300_000));
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn body_over_the_spool_limit_may_be_retried_later() {
    for framing in CHUNKED {
        let world =
            World::configured(Dialect::Yetishare, |configuration| configuration.server("max_spool = \"100 KiB\""))
                .await;
        let problem = world.upload(framing, "a.mp4", &bytes(200_000)).await.problem(507, "insufficient_storage");
        assert_eq!((&problem["retryable"], &problem["upstream"]), (&json!(true), &json!(null)));
        assert_eq!((world.uploads(), world.stored()), (0, 0));
        world.assert_spool_empty().await;
        // The space is free again, and a body of known length needs none.
        world.upload(framing, "a.mp4", &bytes(50_000)).await.status(201);
        world.upload(Framing::Bare, "b.mp4", &bytes(200_000)).await.status(201);
        world.assert_nothing_left().await;
    }
}

#[tokio::test]
async fn all_bodies_share_the_spool_limit() {
    let lines = "max_spool = \"300 KiB\"\nadmin_listen = \"127.0.0.1:0\"";
    let world = World::configured(Dialect::Openload, |configuration| configuration.server(lines)).await;
    let begin = async || {
        let mut raw = world.begin(&world.files("a.mp4"), None, &[]).await;
        raw.send(&bytes(200_000), Piece::Chunk).await.unwrap();
        let spooled = async {
            while metrics(&world.gateway).await.sum("polyhost_spool_bytes", &[]) < 200_000.0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), spooled).await.unwrap();
        raw
    };
    let mut first = begin().await;
    let full = world.upload(Framing::Chunked, "b.mp4", &bytes(200_000)).await;
    full.problem(507, "insufficient_storage");
    first.end().await.unwrap();
    first.answer().await.unwrap().status(201);
    world.upload(Framing::Chunked, "c.mp4", &bytes(200_000)).await.status(201);
    // A cancelled upload releases its space.
    drop(begin().await);
    world.assert_spool_empty().await;
    world.upload(Framing::Chunked, "d.mp4", &bytes(200_000)).await.status(201);
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn too_large_or_empty_chunked_body_is_refused_and_not_sent() {
    for framing in CHUNKED {
        let world =
            World::configured(Dialect::Openload, |configuration| configuration.server("max_upload = \"100 KiB\""))
                .await;
        let problem = world.upload(framing, "a.mp4", &bytes(102_401)).await.problem(413, "payload_too_large");
        assert_eq!(problem["retryable"], false);
        let problem = world.upload(framing, "a.mp4", &[]).await.problem(400, "invalid_request");
        assert_eq!(problem["retryable"], false);
        assert_eq!((world.uploads(), world.stored()), (0, 0));
        world.upload(framing, "a.mp4", &bytes(102_400)).await.status(201);
        world.assert_nothing_left().await;
    }
}

#[tokio::test]
async fn plan_limit_applies_to_bodies_of_unknown_length() {
    let mut site_options = super::world::SiteOptions::default();
    site_options.package.max_upload_size = 100_000;
    let world = World::with(Dialect::Yetishare, site_options, |configuration| configuration).await;
    for framing in CHUNKED {
        world.upload(framing, "a.mp4", &bytes(100_001)).await.problem(413, "payload_too_large");
        assert_eq!(world.uploads(), 0);
        world.assert_spool_empty().await;
    }
    world.upload(Framing::Chunked, "a.mp4", &bytes(100_000)).await.status(201);
}

#[tokio::test]
async fn wrong_digest_of_a_spooled_body_is_refused_before_sending() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for framing in CHUNKED {
            let wrong = format!("&sha1={}", "0".repeat(40));
            let answer = world.upload_with(framing, "a.mp4", &wrong, &bytes(100_000)).await;
            assert_eq!(answer.problem(422, "checksum_mismatch")["retryable"], false);
        }
        assert_eq!((world.uploads(), world.stored()), (0, 0), "{dialect:?}");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn every_outcome_of_an_upload_empties_the_spool() {
    let faults = [
        None,
        Some(Fault::http(503)),
        Some(Fault::LoseAnswer),
        Some(Fault::CloseAfterBody),
        Some(Fault::HangUp { after: 50_000, how: HangUp::Close }),
        Some(Fault::HangUp { after: 50_000, how: HangUp::Reset }),
    ];
    concurrently(at_both(&faults), async |(dialect, fault)| {
        let world = World::start(dialect).await;
        fault.iter().for_each(|fault| world.inject(fault.clone()));
        let expected = match fault {
            None | Some(Fault::LoseAnswer) => 201,
            Some(Fault::Status { .. }) => 502,
            Some(_) => 504,
        };
        for (number, framing) in CHUNKED.into_iter().enumerate() {
            world.upload(framing, "a.mp4", &bytes(200_000 + number)).await.status(expected);
            world.assert_spool_empty().await;
        }
        world.assert_nothing_left().await;
    })
    .await;
}
