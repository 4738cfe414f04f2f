//! Tests of uploads whose answer is lost. The gateway looks for the file before it reports an unknown outcome, and
//! never sends the file again.

use polyhost_end_to_end::body;
use polyhost_sandbox::{Copies, Fault, Garbage, HangUp, StoredNames, UploadReply};
use serde_json::{Value, json};

use super::world::{BOTH, FRAMINGS, Framing, SiteOptions, World, at_both, bytes, concurrently};

/// Uploads a file whose answer is lost, and asserts that the gateway returns the file that the site stored.
async fn found(world: &World, framing: Framing, sent: &[u8]) -> Value {
    world.journal().clear();
    let before = world.stored();
    let answer = world.upload(framing, "clip.mp4", sent).await;
    let location = answer.header("location").map(str::to_owned);
    let file = answer.json(201);
    body::uploaded_file(&file);
    let id = file["id"].as_str().unwrap();
    assert_eq!(location, Some(world.at(&format!("files/{id}"))));
    assert!(world.bytes_of(id).unwrap() == sent, "the response describes another file");
    assert_eq!((world.uploads(), world.stored()), (1, before + 1), "{framing:?}");
    let received = world.journal().all();
    let sent = received.iter().position(|received| received.operation == world.operation()).unwrap();
    let after = &received[sent..];
    assert!(after.iter().any(|received| received.operation == world.listing()), "not looked for afterwards");
    file
}

/// Uploads a file that the site does not store completely, and asserts an unknown outcome.
async fn unknown(world: &World, framing: Framing, sent: &[u8], context: &str) {
    world.journal().clear();
    let before = world.stored();
    let answer = world.upload(framing, "clip.mp4", sent).await;
    assert_eq!(answer.status, 504, "{context}: {}", answer.text());
    let problem = answer.problem(504, "outcome_unknown");
    assert_eq!(problem["retryable"], json!(false), "{context}");
    assert_eq!((world.uploads(), world.stored()), (1, before), "{context}");
}

#[tokio::test]
async fn file_whose_upload_answer_is_lost_is_found() {
    let faults = [
        Fault::LoseAnswer,
        Fault::CutBody { sent: 5 },
        Fault::ReplaceAnswer { http: 200, with: Garbage::Html },
        Fault::ReplaceAnswer { http: 200, with: Garbage::TruncatedJson },
        Fault::ReplaceAnswer { http: 200, with: Garbage::Empty },
        // The timeout of a proxy in front of the site.
        Fault::ReplaceAnswer { http: 504, with: Garbage::Html },
    ];
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for (number, fault) in faults.iter().enumerate() {
            world.faults().clear();
            world.inject(fault.clone());
            // Each upload has a size of its own, so that no earlier file matches.
            let file = found(&world, FRAMINGS[number % 4], &bytes(100_000 + number)).await;
            assert_eq!((&file["name"], &file["folder_id"]), (&json!("clip.mp4"), &json!("root")), "{fault:?}");
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn newest_of_several_equal_names_is_returned() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        world.add_old_file("clip.mp4", b"OLDER");
        world.inject(Fault::LoseAnswer);
        found(&world, Framing::Bare, b"newer").await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn file_that_the_site_renamed_with_a_number_is_found() {
    concurrently(BOTH, async |dialect| {
        for (copies, expected) in [(Copies::Parentheses, "clip (1).mp4"), (Copies::Dashes, "clip-1.mp4")] {
            let world =
                World::with(dialect, SiteOptions { copies, ..SiteOptions::default() }, |configuration| configuration)
                    .await;
            world.add_old_file("clip.mp4", b"OLDER");
            world.inject(Fault::LoseAnswer);
            assert_eq!(found(&world, Framing::Bare, b"newer").await["name"], expected, "{dialect:?}");
            // An answer that arrives contains the new name too.
            world.faults().clear();
            let third = world.upload(Framing::Bare, "clip.mp4", b"third").await.json(201);
            assert_eq!(third["name"], json!(expected.replace('1', "2")), "{dialect:?}");
            world.assert_nothing_left().await;
        }
    })
    .await;
}

#[tokio::test]
async fn file_whose_name_the_site_normalized_is_found() {
    let cases = [(UploadReply::Nameless, None), (UploadReply::Whole, Some(Fault::LoseAnswer))];
    concurrently(at_both(&cases), async |(dialect, (upload_reply, fault))| {
        let site_options = SiteOptions { stored_names: StoredNames::Nfc, upload_reply, ..SiteOptions::default() };
        let world = World::with(dialect, site_options, |configuration| configuration).await;
        world.add_old_file("été.mp4", b"OLDER");
        fault.into_iter().for_each(|fault| world.inject(fault));
        let file = world.upload(Framing::Bare, "e\u{301}te\u{301}.mp4", b"newer").await.json(201);
        assert!(file["name"].as_str().unwrap().starts_with("\u{e9}t\u{e9}"), "{dialect:?}: {file}");
        assert_eq!(world.bytes_of(file["id"].as_str().unwrap()).unwrap(), b"newer", "{dialect:?}");
        assert_eq!(world.uploads(), 1, "{dialect:?}");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn file_that_is_listed_late_is_found() {
    concurrently(BOTH, async |dialect| {
        let site_options = SiteOptions { listed_late: 1, ..SiteOptions::default() };
        let world = World::with(dialect, site_options, |configuration| configuration).await;
        world.inject(Fault::LoseAnswer);
        found(&world, Framing::Form, b"hello").await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn older_file_is_never_mistaken_for_the_upload() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        // The same bytes, so that only the age distinguishes the two files.
        let older = world.add_old_file("clip.mp4", b"hello");
        world.inject(Fault::CloseAfterBody);
        unknown(&world, Framing::Bare, b"hello", &format!("{dialect:?}")).await;
        assert_eq!(world.bytes_of(&older).unwrap(), b"hello");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn file_of_another_upload_is_never_mistaken_for_this_one() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        // Stored in the same second, by the site's dates.
        let other = world.upload(Framing::Bare, "clip.mp4", b"hello").await.json(201);
        world.inject(Fault::CloseAfterBody);
        unknown(&world, Framing::Bare, b"hello", &format!("{dialect:?}: {other}")).await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn body_cut_by_the_site_is_unknown_and_not_sent_again() {
    let cases = [
        (Framing::Bare, HangUp::Close),
        (Framing::Chunked, HangUp::Reset),
        (Framing::Form, HangUp::Reset),
        (Framing::ChunkedForm, HangUp::Close),
    ];
    concurrently(at_both(&cases), async |(dialect, (framing, how))| {
        let world = World::start(dialect).await;
        world.inject(Fault::HangUp { after: 300_000, how });
        unknown(&world, framing, &bytes(6 << 20), &format!("{dialect:?} {framing:?} {how:?}")).await;
        world.faults().clear();
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn missing_file_after_a_lost_answer_is_unknown_outcome() {
    let faults = [Fault::CloseAfterBody, Fault::Garbage(Garbage::Html), Fault::Garbage(Garbage::TruncatedJson)];
    concurrently(at_both(&faults), async |(dialect, fault)| {
        let world = World::start(dialect).await;
        world.inject(fault.clone());
        unknown(&world, Framing::Chunked, b"hello", &format!("{dialect:?} {fault:?}")).await;
        world.faults().clear();
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn failed_listing_leaves_the_outcome_unknown() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        world.inject(Fault::LoseAnswer);
        world.faults().add(polyhost_sandbox::Rule::new(world.listing(), Fault::http(503)));
        let problem = world.upload(Framing::Bare, "clip.mp4", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?}");
        assert_eq!(problem["upstream"]["operation"], json!(world.operation()), "the problem must name the upload");
    })
    .await;
}
