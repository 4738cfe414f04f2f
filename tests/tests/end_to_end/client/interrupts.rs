//! Tests of Ctrl-C during a transfer: what is reported as done is done, and the same command does the rest.

use std::time::Duration;

use polyhost_end_to_end::{Ended, Program};
use polyhost_sandbox::{Fault, Rule};

use super::{User, check_code, counts};
use crate::streamplay::world::bytes;

/// Sends Ctrl-C, and asserts that the program says so in one line.
async fn interrupted(program: Program, detail: &str) -> Ended {
    program.interrupt();
    let ended = program.ended().await;
    check_code(&ended, 130);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("Interrupted") && ended.stderr.contains(detail), "{}", ended.stderr);
    ended
}

/// Lets two requests for an operation pass. All later ones have the fault.
fn break_after_two(user: &User, operation: &str, fault: Fault) {
    user.world.site.faults().add(Rule::new(operation, fault).after(2));
}

#[tokio::test]
async fn interrupted_folder_upload_goes_on_later() {
    let user = User::start().await;
    for number in 0..6 {
        user.file(&format!("clips/{number}.mp4"), b"hello");
    }
    let clips = user.argument("clips");
    break_after_two(&user, "file/upload", Fault::Hang);
    let program = user.begin(&["upload", &clips, "plays:/Films", "--jobs", "2"]);
    // With two workers, the fourth upload begins when two are finished.
    user.world.sent("file/upload", 4).await;
    let ended = interrupted(program, "2 of 6 files are finished").await;
    assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
    user.world.site.faults().clear();
    for line in ended.stdout.lines() {
        check_code(&user.run(&["stat", line.split_once("  ").unwrap().1]).await, 0);
    }
    let ended = user.run(&["upload", &clips, "plays:/Films", "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [4, 2, 0]);
}

#[tokio::test]
async fn interrupted_folder_download_goes_on_later() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    for number in 0..6 {
        user.world.site.add_file(&films, &format!("{number}.mp4"), &bytes(200_000));
    }
    let target = user.argument("films");
    break_after_two(&user, "content", Fault::Stall { sent: 50_000 });
    let program = user.begin(&["download", "plays:/Films", &target, "--jobs", "2"]);
    user.world.sent("content", 4).await;
    let ended = interrupted(program, "2 of 6 files are finished").await;
    assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
    for path in ended.stdout.lines() {
        assert!(std::fs::read(path).unwrap() == bytes(200_000), "{path}");
    }
    user.world.site.faults().clear();
    let ended = user.run(&["download", "plays:/Films", &target, "--json"]).await;
    check_code(&ended, 0);
    assert_eq!((counts(&ended), user.names("films").len()), ([4, 2, 0], 6));
}

#[tokio::test]
async fn interrupt_lets_a_replacement_be_completed() {
    let user = User::start().await;
    for name in ["a.mp4", "b.mp4"] {
        user.world.site.add_file("0", name, b"old");
        user.file(&format!("clips/{name}"), b"hello");
    }
    user.world.site.faults().add(Rule::new("file/upload", Fault::Hang).after(1));
    user.world.inject("file/delete", Fault::DelayAnswer { millis: 1_000 });
    let clips = user.argument("clips");
    let program = user.begin(&["sync", &clips, "plays:", "--jobs", "2"]);
    user.world.sent("file/delete", 1).await;
    user.world.sent("file/upload", 2).await;
    let ended = interrupted(program, "1 of 2 files are finished").await;
    user.world.site.faults().clear();
    let (id, path) = ended.stdout.trim_end().split_once("  ").expect("one file is reported");
    assert_eq!(user.run(&["cat", path]).await.stdout, "hello");
    assert_eq!(user.world.site.file_bytes(id).unwrap(), b"hello");
    let ended = user.run(&["sync", &clips, "plays:", "--json"]).await;
    assert_eq!(counts(&ended), [1, 1, 0]);
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "a.mp4\nb.mp4\n");
}

#[tokio::test]
async fn interrupted_deletions_go_on_later() {
    let user = User::start().await;
    user.file("clips/kept.mp4", b"hello");
    for name in ["a.mp4", "b.mp4", "c.mp4", "d.mp4"] {
        user.world.site.add_file("0", name, name.as_bytes());
    }
    break_after_two(&user, "file/delete", Fault::Hang);
    let command = ["sync", &user.argument("clips"), "plays:", "--delete", "--yes"];
    let program = user.begin(&command);
    user.world.sent("file/delete", 3).await;
    let ended = interrupted(program, "2 of 4 objects were deleted. plays:/c.mp4 may have been deleted.").await;
    assert!(ended.stdout.ends_with("deleted plays:/a.mp4\ndeleted plays:/b.mp4\n"), "{}", ended.stdout);
    user.world.site.faults().clear();
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "c.mp4\nd.mp4\nkept.mp4\n");
    let ended = user.run(&command).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "deleted plays:/c.mp4\ndeleted plays:/d.mp4\n");
}

#[tokio::test]
async fn second_interrupt_ends_at_once() {
    let user = User::start().await;
    user.world.site.add_file("0", "a.mp4", b"old");
    let file = user.file("a.mp4", b"hello");
    user.world.inject("file/delete", Fault::Hang);
    let mut program = user.begin(&["upload", "--force", &file, "plays:"]);
    user.world.sent("file/delete", 1).await;
    // Signals that arrive together count as one, so more than two may be needed.
    while program.runs() {
        program.interrupt();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = program.ended().await;
    check_code(&ended, 130);
    assert!(ended.stderr.lines().count() == 1 && ended.stderr.contains("Interrupted"), "{}", ended.stderr);
}
