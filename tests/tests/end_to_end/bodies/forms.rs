//! Tests of uploads with `multipart/form-data`: the fields, and every fault of a form.

use polyhost_end_to_end::{Answer, Form, Piece};
use serde_json::json;
use sha1::{Digest, Sha1};

use super::world::{BOTH, Dialect, Framing, World, bytes, concurrently, in_chunks};

/// Sends a form to a target, with a `Content-Length` or chunked.
async fn post(world: &World, target: &str, form: &Form, is_chunked: bool) -> Answer {
    let body = if is_chunked { in_chunks(form.body()) } else { form.body().into() };
    world.caller.typed("POST", &world.at(target), &form.content_type(), body).await
}

/// Returns the names of the faulty fields and query parameters.
#[track_caller]
fn places(answer: &Answer) -> Vec<String> {
    answer.faults("invalid_request").into_iter().map(|place| place.trim_start_matches('/').to_owned()).collect()
}

#[tokio::test]
async fn form_fields_equal_the_query_parameters() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        let folder = match dialect {
            Dialect::Openload => world.pstream.add_folder("0", "Films"),
            Dialect::Yetishare => world.plays.add_folder("0", "Films"),
        };
        let sha1 = hex::encode(Sha1::digest(b"hello"));
        for is_chunked in [false, true] {
            let form = Form::new().field("name", "東京.mp4").field("folder_id", &folder).field("sha1", &sha1);
            let file = post(&world, "files", &form.file("clip.mp4", b"hello"), is_chunked).await.json(201);
            assert_eq!((&file["name"], &file["folder_id"]), (&json!("東京.mp4"), &json!(folder)));
            // Fields may have any order, and some of them may be in the query.
            let form = Form::new().field("sha1", &sha1).field("folder_id", "root").file("clip.mp4", b"hello");
            let file = post(&world, "files?name=b.mp4", &form, is_chunked).await.json(201);
            assert_eq!((&file["name"], &file["folder_id"]), (&json!("b.mp4"), &json!("root")));
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn form_without_name_uses_the_file_name() {
    let world = World::start(Dialect::Openload).await;
    for is_chunked in [false, true] {
        for name in ["clip.mp4", "東京物語.mp4", "it's 100% + more.mp4"] {
            let file = post(&world, "files", &Form::new().file(name, b"hello"), is_chunked).await.json(201);
            assert_eq!(file["name"], json!(name));
        }
        let nameless = Form::new().part("Content-Disposition: form-data; name=\"file\"; filename=\"\"", b"hello");
        assert_eq!(places(&post(&world, "files", &nameless, is_chunked).await), ["name"]);
        let bare = Form::new().part("Content-Disposition: form-data; name=\"file\"", b"hello");
        assert_eq!(places(&post(&world, "files", &bare, is_chunked).await), ["name"]);
    }
}

#[tokio::test]
async fn faulty_form_fields_are_named_before_anything_is_sent() {
    let world = World::start(Dialect::Openload).await;
    let name = || Form::new().field("name", "a.mp4");
    let cases = [
        ("files", name().field("title", "A"), vec!["title"]),
        ("files", name().field("name", "b.mp4"), vec!["name"]),
        ("files?name=b.mp4", name(), vec!["name"]),
        ("files?folder_id=root", name().field("folder_id", "root"), vec!["folder_id"]),
        ("files", Form::new().field("name", "a/b"), vec!["name"]),
        ("files", Form::new().field("name", &"é".repeat(256)), vec!["name"]),
        ("files", name().field("sha1", "xyz"), vec!["sha1"]),
        ("files", name().field("title", "A").field("color", "red"), vec!["title", "color"]),
    ];
    for (target, form, expected) in cases {
        for is_chunked in [false, true] {
            let answer = post(&world, target, &form.clone().file("clip.mp4", &bytes(200_000)), is_chunked).await;
            assert_eq!(places(&answer), expected, "{target}, chunked: {is_chunked}");
        }
    }
    for is_chunked in [false, true] {
        let without = post(&world, "files", &name(), is_chunked).await;
        assert_eq!(places(&without), ["file"]);
        let overlong = Form::new().field("name", &"a".repeat(200_000)).file("clip.mp4", b"hello");
        post(&world, "files", &overlong, is_chunked).await.problem(400, "invalid_request");
        let folder = name().field("folder_id", "99999").file("clip.mp4", b"hello");
        post(&world, "files", &folder, is_chunked).await.problem(404, "folder_not_found");
    }
    assert_eq!((world.uploads(), world.stored()), (0, 0));
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn form_fault_at_or_after_the_file_stores_nothing() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        let begun = || Form::new().field("name", "a.mp4").file("clip.mp4", &bytes(200_000));
        let cases = [
            (begun().field("sha1", &"0".repeat(40)), "sha1"),
            (begun().field("title", "A"), "title"),
            (begun().file("other.mp4", b"hello"), "file"),
            (Form::new().field("name", "a.mp4").file("clip.mp4", b""), "file"),
        ];
        for (form, expected) in cases {
            for is_chunked in [false, true] {
                let answer = post(&world, "files", &form, is_chunked).await;
                assert_eq!(places(&answer), [expected], "{dialect:?}, chunked: {is_chunked}");
                assert_eq!(answer.problem(400, "invalid_request")["retryable"], false);
                world.until(|world| world.journal().open(world.operation()) == 0).await;
                assert_eq!(world.stored(), 0, "{dialect:?} {expected}, chunked: {is_chunked}");
            }
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn truncated_form_or_wrong_boundary_is_refused() {
    let world = World::start(Dialect::Openload).await;
    let form = Form::new().field("name", "a.mp4").file("clip.mp4", &bytes(200_000));
    let whole = form.body();
    for end in [10, 60, 1_000, whole.len() - 20, whole.len() - 60] {
        for is_chunked in [false, true] {
            let cut = whole[..end].to_vec();
            let body = if is_chunked { in_chunks(cut) } else { cut.into() };
            let answer = world.caller.typed("POST", &world.at("files"), &form.content_type(), body).await;
            assert_eq!(answer.problem(400, "invalid_request")["retryable"], false, "{end}, chunked: {is_chunked}");
        }
    }
    let none = world.caller.typed("POST", &world.at("files"), "multipart/form-data", whole.clone()).await;
    assert_eq!(places(&none), ["Content-Type"]);
    for boundary in ["other", &"x".repeat(71)] {
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let answer = world.caller.typed("POST", &world.at("files"), &content_type, whole.clone()).await;
        answer.problem(400, "invalid_request");
    }
    let mixed = world.caller.typed("POST", &world.at("files"), "multipart/mixed; boundary=x", whole).await;
    mixed.problem(415, "unsupported_media_type");
    world.until(|world| world.journal().open(world.operation()) == 0).await;
    assert_eq!(world.stored(), 0);
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn form_may_end_with_any_text_or_none() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for length in [5, 200_000] {
            for end in ["", "\r\n", "\n", "\r\nan epilogue\r\n", &" ".repeat(5_000)] {
                for is_chunked in [false, true] {
                    let sent = bytes(length);
                    let form = Form::new().field("name", "a.mp4").file("clip.mp4", &sent);
                    let whole = [form.body().trim_ascii_end(), end.as_bytes()].concat();
                    let body = if is_chunked { in_chunks(whole) } else { whole.into() };
                    let answer = world.caller.typed("POST", &world.at("files"), &form.content_type(), body).await;
                    let file = answer.json(201);
                    assert_eq!(file["size"], json!(length), "{end:?}, chunked: {is_chunked}");
                    assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == sent);
                }
            }
        }
        world.assert_nothing_left().await;
    })
    .await;
}

#[tokio::test]
async fn form_of_known_length_is_streamed_and_not_spooled() {
    concurrently(BOTH, async |dialect| {
        let world = World::configured(dialect, |configuration| configuration.server("max_spool = \"1 B\"")).await;
        let sent = bytes(1 << 20);
        let form = Form::new().field("name", "a.mp4").file("clip.mp4", &sent);
        let whole = form.body();
        let fields = [("Content-Type", form.content_type())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut raw = world.begin(&world.at("files"), Some(whole.len()), &fields).await;
        raw.send(&whole[..600_000], Piece::Plain).await.unwrap();
        // The site has most of the file before the caller has sent the rest, and the gateway spooled none of it.
        world.upload_reaches(500_000).await;
        assert!(world.gateway.open_files(world.spool.path()).is_empty());
        raw.send(&whole[600_000..], Piece::Plain).await.unwrap();
        let file = raw.answer().await.unwrap().json(201);
        assert!(world.bytes_of(file["id"].as_str().unwrap()).unwrap() == sent);
        // A body of unknown length would have to be spooled, so it is refused.
        let kept = world.upload(Framing::ChunkedForm, "b.mp4", b"hello").await;
        assert_eq!(kept.problem(507, "insufficient_storage")["retryable"], true);
        world.assert_nothing_left().await;
    })
    .await;
}
