//! Tests of `polyhost cp` and `polyhost sync`.

use polyhost_sandbox::{Fault, Rule};

use super::{User, check_code, code_of_only, counts};
use crate::streamplay::world::bytes;

#[tokio::test]
async fn site_copies_inside_an_account() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    user.world.site.add_file("0", "a.mp4", b"hello");
    check_code(&user.run(&["cp", "plays:/a.mp4", "plays:/Films"]).await, 0);
    let ended = user.run(&["cp", "plays:/a.mp4", "plays:/Films/b.mp4"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout.ends_with("  plays:/Films/b.mp4\n"), "{}", ended.stdout);
    assert_eq!(user.world.site.journal().of("file/copy").len(), 2);
    assert!(user.world.site.journal().of("file/upload").is_empty());
    assert_eq!(user.run(&["ls", &format!("plays:#{films}")]).await.stdout, "a.mp4\nb.mp4\n");
    assert_eq!(counts(&user.run(&["cp", "plays:/a.mp4", "plays:/Films", "--json"]).await), [0, 1, 0]);
}

#[tokio::test]
async fn copy_between_accounts_passes_through_this_machine() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let content = bytes(3_000_000);
    user.world.site.add_file(&films, "東京.mp4", &content);
    user.world.site.add_file(&films, "b.mp4", b"b");
    let ended = user.run(&["cp", "plays:/Films", "main:/Kino", "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [2, 0, 0]);
    let id = user.world.pstream.find_file("東京.mp4").unwrap();
    assert!(user.world.pstream.file_bytes(&id).unwrap() == content);
    assert_eq!(counts(&user.run(&["cp", "plays:/Films", "main:/Kino", "--json"]).await), [0, 2, 0]);
    // This site sends no files, and says so once.
    let ended = user.run(&["cp", "main:/Kino", "plays:/Back", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
    let ended = user.run(&["cp", "main:/Kino/b.mp4", "main:/c.mp4", "--json"]).await;
    assert_eq!(code_of_only(&ended), "capability_unsupported");
}

#[tokio::test]
async fn broken_source_is_read_again_and_never_stored_in_part() {
    let user = User::start().await;
    let content = bytes(1_000_000);
    user.world.site.add_file("0", "a.mp4", &content);
    user.world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 300_000 }).times(1));
    let ended = user.run(&["cp", "plays:/a.mp4", "main:"]).await;
    check_code(&ended, 0);
    let id = user.world.pstream.find_file("a.mp4").unwrap();
    assert!(user.world.pstream.file_bytes(&id).unwrap() == content);
    assert_eq!(user.run(&["ls", "main:"]).await.stdout, "a.mp4\n");
}

#[tokio::test]
async fn file_and_local_path_can_be_copied_too() {
    let user = User::start().await;
    let file = user.file("a:b.mp4", b"hello");
    check_code(&user.run(&["cp", &file, "plays:/Films/"]).await, 0);
    check_code(&user.run(&["cp", "-r", "plays:/Films", &user.argument("films")]).await, 0);
    assert_eq!(user.names("films"), ["a:b.mp4"]);
}

#[tokio::test]
async fn sync_replaces_and_deletes_only_on_request() {
    let user = User::start().await;
    for name in ["a.mp4", "sub/b.mp4"] {
        user.file(&format!("clips/{name}"), b"hello");
    }
    let (clips, target) = (user.argument("clips"), "plays:/Sync");
    check_code(&user.run(&["sync", &clips, target]).await, 0);
    user.file("clips/a.mp4", b"changed");
    user.file("clips/c.mp4", b"new");
    std::fs::remove_dir_all(user.path("clips/sub")).unwrap();
    let ended = user.run(&["sync", &clips, target, "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [2, 0, 0]);
    assert_eq!(user.run(&["cat", "plays:/Sync/a.mp4"]).await.stdout, "changed");
    assert_eq!(user.run(&["ls", "-r", target]).await.stdout, "sub/\na.mp4\nc.mp4\nsub/b.mp4\n");
    let ended = user.run(&["sync", &clips, target, "--delete", "--dry-run"]).await;
    assert_eq!(ended.stdout, "would delete plays:/Sync/sub/\n");
    let ended = user.run(&["sync", &clips, target, "--delete", "--yes"]).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "deleted plays:/Sync/sub/\n");
    assert_eq!(user.run(&["ls", "-r", target]).await.stdout, "a.mp4\nc.mp4\n");
}

#[tokio::test]
async fn sync_works_towards_this_machine_and_between_accounts() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    user.world.site.add_file(&films, "a.mp4", b"hello");
    user.file("films/old/b.mp4", b"old");
    user.file("films/a.mp4", b"old content");
    let target = user.argument("films");
    check_code(&user.run(&["sync", "plays:/Films", &target, "--delete", "--yes"]).await, 0);
    assert_eq!(user.names("films"), ["a.mp4"]);
    assert_eq!(std::fs::read(user.path("films/a.mp4")).unwrap(), b"hello");
    for expected in [[1, 0, 0], [0, 1, 0]] {
        let ended = user.run(&["sync", "plays:/Films", "main:/Films", "--delete", "--yes", "--json"]).await;
        check_code(&ended, 0);
        assert_eq!(counts(&ended), expected);
    }
}

#[tokio::test]
async fn file_forced_onto_itself_is_kept() {
    let user = User::start().await;
    let id = user.world.site.add_file("0", "a.mp4", b"hello");
    let ended = user.run(&["cp", "--force", "plays:/a.mp4", "plays:/a.mp4", "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [0, 1, 0]);
    assert_eq!(user.world.site.folder_of(&id).as_deref(), Some("0"));
    assert!(user.world.site.journal().of("file/copy").is_empty());
}

#[tokio::test]
async fn sync_keeps_foreign_partial_files() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    user.world.site.add_file(&films, "a.mp4", b"hello");
    user.file("films/a.mp4.part", b"mine");
    user.file("films/a.mp4.part.json", b"{}");
    let ended = user.run(&["sync", "plays:/Films", &user.argument("films"), "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(std::fs::read(user.path("films/a.mp4.part")).unwrap(), b"mine");
    assert_eq!(std::fs::read(user.path("films/a.mp4.part.json")).unwrap(), b"{}");
}

#[tokio::test]
async fn sync_transfers_a_renamed_file() {
    let user = User::start().await;
    let there = user.world.site.add_folder("0", "Sync");
    user.world.site.add_file(&there, "old.mp4", b"hello");
    user.file("clips/new.mp4", b"hello");
    check_code(&user.run(&["sync", &user.argument("clips"), "plays:/Sync", "--delete", "--yes"]).await, 0);
    assert_eq!(user.run(&["ls", "plays:/Sync"]).await.stdout, "new.mp4\n");
}

#[tokio::test]
async fn one_stored_file_stands_for_one_of_two_equal_sources() {
    let user = User::start().await;
    user.world.pstream.add_file("0", "old.mp4", b"hello");
    for name in ["a.mp4", "b.mp4"] {
        user.file(&format!("clips/{name}"), b"hello");
    }
    for expected in [[1, 1, 0], [0, 2, 0]] {
        let ended = user.run(&["upload", &user.argument("clips"), "main:", "--json"]).await;
        check_code(&ended, 0);
        assert_eq!(counts(&ended), expected, "{}", ended.stdout);
    }
    assert_eq!(user.run(&["ls", "main:"]).await.stdout.lines().count(), 2);
}
