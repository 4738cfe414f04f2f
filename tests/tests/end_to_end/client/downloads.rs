//! Tests of `polyhost download`: the paths of the written files, and the files that are never overwritten.

use serde_json::json;

use super::{User, check_code, code_of_only, lines};
use crate::streamplay::world::bytes;

#[tokio::test]
async fn file_is_written_to_the_given_path() {
    let user = User::start().await;
    let content = bytes(10_000);
    let id = user.world.site.add_file("0", "Clip.mp4", &content);
    let ended = user.run(&["download", &format!("plays:#{id}"), &user.argument("mine.mp4")]).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, format!("{}\n", user.argument("mine.mp4")));
    assert_eq!(user.names(""), ["mine.mp4"]);
    assert!(std::fs::read(user.path("mine.mp4")).unwrap() == content);
    let ended = user.run(&["download", "plays:/Clip.mp4", &user.argument("new/folder/"), "--json"]).await;
    check_code(&ended, 0);
    let line = lines(&ended).remove(0);
    assert_eq!((&line["id"], &line["ok"]), (&json!(id), &json!(true)));
    assert_eq!(line["path"], user.argument("new/folder/Clip.mp4"));
    polyhost_end_to_end::body::file(&line["file"]);
}

#[tokio::test]
async fn standard_output_gets_only_the_bytes() {
    let user = User::start().await;
    let content = "0123456789abcdef\n".repeat(20_000);
    let id = user.world.site.add_file("0", "a.txt", content.as_bytes());
    let location = format!("plays:#{id}");
    for arguments in [&["download", &location, "-"][..], &["cat", "plays:/a.txt"]] {
        let ended = user.run(arguments).await;
        check_code(&ended, 0);
        assert!(ended.stdout == content);
    }
    let ended = user.run(&["cat", "plays:/a.txt", "plays:/none", &location]).await;
    check_code(&ended, 1);
    assert!(ended.stdout == content.repeat(2));
}

#[tokio::test]
async fn existing_file_is_kept_without_force() {
    let user = User::start().await;
    let id = user.world.site.add_file("0", "a.mp4", b"theirs");
    user.file("a.mp4", b"mine");
    let ended = user.download(&[&id], &["--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "already_exists");
    assert_eq!(std::fs::read(user.path("a.mp4")).unwrap(), b"mine");
    assert!(user.world.site.journal().of("content").is_empty());
    check_code(&user.download(&[&id], &["--force"]).await, 0);
    assert_eq!(std::fs::read(user.path("a.mp4")).unwrap(), b"theirs");
    assert_eq!(user.names(""), ["a.mp4"]);
}

#[tokio::test]
async fn hostile_file_name_cannot_leave_the_directory() {
    let user = User::start().await;
    let hostile = ["../../escaped.mp4", "..", "/etc/passwd", "..\\..\\evaded.mp4", "-rf", "a\u{202e}4pm.exe"];
    let ids = hostile.map(|name| user.world.site.add_file("0", name, b"hello"));
    let locations = ids.map(|id| format!("plays:#{id}"));
    let folder = user.argument("inner/most");
    let mut arguments = vec!["download"];
    arguments.extend(locations.iter().map(String::as_str).chain([folder.as_str()]));
    check_code(&user.run(&arguments).await, 0);
    assert_eq!((user.names(""), user.names("inner")), (vec!["inner".to_owned()], vec!["most".to_owned()]));
    let names = user.names("inner/most");
    assert_eq!(names.len(), hostile.len(), "{names:?}");
    assert!(names.iter().all(|name| name.starts_with('_') || name.starts_with('a')), "{names:?}");
}

#[tokio::test]
async fn two_files_of_one_name_do_not_overwrite_each_other() {
    let user = User::start().await;
    let folder = user.world.site.add_folder("0", "Films");
    let first = user.world.site.add_file("0", "a.mp4", &bytes(5_000));
    let second = user.world.site.add_file(&folder, "a.mp4", &bytes(6_000));
    let ended = user.download(&[&first, &second], &["--json"]).await;
    check_code(&ended, 1);
    let (good, bad): (Vec<_>, Vec<_>) = lines(&ended).into_iter().partition(|line| line["ok"] == true);
    assert_eq!((good.len(), bad.len()), (1, 1));
    assert_eq!(bad[0]["problem"]["code"], "already_exists");
    assert_eq!(std::fs::metadata(user.path("a.mp4")).unwrap().len(), good[0]["file"]["size"].as_u64().unwrap());
    assert_eq!(user.names(""), ["a.mp4"]);
}

#[tokio::test]
async fn missing_and_unsupported_downloads_fail_file_by_file() {
    let user = User::start().await;
    let id = user.world.site.add_file("0", "a.mp4", b"hello");
    let ended = user.download(&["999", &id, "12abc"], &["--json"]).await;
    check_code(&ended, 1);
    let lines = lines(&ended);
    let of = |path: &str| lines.iter().find(|line| line["path"] == path).unwrap();
    assert_eq!(of(&user.argument("a.mp4"))["ok"], true);
    for missing in ["plays:#999", "plays:#12abc"] {
        assert_eq!(of(missing)["problem"]["code"], "file_not_found", "{missing}");
    }
    let there = user.world.pstream.add_file("0", "b.mp4", b"hello");
    let ended = user.run(&["download", &format!("main:#{there}"), &user.argument(""), "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
    assert_eq!(user.names(""), ["a.mp4"]);
}
