//! Tests of `Expect: 100-continue`: the gateway does not request a body that it will refuse.

use std::time::Duration;

use polyhost_end_to_end::{Piece, Raw};
use serde_json::json;

use super::world::{BOTH, Dialect, Framing, SiteOptions, World, concurrently};
use crate::world::KEY;

const EXPECT: (&str, &str) = ("Expect", "100-continue");

/// Announces a body, and asserts that the gateway refuses it before a byte of it was sent.
async fn refused(world: &World, target: &str, length: Option<usize>, status: u16, code: &str) {
    let raw = world.begin(target, length, &[EXPECT, ("Content-Type", "video/mp4")]).await;
    check(raw, target, status, code).await;
    assert_eq!((world.uploads(), world.stored()), (0, 0), "{target}");
}

async fn check(mut raw: Raw, target: &str, status: u16, code: &str) {
    assert_eq!(raw.next_status().await, Some(status), "{target}: the refusal comes without a 100");
    raw.answer().await.unwrap().problem(status, code);
}

#[tokio::test]
async fn accepted_body_gets_a_100_continue() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for framing in [Piece::Plain, Piece::Chunk] {
            let length = (framing == Piece::Plain).then_some(5);
            let mut raw = world.begin(&world.files("a.mp4"), length, &[EXPECT]).await;
            assert_eq!(raw.next_status().await, Some(100), "{dialect:?} {framing:?}");
            raw.send(b"hello", framing).await.unwrap();
            if framing == Piece::Chunk {
                raw.end().await.unwrap();
            }
            let file = raw.answer().await.unwrap().json(201);
            assert_eq!(world.bytes_of(file["id"].as_str().unwrap()).unwrap(), b"hello");
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn invalid_request_is_refused_without_a_100() {
    let world = World::configured(Dialect::Openload, |configuration| {
        configuration.server("max_upload = \"1 KiB\"").client("reader", "key-of-reader", &["*"], &["read"])
    })
    .await;
    for length in [Some(1_000), None] {
        refused(&world, &world.at("files"), length, 400, "invalid_request").await;
        refused(&world, &world.at("files?name=a&sha1=x"), length, 400, "invalid_request").await;
        refused(&world, "/v1/accounts/other/files?name=a", length, 404, "account_not_found").await;
        let address = world.gateway.address();
        for (key, status, code) in [
            (None, 401, "unauthenticated"),
            (Some("wrong"), 401, "unauthenticated"),
            (Some("key-of-reader"), 403, "forbidden"),
        ] {
            let key = key.map(|key| format!("Bearer {key}"));
            let mut fields =
                vec![EXPECT, length.map_or(("Transfer-Encoding", "chunked"), |_| ("Content-Length", "1000"))];
            fields.extend(key.as_deref().map(|key| ("Authorization", key)));
            let target = world.files("a.mp4");
            check(Raw::begin(address, &format!("POST {target}"), &fields).await, &target, status, code).await;
        }
    }
    refused(&world, &world.files("a.mp4"), Some(1_025), 413, "payload_too_large").await;
    refused(&world, &world.files("a.mp4"), Some(0), 400, "invalid_request").await;
    assert_eq!(world.journal().count(), 0);
}

#[tokio::test]
async fn unknown_folder_is_refused_without_a_100() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for length in [Some(1_000), None] {
            let target = format!("{}&folder_id=99999", world.files("a.mp4"));
            refused(&world, &target, length, 404, "folder_not_found").await;
        }
    })
    .await;
}

#[tokio::test]
async fn upload_over_the_plan_is_refused_without_a_100() {
    let mut site_options = SiteOptions::default();
    site_options.package.max_upload_size = 1_000;
    let world = World::with(Dialect::Yetishare, site_options, |configuration| configuration).await;
    refused(&world, &world.files("a.mp4"), Some(1_001), 413, "payload_too_large").await;

    let mut site_options = SiteOptions::default();
    site_options.package.can_upload = false;
    let world = World::with(Dialect::Yetishare, site_options, |configuration| configuration).await;
    for length in [Some(1_000), None] {
        refused(&world, &world.files("a.mp4"), length, 403, "upstream_forbidden").await;
    }
}

#[tokio::test]
async fn rejected_site_credentials_are_reported_without_a_100() {
    let world = World::configured(Dialect::Openload, |configuration| configuration).await;
    let bad = |provider: &str, base: &str, credentials: &str| {
        format!("[accounts.bad-{provider}]\nprovider = \"{provider}\"\nbase_url = \"{base}\"\n{credentials}")
    };
    let configuration = polyhost_end_to_end::Configuration::new()
        .client("web", KEY, &["*"], &["read", "write"])
        .table(&bad("pstream", &world.pstream.base_url(), "login = \"nobody\"\nkey = \"wrong\""))
        .table(&bad(
            "streamplay",
            &world.plays.base_url(),
            &format!("key1 = \"{0}\"\nkey2 = \"{0}\"", "WrongKey".repeat(8)),
        ));
    let gateway = polyhost_end_to_end::Gateway::start(&configuration).await;
    let key = format!("Bearer {KEY}");
    for provider in ["pstream", "streamplay"] {
        for framing in [("Content-Length", "1000"), ("Transfer-Encoding", "chunked")] {
            let target = format!("/v1/accounts/bad-{provider}/files?name=a.mp4");
            let fields = [("Authorization", key.as_str()), framing, EXPECT];
            let raw = Raw::begin(gateway.address(), &format!("POST {target}"), &fields).await;
            check(raw, &target, 502, "upstream_credentials_rejected").await;
        }
    }
    assert_eq!((world.pstream.counts().files, world.plays.counts().files), (0, 0));
}

#[tokio::test]
async fn unreachable_site_is_reported_without_a_100() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let world = World::configured(Dialect::Openload, |configuration| {
        configuration.account("gone", &format!("{nowhere}/v1"), "login", "key").table(
            &crate::streamplay::world::account(
                "away",
                &format!("{nowhere}/api/v2"),
                crate::streamplay::world::KEY1,
                crate::streamplay::world::KEY2,
            ),
        )
    })
    .await;
    for account in ["gone", "away"] {
        for length in [Some(1_000), None] {
            let target = format!("/v1/accounts/{account}/files?name=a.mp4");
            refused(&world, &target, length, 503, "upstream_unavailable").await;
        }
    }
}

#[tokio::test]
async fn overload_is_reported_without_a_100() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, |configuration| {
            configuration.upstream("max_concurrency = 1\ndeadline = \"2s\"\nattempt_timeout = \"1800ms\"")
        })
        .await;
        let mut first = world.begin(&world.files("a.mp4"), Some(1_000_000), &[]).await;
        first.send(&vec![7; 500_000], Piece::Plain).await.unwrap();
        world.upload_reaches(100_000).await;
        for length in [Some(1_000), None] {
            let target = world.files("b.mp4");
            let mut raw = world.begin(&target, length, &[EXPECT]).await;
            assert!(raw.is_silent_for(Duration::from_millis(50)).await);
            assert_eq!(raw.next_status().await, Some(503), "{dialect:?} {length:?}");
            let problem = raw.answer().await.unwrap().problem(503, "overloaded");
            assert_eq!(problem["retryable"], json!(true));
        }
        first.send(&vec![7; 500_000], Piece::Plain).await.unwrap();
        first.answer().await.unwrap().status(201);
        world.upload(Framing::Bare, "c.mp4", b"hello").await.status(201);
        assert_eq!(world.uploads(), 2);
        world.assert_nothing_left().await;
    })
    .await;
}
