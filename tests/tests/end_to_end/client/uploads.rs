//! Tests of `polyhost upload`.

use polyhost_end_to_end::{Program, body};
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use super::{User, check_code, check_secret, code_of_only, lines};
use crate::streamplay::world::bytes;
use crate::world::KEY;

/// File names with special characters, each with the name that a download gives it.
pub(crate) const NAMES: [(&str, &str); 6] = [
    ("東京物語.mp4", "東京物語.mp4"),
    ("فيلم قصير.mkv", "فيلم قصير.mkv"),
    ("🎬 🍿.webm", "🎬 🍿.webm"),
    ("it's \"quoted\".mp4", "it's \"quoted\".mp4"),
    ("100% + a&b=c#d?.mp4", "100% + a&b=c#d?.mp4"),
    (".hidden.mp4", "_hidden.mp4"),
];

#[tokio::test]
async fn parallel_uploads_with_special_names_make_a_round_trip() {
    let user = User::start().await;
    let content = |index: usize| bytes([1, 65_535, 65_536, 65_537, 7, 2_000_000][index]);
    let files: Vec<String> =
        NAMES.iter().enumerate().map(|(index, (name, _))| user.file(&format!("up/{name}"), &content(index))).collect();
    let mut arguments = vec!["--json", "--jobs", "3"];
    arguments.extend(files.iter().map(String::as_str));
    let ended = user.upload(&arguments).await;
    check_code(&ended, 0);
    assert_eq!(ended.stderr, "");
    let lines = lines(&ended);
    assert_eq!(lines.len(), NAMES.len());
    let mut ids = Vec::new();
    for (index, (name, _)) in NAMES.iter().enumerate() {
        let line = lines.iter().find(|line| line["path"] == files[index]).unwrap();
        assert_eq!(line["ok"], true);
        body::uploaded_file(&line["file"]);
        assert_eq!((&line["file"]["name"], &line["file"]["size"]), (&json!(name), &json!(content(index).len())));
        let id = line["file"]["id"].as_str().unwrap();
        assert!(user.world.site.file_bytes(id).unwrap() == content(index), "{name}");
        ids.push(id);
    }
    let down = user.argument("down");
    let locations: Vec<String> = ids.iter().map(|id| format!("plays:#{id}")).collect();
    let locations: Vec<&str> = locations.iter().map(String::as_str).collect();
    check_code(&user.run(&[&["download"], &locations[..], &[&down]].concat()).await, 0);
    let mut expected: Vec<&str> = NAMES.iter().map(|(_, safe)| *safe).collect();
    expected.sort_unstable();
    assert_eq!(user.names("down"), expected);
    for (index, (name, safe)) in NAMES.iter().enumerate() {
        assert!(std::fs::read(user.path(&format!("down/{safe}"))).unwrap() == content(index), "{name}");
    }
}

#[tokio::test]
async fn upload_uses_the_given_folder_name_and_media_type() {
    let user = User::start().await;
    let folder = user.world.site.add_folder("0", "Films");
    let file = user.file("clip.mp4", b"hello");
    let ended = user.run(&["upload", &file, "plays:/Films", "--name", "Clip of mine.mkv"]).await;
    check_code(&ended, 0);
    let id = user.world.site.find_file("Clip of mine.mkv").unwrap();
    assert_eq!(ended.stdout, format!("{id}  plays:/Films/Clip of mine.mkv\n"));
    assert_eq!(user.world.site.folder_of(&id), Some(folder));
    let upload = user.world.site.journal().of("file/upload").remove(0).upload.unwrap();
    assert_eq!(upload.content_type.as_deref(), Some("video/x-matroska"));
}

#[tokio::test]
async fn checksum_is_declared_on_request() {
    let user = User::start().await;
    let file = user.file("a.mp4", b"hello");
    for (arguments, sha1) in [(vec![], None), (vec!["--checksum"], Some("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"))] {
        user.world.pstream.journal().clear();
        let ended = user.run(&[&["upload", &file, "main:", "--force"], &arguments[..]].concat()).await;
        check_code(&ended, 0);
        let calls = user.world.pstream.journal().of("file/ul");
        assert_eq!((calls.len(), calls[0].parameter("sha1")), (1, sha1));
    }
}

#[tokio::test]
async fn standard_input_is_uploaded_under_a_given_name() {
    let user = User::start().await;
    let content = bytes(500_000);
    let arguments = ["upload", "-", "--name", "piped.mp4", "plays:"];
    let program = Program::start_reading(arguments, &user.environment(KEY), content.clone());
    let ended = program.ended().await;
    check_secret(&ended, KEY);
    check_code(&ended, 0);
    let id = user.world.site.find_file("piped.mp4").unwrap();
    assert!(user.world.site.file_bytes(&id).unwrap() == content);
}

#[tokio::test]
async fn unreadable_files_are_reported_before_anything_is_sent() {
    let user = User::start().await;
    let (missing, empty) = (user.argument("missing.mp4"), user.file("empty.mp4", b""));
    let ended = user.upload(&[&missing, &empty, "--json"]).await;
    check_code(&ended, 1);
    let reported = lines(&ended);
    assert_eq!(reported.iter().map(|line| line["path"].as_str().unwrap()).collect::<Vec<_>>(), [missing, empty]);
    assert!(reported.iter().all(|line| line["problem"]["code"] == "local_file"), "{reported:?}");
    user.world.assert_nothing_sent();
}

#[tokio::test]
async fn readable_files_are_uploaded_despite_an_unreadable_one() {
    let user = User::start().await;
    let (missing, good) = (user.argument("missing.mp4"), user.file("good.mp4", b"hello"));
    let ended = user.upload(&[&missing, &good]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("missing.mp4") && !ended.stderr.contains("good.mp4"), "{}", ended.stderr);
    assert!(user.world.site.find_file("good.mp4").is_some());
}

#[tokio::test]
async fn unknown_outcome_is_reported_and_never_sent_again() {
    let user = User::start().await;
    user.world.inject("file/upload", Fault::CloseAfterBody);
    let file = user.file("a.mp4", b"hello");
    let ended = user.upload(&[&file]).await;
    check_code(&ended, 5);
    assert!(ended.stderr.contains("request "), "{}", ended.stderr);
    let ended = user.upload(&[&file, "--json"]).await;
    check_code(&ended, 5);
    assert_eq!(code_of_only(&ended), "outcome_unknown");
    assert_eq!(user.world.site.journal().of("file/upload").len(), 2);
}

#[tokio::test]
async fn refused_file_does_not_stop_the_other_uploads() {
    let user = User::start().await;
    user.world.site.error_inside_next_upload("Filetype not allowed");
    let files = [user.file("a.mp4", b"hello"), user.file("b.mp4", b"world")];
    let ended = user.upload(&["--jobs", "1", "--json", &files[0], &files[1]]).await;
    check_code(&ended, 1);
    let outcomes: Vec<Value> = lines(&ended).iter().map(|line| line["ok"].clone()).collect();
    assert_eq!(outcomes, [false, true]);
    assert!(ended.stdout.contains("Filetype not allowed"), "{}", ended.stdout);
}

#[tokio::test]
async fn file_over_the_upload_limit_is_refused_before_sending() {
    let world =
        crate::streamplay::world::World::configured(|configuration| configuration.server("max_upload = \"1 KiB\""));
    let user = User::of(world.await);
    let (large, small) = (user.file("large.mp4", &bytes(1_025)), user.file("small.mp4", &bytes(1_024)));
    let ended = user.upload(&[&large, &small, "--json"]).await;
    check_code(&ended, 1);
    let refused = lines(&ended).into_iter().find(|line| line["ok"] == false).unwrap();
    assert_eq!((&refused["path"], &refused["problem"]["code"]), (&json!(large), &json!("payload_too_large")));
    assert_eq!(user.world.site.journal().of("file/upload").len(), 1);
}
