//! Tests of uploads that the caller, the site or both cut off, at every stage. They check the caller's response, that
//! no request and no file stays open, and that nothing is sent twice.

use std::time::Duration;

use polyhost_end_to_end::{Configuration, Form, Piece, Raw};
use polyhost_sandbox::{Fault, HangUp, Rule};
use serde_json::json;

use super::world::{BOTH, Dialect, FRAMINGS, Framing, World, at_both, bytes, concurrently};

/// More bytes than fit in the buffers of the connections.
const LARGE: usize = 6 << 20;

/// Allows one request of the account at a time, so that a leaked request blocks the next one.
fn one_permit(configuration: Configuration) -> Configuration {
    configuration.upstream("max_concurrency = 1")
}

/// An upload in progress.
struct Sending {
    raw: Raw,
    body: Vec<u8>,
    piece: Piece,
}

impl Sending {
    async fn begin(world: &World, framing: Framing, sent: &[u8]) -> Self {
        let form = Form::new().field("name", "a.mp4").file("clip.mp4", sent);
        let (target, content_type, body) = match framing {
            Framing::Bare | Framing::Chunked => (world.files("a.mp4"), "video/mp4".to_owned(), sent.to_vec()),
            Framing::Form | Framing::ChunkedForm => (world.at("files"), form.content_type(), form.body()),
        };
        let length = (!framing.is_chunked()).then_some(body.len());
        let raw = world.begin(&target, length, &[("Content-Type", &content_type)]).await;
        Self { raw, body, piece: if framing.is_chunked() { Piece::Chunk } else { Piece::Plain } }
    }

    /// Sends the first half of the body. Ignores errors, because the other side may have closed the connection.
    async fn half(&mut self) {
        let half = self.body.len() / 2;
        drop(self.raw.send(&self.body[..half], self.piece).await);
    }

    /// Sends the whole body. Ignores errors, because the other side may have closed the connection.
    async fn whole(&mut self) {
        if self.raw.send(&self.body, self.piece).await.is_ok() && self.piece == Piece::Chunk {
            drop(self.raw.end().await);
        }
    }

    /// Closes or resets the connection.
    fn leave(self, how: HangUp) {
        match how {
            HangUp::Close => drop(self),
            HangUp::Reset => self.raw.reset(),
        }
    }
}

/// Waits until the gateway has begun to handle a request: it has called the site, or has spooled bytes.
async fn begun(world: &World) {
    let begun = async {
        while world.journal().count() == 0 && world.gateway.open_files(world.spool.path()).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun).await.expect("the gateway begins");
}

#[tokio::test]
async fn disconnect_before_the_body_releases_everything() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, one_permit).await;
        for (framing, how) in FRAMINGS.into_iter().zip([HangUp::Close, HangUp::Reset, HangUp::Reset, HangUp::Close]) {
            world.journal().clear();
            Sending::begin(&world, framing, &bytes(LARGE)).await.leave(how);
            world.assert_nothing_left().await;
            assert!(world.stored() == 0 && !world.last_upload().complete, "{dialect:?} {framing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn disconnect_in_the_body_releases_everything() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, one_permit).await;
        for framing in FRAMINGS {
            for how in [HangUp::Close, HangUp::Reset] {
                world.journal().clear();
                let mut sending = Sending::begin(&world, framing, &bytes(LARGE)).await;
                sending.half().await;
                if framing.is_chunked() {
                    begun(&world).await;
                } else {
                    world.upload_reaches(1 << 20).await;
                }
                sending.leave(how);
                world.assert_nothing_left().await;
                let context = format!("{dialect:?} {framing:?} {how:?}");
                assert!(world.stored() == 0 && !world.last_upload().complete, "{context}");
                assert_eq!(world.uploads(), usize::from(!framing.is_chunked()), "{context}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn disconnect_after_the_body_stores_one_file() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, one_permit).await;
        world.inject(Fault::DelayAnswer { millis: 100 });
        for (number, framing) in FRAMINGS.into_iter().enumerate() {
            let how = if number % 2 == 0 { HangUp::Close } else { HangUp::Reset };
            world.journal().clear();
            let mut sending = Sending::begin(&world, framing, &bytes(100_000)).await;
            sending.whole().await;
            world.until(|world| world.last_upload().complete).await;
            sending.leave(how);
            world.assert_nothing_left().await;
            assert_eq!((world.uploads(), world.stored()), (1, number + 1), "{dialect:?} {framing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn upload_cut_by_the_site_is_reported_and_released() {
    let stages = [
        (Fault::Reset, 504),
        (Fault::HangUp { after: 300_000, how: HangUp::Close }, 504),
        (Fault::HangUp { after: 300_000, how: HangUp::Reset }, 504),
        (Fault::CloseAfterBody, 504),
        (Fault::LoseAnswer, 201),
    ];
    concurrently(at_both(&stages), async |(dialect, (fault, expected))| {
        let world = World::configured(dialect, one_permit).await;
        world.inject(fault.clone());
        for framing in [Framing::Bare, Framing::ChunkedForm] {
            let context = format!("{dialect:?} {framing:?} {fault:?}");
            world.journal().clear();
            let before = world.stored();
            let answer = world.upload(framing, &format!("{framing:?}.mp4"), &bytes(2 << 20)).await;
            assert_eq!(answer.status, expected, "{context}: {}", answer.text());
            if expected == 504 {
                assert_eq!(answer.problem(504, "outcome_unknown")["retryable"], json!(false), "{context}");
            }
            assert_eq!((world.uploads(), world.stored()), (1, before + usize::from(expected == 201)), "{context}");
            world.assert_nothing_left().await;
        }
    })
    .await;
}

#[tokio::test]
async fn unreachable_upload_address_is_a_retryable_503() {
    // The upload address is unreachable, so no byte of the file is sent.
    let world = World::configured(Dialect::Openload, one_permit).await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}/ul/x", port.local_addr().unwrap());
    drop(port);
    let ticket = json!({"status": 200, "msg": "OK", "result": {"url": nowhere, "valid_until": "2030-01-01 00:00:00"}});
    let fault = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(ticket.to_string()) };
    world.faults().add(Rule::new("file/ul", fault));
    for framing in FRAMINGS {
        let problem = world.upload(framing, "a.mp4", &bytes(1 << 20)).await.problem(503, "upstream_unavailable");
        assert_eq!(problem["retryable"], json!(true), "{framing:?}");
        world.assert_nothing_left().await;
    }
}

#[tokio::test]
async fn transfer_cut_by_caller_and_site_leaves_nothing() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, one_permit).await;
        for (framing, how) in FRAMINGS.into_iter().zip([HangUp::Close, HangUp::Reset, HangUp::Reset, HangUp::Close]) {
            world.journal().clear();
            world.faults().clear();
            world.inject(Fault::HangUp { after: 300_000, how });
            let mut sending = Sending::begin(&world, framing, &bytes(LARGE)).await;
            if framing.is_chunked() {
                sending.whole().await;
            } else {
                sending.half().await;
            }
            world.until(|world| world.uploads() == 1 && world.journal().open(world.operation()) == 0).await;
            sending.leave(how);
            world.faults().clear();
            world.assert_nothing_left().await;
            assert_eq!((world.uploads(), world.stored()), (1, 0), "{dialect:?} {framing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn disconnect_at_a_blocked_site_releases_the_permit() {
    concurrently(BOTH, async |dialect| {
        // While the gateway cannot send to the site, it does not read from the caller, so it does not detect the
        // caller's disconnection. The idle timeout ends the request.
        let world =
            World::configured(dialect, |configuration| one_permit(configuration).server("idle_timeout = \"2s\"")).await;
        world.faults().add(Rule::new(world.operation(), Fault::StopReading { after: 300_000 }).times(1));
        // More bytes than all buffers hold, so that the gateway cannot have read the whole body.
        let mut sending = Sending::begin(&world, Framing::Bare, &bytes(80 << 20)).await;
        let pouring = sending.raw.send(&sending.body, Piece::Plain);
        drop(tokio::time::timeout(Duration::from_millis(300), pouring).await);
        world.upload_reaches(200_000).await;
        sending.leave(HangUp::Close);
        // The permit is free although the site still waits for the request.
        world.upload(Framing::Bare, "b.mp4", b"hello").await.status(201);
        world.faults().resume();
        world.assert_nothing_left().await;
        assert_eq!(world.stored(), 1);
    })
    .await;
}
