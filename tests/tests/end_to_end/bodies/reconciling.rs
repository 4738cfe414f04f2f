//! Uploads whose answer is lost: the file is looked for before it is said that nobody knows, and never sent again.

use polyhost_end_to_end::body;
use polyhost_sandbox::{Copies, Fault, Garbage, HangUp, StoredNames, UploadReply};
use serde_json::{Value, json};

use super::world::{BOTH, Habits, WAYS, Way, World, at_both, bytes, side_by_side};

/// Uploads a file whose answer is lost, and holds what is told against the one that the site has.
async fn found(world: &World, way: Way, sent: &[u8]) -> Value {
    world.journal().clear();
    let before = world.stored();
    let answer = world.upload(way, "clip.mp4", sent).await;
    let location = answer.header("location").map(str::to_owned);
    let file = answer.json(201);
    body::uploaded_file(&file);
    let id = file["id"].as_str().unwrap();
    assert_eq!(location, Some(world.at(&format!("files/{id}"))));
    assert!(world.bytes_of(id).unwrap() == sent, "another file is told of");
    assert_eq!((world.uploads(), world.stored()), (1, before + 1), "{way:?}");
    let asked = world.journal().all();
    let sent = asked.iter().position(|received| received.operation == world.operation()).unwrap();
    assert!(asked[sent..].iter().any(|received| received.operation == world.listing()), "it was looked for afterwards");
    file
}

/// Uploads a file that the site does not keep, or not whole.
async fn unknown(world: &World, way: Way, sent: &[u8], context: &str) {
    world.journal().clear();
    let before = world.stored();
    let answer = world.upload(way, "clip.mp4", sent).await;
    assert_eq!(answer.status, 504, "{context}: {}", answer.text());
    let problem = answer.problem(504, "outcome_unknown");
    assert_eq!(problem["retryable"], json!(false), "{context}");
    assert_eq!((world.uploads(), world.stored()), (1, before), "{context}");
}

#[tokio::test]
async fn a_file_whose_answer_is_lost_is_found() {
    let faults = [
        Fault::LoseAnswer,
        Fault::CutBody { sent: 5 },
        Fault::ReplaceAnswer { http: 200, with: Garbage::Html },
        Fault::ReplaceAnswer { http: 200, with: Garbage::TruncatedJson },
        Fault::ReplaceAnswer { http: 200, with: Garbage::Empty },
        // A server in front of the site that waits no longer.
        Fault::ReplaceAnswer { http: 504, with: Garbage::Html },
    ];
    side_by_side(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for (number, fault) in faults.iter().enumerate() {
            world.faults().clear();
            world.breaks(fault.clone());
            // Of another size each time, or the older ones would be as good.
            let file = found(&world, WAYS[number % 4], &bytes(100_000 + number)).await;
            assert_eq!((&file["name"], &file["folder_id"]), (&json!("clip.mp4"), &json!("root")), "{fault:?}");
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn the_newest_of_several_alike_is_told_of() {
    side_by_side(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        world.add_old_file("clip.mp4", b"OLDER");
        world.breaks(Fault::LoseAnswer);
        found(&world, Way::Bare, b"newer").await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_the_site_has_numbered_is_found() {
    side_by_side(BOTH, async |dialect| {
        for (copies, expected) in [(Copies::Parentheses, "clip (1).mp4"), (Copies::Dashes, "clip-1.mp4")] {
            let world =
                World::with(dialect, Habits { copies, ..Habits::default() }, |configuration| configuration).await;
            world.add_old_file("clip.mp4", b"OLDER");
            world.breaks(Fault::LoseAnswer);
            assert_eq!(found(&world, Way::Bare, b"newer").await["name"], expected, "{dialect:?}");
            // An answer that comes tells the name as well.
            world.faults().clear();
            let third = world.upload(Way::Bare, "clip.mp4", b"third").await.json(201);
            assert_eq!(third["name"], json!(expected.replace('1', "2")), "{dialect:?}");
            world.assert_nothing_left().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_whose_name_the_site_has_composed_is_found() {
    let cases = [(UploadReply::Nameless, None), (UploadReply::Whole, Some(Fault::LoseAnswer))];
    side_by_side(at_both(&cases), async |(dialect, (upload_reply, fault))| {
        let habits = Habits { stored_names: StoredNames::Nfc, upload_reply, ..Habits::default() };
        let world = World::with(dialect, habits, |configuration| configuration).await;
        world.add_old_file("été.mp4", b"OLDER");
        fault.into_iter().for_each(|fault| world.breaks(fault));
        let file = world.upload(Way::Bare, "e\u{301}te\u{301}.mp4", b"newer").await.json(201);
        assert!(file["name"].as_str().unwrap().starts_with("\u{e9}t\u{e9}"), "{dialect:?}: {file}");
        assert_eq!(world.bytes_of(file["id"].as_str().unwrap()).unwrap(), b"newer", "{dialect:?}");
        assert_eq!(world.uploads(), 1, "{dialect:?}");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_listed_late_is_found() {
    side_by_side(BOTH, async |dialect| {
        let habits = Habits { listed_late: 1, ..Habits::default() };
        let world = World::with(dialect, habits, |configuration| configuration).await;
        world.breaks(Fault::LoseAnswer);
        found(&world, Way::Form, b"hello").await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn an_older_file_is_never_taken_for_the_one_that_was_sent() {
    side_by_side(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        // The very same bytes, so that nothing but its age tells that it is another.
        let older = world.add_old_file("clip.mp4", b"hello");
        world.breaks(Fault::CloseAfterBody);
        unknown(&world, Way::Bare, b"hello", &format!("{dialect:?}")).await;
        assert_eq!(world.bytes_of(&older).unwrap(), b"hello");
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn the_file_of_another_upload_is_never_taken_for_the_one_that_was_sent() {
    side_by_side(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        // In the same second, as the site dates it.
        let other = world.upload(Way::Bare, "clip.mp4", b"hello").await.json(201);
        world.breaks(Fault::CloseAfterBody);
        unknown(&world, Way::Bare, b"hello", &format!("{dialect:?}: {other}")).await;
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_that_the_site_cuts_has_an_unknown_outcome_and_is_not_sent_again() {
    let cases = [
        (Way::Bare, HangUp::Close),
        (Way::Chunked, HangUp::Reset),
        (Way::Form, HangUp::Reset),
        (Way::ChunkedForm, HangUp::Close),
    ];
    side_by_side(at_both(&cases), async |(dialect, (way, how))| {
        let world = World::start(dialect).await;
        world.breaks(Fault::HangUp { after: 300_000, how });
        unknown(&world, way, &bytes(6 << 20), &format!("{dialect:?} {way:?} {how:?}")).await;
        world.faults().clear();
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_nowhere_to_be_found_may_be_anywhere() {
    let faults = [Fault::CloseAfterBody, Fault::Garbage(Garbage::Html), Fault::Garbage(Garbage::TruncatedJson)];
    side_by_side(at_both(&faults), async |(dialect, fault)| {
        let world = World::start(dialect).await;
        world.breaks(fault.clone());
        unknown(&world, Way::Chunked, b"hello", &format!("{dialect:?} {fault:?}")).await;
        world.faults().clear();
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_listing_that_fails_leaves_the_outcome_unknown() {
    side_by_side(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        world.breaks(Fault::LoseAnswer);
        world.faults().add(polyhost_sandbox::Rule::new(world.listing(), Fault::http(503)));
        let problem = world.upload(Way::Bare, "clip.mp4", b"hello").await.problem(504, "outcome_unknown");
        assert_eq!((&problem["retryable"], world.uploads()), (&json!(false), 1), "{dialect:?}");
        assert_eq!(problem["upstream"]["operation"], json!(world.operation()), "the upload is what is told of");
    })
    .await;
}
