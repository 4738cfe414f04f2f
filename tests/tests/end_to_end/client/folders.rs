//! Tests of `polyhost upload` and `polyhost download` with folders: the places of the files, what is skipped, and the
//! summary.

use serde_json::json;

use super::{User, check_code, counts, lines};
use crate::streamplay::world::{World, bytes};
use polyhost_sandbox::{Copies, StoredNames};

/// Makes a folder with files on three levels and an empty folder, and returns its path.
fn clips(user: &User) -> String {
    for (name, length) in [("a.mp4", 5_000), ("b.txt", 9), ("deep/c.mp4", 70_000), ("deep/er/東京 é.mp4", 1)] {
        user.file(&format!("clips/{name}"), &bytes(length));
    }
    std::fs::create_dir(user.path("clips/empty")).unwrap();
    user.argument("clips")
}

/// The listing of the folder that [`clips`] makes.
const LISTING: &str = "deep/\nempty/\na.mp4\nb.txt\ndeep/er/\ndeep/c.mp4\ndeep/er/東京 é.mp4\n";

#[tokio::test]
async fn folder_is_uploaded_once_at_both_sites() {
    let user = User::start().await;
    let clips = clips(&user);
    for account in ["plays", "main"] {
        let target = format!("{account}:/New/Films");
        let ended = user.run(&["upload", &clips, &target, "--json"]).await;
        check_code(&ended, 0);
        assert_eq!(counts(&ended), [4, 0, 0]);
        assert_eq!(user.run(&["ls", "-r", &target]).await.stdout, LISTING);
        let ended = user.run(&["upload", &clips, &target, "--json"]).await;
        check_code(&ended, 0);
        assert_eq!(counts(&ended), [0, 4, 0]);
        assert!(lines(&ended).iter().all(|line| line["skipped"] == "already there"), "{}", ended.stdout);
        user.file("clips/deep/new.mp4", b"new");
        let ended = user.run(&["upload", &clips, &target]).await;
        assert!(ended.stdout.ends_with(&format!("  {target}/deep/new.mp4\n")), "{}", ended.stdout);
        assert!(
            ended.stderr.starts_with("1 done (3 B), 4 skipped (4 already there), 0 failed in "),
            "{}",
            ended.stderr
        );
        std::fs::remove_file(user.path("clips/deep/new.mp4")).unwrap();
    }
}

#[tokio::test]
async fn folder_makes_a_round_trip() {
    let user = User::start().await;
    let clips = clips(&user);
    check_code(&user.run(&["upload", &clips, "plays:/Films"]).await, 0);
    let films = user.argument("films");
    let ended = user.run(&["download", "plays:/Films", &films, "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [4, 0, 0]);
    for name in ["a.mp4", "b.txt", "deep/c.mp4", "deep/er/東京 é.mp4"] {
        let [sent, received] = ["clips", "films"].map(|folder| std::fs::read(user.path(&format!("{folder}/{name}"))));
        assert!(sent.unwrap() == received.unwrap(), "{name}");
    }
    assert!(user.path("films/empty").is_dir());
    user.world.site.journal().clear();
    let ended = user.run(&["download", "plays:/Films", &films, "--json"]).await;
    assert_eq!(counts(&ended), [0, 4, 0]);
    assert!(user.world.site.journal().of("content").is_empty());
    // A file that is not the same is kept, and named.
    user.file("films/a.mp4", b"mine");
    let ended = user.run(&["download", "plays:/Films", &films]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("films/a.mp4") && ended.stderr.contains("--force"), "{}", ended.stderr);
    assert!(ended.stderr.contains("0 done (0 B), 3 skipped (3 already there), 1 failed ("), "{}", ended.stderr);
    assert_eq!(std::fs::read(user.path("films/a.mp4")).unwrap(), b"mine");
    check_code(&user.run(&["download", "plays:/Films", &films, "--force"]).await, 0);
    assert_eq!(std::fs::read(user.path("films/a.mp4")).unwrap(), bytes(5_000));
}

#[tokio::test]
async fn several_sources_keep_the_names_of_their_folders() {
    let user = User::start().await;
    let [one, two] = [user.file("one/a.mp4", b"1"), user.file("two/a.mp4", b"2")];
    let [one, two] = [one, two].map(|file| file.trim_end_matches("/a.mp4").to_owned());
    let file = user.file("b.mp4", b"3");
    check_code(&user.run(&["upload", &one, &two, &file, "plays:/Films"]).await, 0);
    assert_eq!(user.run(&["ls", "-r", "plays:/Films"]).await.stdout, "one/\ntwo/\nb.mp4\none/a.mp4\ntwo/a.mp4\n");
    assert_eq!(user.world.site.journal().of("folder/create").len(), 3);
    // With a slash, the content goes into the destination; two files cannot have the same path.
    let ended = user.run(&["upload", &format!("{one}/"), &format!("{two}/"), "plays:/Mixed", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(counts(&ended), [1, 0, 1]);
    assert_eq!(user.run(&["ls", "-r", "plays:/Mixed"]).await.stdout, "a.mp4\n");
}

#[tokio::test]
async fn patterns_select_files() {
    let user = User::start().await;
    let clips = clips(&user);
    let ended = user.run(&["upload", &clips, "plays:/A", "--include", "*.mp4", "--exclude", "er"]).await;
    check_code(&ended, 0);
    assert_eq!(user.run(&["ls", "-r", "plays:/A"]).await.stdout, "deep/\na.mp4\ndeep/c.mp4\n");
    check_code(&user.run(&["upload", &clips, "plays:/B"]).await, 0);
    let films = user.argument("films");
    check_code(&user.run(&["download", "plays:/B", &films, "--exclude", "*.mp4"]).await, 0);
    assert_eq!(user.names("films"), ["b.txt"]);
}

#[tokio::test]
async fn dry_run_changes_nothing() {
    let user = User::start().await;
    let clips = clips(&user);
    let ended = user.run(&["upload", &clips, "plays:/Films", "--dry-run"]).await;
    check_code(&ended, 0);
    let line = format!("would copy {clips}/deep/c.mp4 to plays:/Films/deep/c.mp4\n");
    assert!(ended.stdout.contains(&line), "{}", ended.stdout);
    assert!(ended.stderr.starts_with("4 would be done"), "{}", ended.stderr);
    user.world.assert_changed(&[]);
}

#[tokio::test]
async fn failed_file_does_not_stop_the_folder_and_is_repeated() {
    let user = User::start().await;
    let clips = clips(&user);
    user.world.site.error_inside_next_upload("Filetype not allowed");
    let ended = user.run(&["upload", &clips, "plays:/Films", "--jobs", "1"]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("3 done") && ended.stderr.contains("1 failed (1 "), "{}", ended.stderr);
    let ended = user.run(&["upload", &clips, "plays:/Films", "--json"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [1, 3, 0]);
    assert_eq!(user.run(&["ls", "-r", "plays:/Films"]).await.stdout, LISTING);
}

#[tokio::test]
async fn digest_finds_a_changed_file_of_the_same_size() {
    let user = User::start().await;
    let file = user.file("a.mp4", b"hello");
    check_code(&user.run(&["upload", &file, "main:"]).await, 0);
    user.file("a.mp4", b"HELLO");
    let ended = user.run(&["upload", &file, "main:", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(lines(&ended)[0]["problem"]["code"], "already_exists");
    let ended = user.run(&["upload", &file, "main:", "--size-only", "--json"]).await;
    assert_eq!(counts(&ended), [0, 1, 0]);
    check_code(&user.run(&["upload", &file, "main:", "--force"]).await, 0);
    assert_eq!(user.run(&["ls", "main:"]).await.stdout, "a.mp4\n");
    let id = user.world.pstream.find_file("a.mp4").unwrap();
    assert_eq!(user.world.pstream.file_bytes(&id).unwrap(), b"HELLO");
}

#[tokio::test]
async fn replaced_file_keeps_its_name_where_the_site_numbers_copies() {
    let user = User::of(World::at_site(|options| options.copies = Copies::Parentheses).await);
    let file = user.file("a.mp4", b"one");
    check_code(&user.upload(&[&file]).await, 0);
    user.file("a.mp4", b"second");
    let ended = user.upload(&[&file, "--force"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout.ends_with("  plays:/a.mp4\n"), "{}", ended.stdout);
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "a.mp4\n");
    assert_eq!(user.run(&["cat", "plays:/a.mp4"]).await.stdout, "second");
}

#[tokio::test]
async fn name_in_another_unicode_form_is_the_same_name() {
    let user = User::of(World::at_site(|options| options.stored_names = StoredNames::Nfc).await);
    let file = user.file("clips/E\u{301}te\u{301}/E\u{301}.mp4", b"hello");
    let clips = user.argument("clips");
    for expected in [[1, 0, 0], [0, 1, 0]] {
        assert_eq!(counts(&user.run(&["upload", &clips, "plays:/", "--json"]).await), expected, "{file}");
    }
    assert_eq!(user.run(&["ls", "-r", "plays:"]).await.stdout, "\u{c9}t\u{e9}/\n\u{c9}t\u{e9}/\u{c9}.mp4\n");
    assert_eq!(user.run(&["cat", "plays:/E\u{301}te\u{301}/E\u{301}.mp4"]).await.stdout, "hello");
}

#[tokio::test]
async fn files_that_share_a_name_are_downloaded_with_their_ids() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let contents = [&b"one"[..], b"two", b"three"];
    let [first, second, third] = [("a.mp4", 0), ("a.mp4", 1), ("a/b", 2)]
        .map(|(name, content)| user.world.site.add_file(&films, name, contents[content]));
    user.world.site.add_file(&films, "a_b", b"four");
    let target = user.argument("films");
    for expected in [[4, 0, 0], [0, 4, 0]] {
        let ended = user.run(&["download", "plays:/Films", &target, "--json"]).await;
        assert_eq!(counts(&ended), expected);
    }
    let read = |name: String| std::fs::read(user.path(&format!("films/{name}"))).unwrap();
    assert_eq!(read(format!("a ({first}).mp4")), contents[0]);
    assert_eq!(read(format!("a ({second}).mp4")), contents[1]);
    assert_eq!(read(format!("a_b ({third})")), contents[2]);
}

#[tokio::test]
async fn site_without_downloads_is_named_once() {
    let user = User::start().await;
    for name in ["a.mp4", "b.mp4"] {
        user.world.pstream.add_file("0", name, b"hello");
    }
    let ended = user.run(&["download", "main:", &user.argument("there"), "--json"]).await;
    check_code(&ended, 1);
    let reported = lines(&ended);
    assert_eq!((reported.len(), &reported[0]["problem"]["code"]), (1, &json!("capability_unsupported")));
}
