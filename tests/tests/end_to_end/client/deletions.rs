//! Tests of the deletions of `polyhost sync --delete`: the question, the patterns, and what is kept after a failure.

use std::io::Write as _;

use polyhost_end_to_end::{Ended, Program};
use polyhost_sandbox::{Fault, Rule};
use serde_json::Value;

use super::{User, check_code};
use crate::world::KEY;

/// A user whose folder `clips` lacks the file `extra.mp4` of the account.
async fn with_extra() -> User {
    let user = User::start().await;
    user.file("clips/a.mp4", b"hello");
    for name in ["a.mp4", "extra.mp4"] {
        user.world.site.add_file("0", name, b"hello");
    }
    user
}

/// Runs `sync --delete` on a terminal, and answers its question.
async fn answered(user: &User, answer: &str) -> Ended {
    let arguments = ["sync", "--delete", &user.argument("clips"), "plays:"];
    let (mut program, mut keyboard) = Program::start_on_terminal(&user.path(""), arguments, &user.environment(KEY));
    let question = "The source does not have:\r\n  plays:/extra.mp4\r\n";
    program.logged(|log| (log.contains(question) && log.ends_with("[y/N] ")).then_some(())).await;
    keyboard.write_all(answer.as_bytes()).unwrap();
    program.ended().await
}

#[tokio::test]
async fn question_on_a_terminal_decides_about_deletions() {
    let user = with_extra().await;
    for answer in ["n\n", "\n"] {
        let ended = answered(&user, answer).await;
        check_code(&ended, 1);
        assert!(ended.stderr.contains("Nothing was deleted"), "{}", ended.stderr);
        assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "a.mp4\nextra.mp4\n");
    }
    let ended = answered(&user, "y\n").await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "deleted plays:/extra.mp4\n");
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "a.mp4\n");
}

#[tokio::test]
async fn files_that_patterns_leave_out_are_not_deleted() {
    let user = User::start().await;
    user.file("clips/a.mp4", b"hello");
    let keep = user.world.site.add_folder("0", "keep");
    user.world.site.add_file(&keep, "old.mp4", b"old");
    for name in ["old.mp4", "old.txt", "sample.mp4"] {
        user.world.site.add_file("0", name, b"old");
    }
    let patterns = ["--include", "*.mp4", "--exclude", "sample*"];
    let clips = user.argument("clips");
    let ended = user.run(&[&["sync", "--delete", "--yes"], &patterns[..], &[&clips, "plays:"]].concat()).await;
    check_code(&ended, 0);
    assert!(ended.stdout.ends_with("  plays:/a.mp4\ndeleted plays:/old.mp4\n"), "{}", ended.stdout);
    assert_eq!(user.run(&["ls", "-r", "plays:"]).await.stdout, "keep/\na.mp4\nold.txt\nsample.mp4\nkeep/old.mp4\n");
    for name in ["old.mp4", "old.txt", "sample.mp4", "keep/old.mp4"] {
        user.file(&format!("films/{name}"), b"old");
    }
    let films = user.argument("films");
    let ended = user.run(&[&["sync", "--delete", "--yes"], &patterns[..], &["plays:", &films]].concat()).await;
    check_code(&ended, 0);
    assert_eq!(user.names("films"), ["a.mp4", "keep", "old.txt", "sample.mp4"]);
}

#[tokio::test]
async fn kept_extras_are_explained_in_every_output() {
    let user = with_extra().await;
    user.file("clips/empty.mp4", b"");
    let sync = ["sync", "--delete", "--yes", &user.argument("clips"), "plays:"];
    for option in [None, Some("--quiet")] {
        let ended = user.run(&[&sync[..], option.as_slice()].concat()).await;
        check_code(&ended, 1);
        assert!(ended.stderr.contains("Nothing is deleted"), "{}", ended.stderr);
    }
    let ended = user.run(&[&sync[..], &["--json"]].concat()).await;
    let summary: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["summary"]["deleted"], &summary["summary"]["not_deleted"]), (&0.into(), &1.into()));
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "a.mp4\nextra.mp4\n");
}

#[tokio::test]
async fn sync_with_any_unreadable_folder_deletes_nothing() {
    let user = User::start().await;
    let source = user.world.site.add_folder("0", "Films");
    let below = user.world.site.add_folder(&source, "Silent");
    user.world.site.add_file(&below, "a.mp4", b"hello");
    user.file("films/Silent/a.mp4", b"hello");
    user.file("films/extra.mp4", b"hello");
    let gone = Fault::Status { http: 200, body_status: Some(404), headers: Vec::new(), body: None };
    let sync = ["sync", &format!("plays:#{source}/"), &user.argument("films"), "--delete", "--yes"];
    let mut failed = 0;
    loop {
        // All listings after the first ones fail, until the command needs no more.
        user.world.site.faults().clear();
        user.world.site.faults().add(Rule::new("folder/listing", gone.clone()).after(failed));
        let ended = user.run(&sync).await;
        assert_eq!(user.names("films/Silent"), ["a.mp4"]);
        if ended.code() == Some(0) {
            break;
        }
        check_code(&ended, 1);
        assert_eq!(user.names("films"), ["Silent", "extra.mp4"]);
        failed += 1;
    }
    assert_eq!((failed > 1, user.names("films")), (true, vec!["Silent".to_owned()]));
}

#[tokio::test]
async fn sync_deletes_nothing_after_a_failure() {
    let user = User::start().await;
    let there = user.world.site.add_folder("0", "Sync");
    let precious = user.world.site.add_file(&there, "precious.mp4", b"hello");
    user.file("clips/empty.mp4", b"");
    let ended = user.run(&["sync", &user.argument("clips"), "plays:/Sync", "--delete", "--yes"]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("Nothing is deleted"), "{}", ended.stderr);
    let ended = user.run(&["sync", &user.argument("none"), "plays:/Sync", "--delete", "--yes"]).await;
    check_code(&ended, 1);
    assert_eq!(user.world.site.folder_of(&precious), Some(there));
    assert!(user.world.site.journal().of("file/delete").is_empty());
}
