//! Tests of sites that refuse an upload before they have read it: the caller gets the refusal, even if the site resets
//! the connection.

use polyhost_sandbox::{Fault, Rest, Rule};
use serde_json::json;

use super::world::{BOTH, Dialect, FRAMINGS, Framing, World, bytes, concurrently};

const RESTS: [Rest; 2] = [Rest::Drained, Rest::CutOff];

/// The site's rejections of the token: early, and then the site reads the rest of the body or cuts the connection; or
/// (`None`) after the whole body.
const REFUSED: [Option<Rest>; 3] = [Some(Rest::Drained), Some(Rest::CutOff), None];

/// More bytes than fit in the buffers of a connection.
const LARGE: usize = 6 << 20;

const NO_TOKEN: &str = "Could not validate access_token and account_id, please reauthenticate or try again.";

/// Returns an early refusal with the message `words`, after `after` bytes of the body.
fn refusal(status: u16, words: &str, after: u64, rest: Rest) -> Fault {
    Fault::RefuseEarly { http: 200, status, words: words.to_owned(), after, rest }
}

#[tokio::test]
async fn early_refusal_has_the_sites_message() {
    let sent = bytes(LARGE);
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for framing in FRAMINGS {
            for rest in RESTS {
                for after in [0, 300_000] {
                    world.journal().clear();
                    world.faults().clear();
                    world.inject(refusal(400, "Filetype not allowed", after, rest));
                    let context = format!("{dialect:?} {framing:?} {rest:?} after {after}");
                    let answer = world.upload(framing, "a.mp4", &sent).await;
                    assert_eq!(answer.status, 422, "{context}: {}", answer.text());
                    let problem = answer.problem(422, "upstream_rejected");
                    let message = problem["upstream"]["message"].as_str().unwrap();
                    assert!(message.contains("Filetype not allowed"), "{context}: {message}");
                    assert_eq!(problem["upstream"]["operation"], json!(world.operation()), "{context}");
                    assert_eq!((world.uploads(), world.stored()), (1, 0), "{context}");
                }
            }
        }
        world.faults().clear();
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn folder_deleted_during_the_upload_is_not_found() {
    let words = "Could not find folder based on folder_id.";
    let world = World::start(Dialect::Yetishare).await;
    for rest in RESTS {
        world.faults().clear();
        world.inject(refusal(404, words, 300_000, rest));
        let answer = world.upload(Framing::Bare, "a.mp4", &bytes(LARGE)).await;
        let problem = answer.problem(404, "folder_not_found");
        assert_eq!(problem["upstream"]["message"], json!(words), "{rest:?}");
    }
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn spooled_upload_is_sent_again_after_a_token_refusal() {
    concurrently(REFUSED, async |refused| {
        let world = World::start(Dialect::Yetishare).await;
        world.plays.kill_tokens_with_next_upload();
        if let Some(rest) = refused {
            let rule = Rule::new("file/upload", refusal(401, NO_TOKEN, 300_000, rest));
            world.faults().add(rule.times(1));
        }
        let sent = bytes(LARGE);
        let file = world.upload(Framing::Chunked, "a.mp4", &sent).await.json(201);
        assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == sent, "{refused:?}");
        assert_eq!((world.uploads(), world.stored(), world.plays.logins()), (2, 1, 2), "{refused:?}");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn streamed_upload_fails_on_token_refusal_and_next_logs_in() {
    concurrently(REFUSED, async |refused| {
        let world = World::start(Dialect::Yetishare).await;
        world.plays.kill_tokens_with_next_upload();
        if let Some(rest) = refused {
            let rule = Rule::new("file/upload", refusal(401, NO_TOKEN, 300_000, rest));
            world.faults().add(rule.times(1));
        }
        let sent = bytes(LARGE);
        let answer = world.upload(Framing::Bare, "a.mp4", &sent).await;
        let problem = answer.problem(502, "upstream_error");
        assert_eq!((&problem["retryable"], world.uploads(), world.stored()), (&json!(true), 1, 0), "{refused:?}");
        world.upload(Framing::Bare, "a.mp4", b"hello").await.status(201);
        assert_eq!((world.uploads(), world.stored(), world.plays.logins()), (2, 1, 2), "{refused:?}");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn refused_upload_ticket_is_a_retryable_502() {
    for rest in RESTS {
        let world = World::start(Dialect::Openload).await;
        world.inject(refusal(403, "Upload URL expired", 300_000, rest));
        let answer = world.upload(Framing::Bare, "a.mp4", &bytes(LARGE)).await;
        let problem = answer.problem(502, "upstream_error");
        assert_eq!(
            (&problem["retryable"], &problem["upstream"]["message"]),
            (&json!(true), &json!("Upload URL expired"))
        );
        world.faults().clear();
        world.upload(Framing::Bare, "a.mp4", b"hello").await.status(201);
        world.assert_nothing_left().await;
    }
}
