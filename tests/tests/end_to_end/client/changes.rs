//! Tests of `polyhost mkdir`, `mv` and `rm`.

use std::io::Write as _;

use polyhost_end_to_end::Program;

use super::{User, check_code, code_of_only, lines};
use crate::world::KEY;

#[tokio::test]
async fn mkdir_creates_folders_at_both_sites() {
    let user = User::start().await;
    for account in ["plays", "main"] {
        let path = |path: &str| format!("{account}:{path}");
        let ended = user.run(&["mkdir", &path("/Films"), &path("/Films/Séries")]).await;
        check_code(&ended, 0);
        let ids: Vec<&str> = ended.stdout.lines().map(|line| line.split("  ").next().unwrap()).collect();
        let ended = user.run(&["ls", &path(""), "-r", "--ids"]).await;
        let listed: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(listed, [[ids[0], "Films/"], [ids[1], "Films/Séries/"]]);
        let ended = user.run(&["mkdir", &path("/Films"), "--json"]).await;
        check_code(&ended, 1);
        assert_eq!(code_of_only(&ended), "already_exists");
        let ended = user.run(&["mkdir", &path("/A/B"), "--json"]).await;
        assert_eq!(code_of_only(&ended), "not_found");
        check_code(&user.run(&["mkdir", "--parents", &path("/A/B"), &path("/Films"), &path("/A/B")]).await, 0);
    }
    assert_eq!(user.world.site.journal().of("folder/create").len(), 4);
}

#[tokio::test]
async fn mv_moves_into_folders_and_renames() {
    let user = User::start().await;
    let site = &user.world.site;
    let [old, films] = [site.add_folder("0", "Old"), site.add_folder("0", "Films")];
    let [a, b] = [site.add_file(&films, "a.mp4", b"hello"), site.add_file(&films, "b.mp4", b"hello")];
    let ended = user.run(&["mv", "plays:/Films/a.mp4", &format!("plays:#{b}"), "plays:/Old/"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout.starts_with("plays:/Films/a.mp4 -> plays:/Old/a.mp4\n"), "{}", ended.stdout);
    assert_eq!([site.folder_of(&a), site.folder_of(&b)], [Some(old.clone()), Some(old.clone())]);
    check_code(&user.run(&["mv", "plays:/Old/a.mp4", "plays:/Films/c.mp4"]).await, 0);
    assert_eq!((site.folder_of(&a), site.find_file("c.mp4")), (Some(films.clone()), Some(a)));
    check_code(&user.run(&["mv", "plays:/Films", "plays:/Old"]).await, 0);
    assert_eq!(site.parent_of(&films), Some(old));
    // At this site, folders can be renamed and cannot be moved.
    user.world.pstream.add_folder("0", "Films");
    user.world.pstream.add_folder("0", "Old");
    check_code(&user.run(&["mv", "main:/Films", "main:/Kino"]).await, 0);
    let ended = user.run(&["mv", "main:/Kino", "main:/Old", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
    assert!(ended.stdout.contains("folders.move"), "{}", ended.stdout);
}

#[tokio::test]
async fn mv_never_replaces_and_never_invents_a_folder() {
    let user = User::start().await;
    let site = &user.world.site;
    let films = site.add_folder("0", "Films");
    for (folder, name) in [("0", "a.mp4"), ("0", "b.mp4"), (&*films, "a.mp4")] {
        site.add_file(folder, name, b"hello");
    }
    for (source, destination, code) in [
        ("plays:/a.mp4", "plays:/b.mp4", "already_exists"),
        ("plays:/a.mp4", "plays:/Films", "already_exists"),
        ("plays:/a.mp4", "plays:/", "already_exists"),
        ("plays:/a.mp4", "plays:/Old/", "not_found"),
        ("plays:/a.mp4", "plays:/Old/a.mp4", "not_found"),
        ("plays:/none", "plays:/Films", "not_found"),
    ] {
        let ended = user.run(&["mv", source, destination, "--json"]).await;
        check_code(&ended, 1);
        assert_eq!(code_of_only(&ended), code, "{source} {destination}");
    }
    assert!(site.journal().of("file/move").is_empty() && site.journal().of("file/edit").is_empty());
}

#[tokio::test]
async fn rm_deletes_files_and_whole_folders() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let file = user.world.site.add_file(&films, "a.mp4", b"hello");
    let other = user.world.site.add_file("0", "b.mp4", b"hello");
    let there = user.world.pstream.add_file("0", "c.mp4", b"hello");
    let ended = user.run(&["rm", "plays:/Films", "--yes", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "is_a_folder");
    let ended = user.run(&["rm", "plays:/Films", "plays:/b.mp4", "--recursive", "--dry-run"]).await;
    let below = "would delete plays:/Films/a.mp4\nwould delete plays:/Films with 1 file (5 B)\n";
    assert_eq!(ended.stdout, format!("{below}would delete plays:/b.mp4 (5 B)\n"));
    assert_eq!(user.world.site.folder_of(&file), Some(films.clone()));
    let paths = ["plays:/none", "plays:/Films", &format!("plays:#{other}"), "main:/c.mp4"];
    let ended = user.run(&[&["rm", "--yes", "--recursive", "--json"], &paths[..]].concat()).await;
    check_code(&ended, 1);
    let outcomes: Vec<bool> = lines(&ended).iter().map(|line| line["ok"].as_bool().unwrap()).collect();
    assert_eq!(outcomes, [false, true, true, true]);
    assert_eq!(user.world.pstream.file_bytes(&there), None);
    assert_eq!(user.run(&["ls", "plays:"]).await.stdout, "");
}

#[tokio::test]
async fn rm_preview_in_json_has_every_object() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let silent = user.world.site.add_folder(&films, "Silent");
    let ids =
        [("a.mp4", &films), ("東京.mp4", &silent)].map(|(name, folder)| user.world.site.add_file(folder, name, b"x"));
    let ended = user.run(&["rm", "plays:/Films", "-r", "-n", "--json"]).await;
    check_code(&ended, 0);
    let lines = lines(&ended);
    assert!(lines.iter().all(|line| ["ok", "dry_run", "deleted"].iter().all(|field| line[field] == true)), "{lines:?}");
    let deleted: Vec<[&str; 2]> =
        lines.iter().map(|line| ["id", "path"].map(|field| line[field].as_str().unwrap())).collect();
    let expected = [
        [&*silent, "plays:/Films/Silent"],
        [&ids[0], "plays:/Films/a.mp4"],
        [&ids[1], "plays:/Films/Silent/東京.mp4"],
        [&films, "plays:/Films"],
    ];
    assert_eq!(deleted, expected);
    let content = &lines[3]["content"];
    assert_eq!(["files", "folders", "bytes"].map(|count| content[count].as_u64()), [Some(2), Some(1), Some(2)]);
    assert!(user.world.site.journal().of("folder/delete").is_empty());
}

#[tokio::test]
async fn rm_asks_with_the_same_counts_and_deletes_nothing_on_no() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let silent = user.world.site.add_folder(&films, "Silent");
    for (folder, name) in [(&films, "a.mp4"), (&silent, "b.mp4")] {
        user.world.site.add_file(folder, name, &[0; 1_024]);
    }
    let arguments = ["rm", "-r", "plays:/Films"];
    let (program, mut keyboard) = Program::start_on_terminal(&user.path(""), arguments, &user.environment(KEY));
    keyboard.write_all(b"n\n").unwrap();
    let ended = program.ended().await;
    check_code(&ended, 1);
    let question = "Delete plays:/Films with 1 folder and 2 files (2.0 KiB)? The site moves it to the trash. [y/N]";
    assert!(ended.stderr.contains(question), "{}", ended.stderr);
    assert!(ended.stderr.contains("Nothing was deleted: The answer was not yes."), "{}", ended.stderr);
    assert_eq!(user.world.site.parent_of(&films), Some("0".to_owned()));
}

#[tokio::test]
async fn folder_is_not_moved_into_itself() {
    let user = User::start().await;
    user.world.pstream.add_folder("0", "Films");
    user.world.site.add_folder("0", "Films");
    for account in ["plays", "main"] {
        let path = format!("{account}:/Films");
        let ended = user.run(&["mv", &path, &path, "--json"]).await;
        check_code(&ended, 1);
        assert_eq!(code_of_only(&ended), "folder_cycle");
    }
}

#[tokio::test]
async fn missing_folder_named_by_its_id_is_reported() {
    let user = User::start().await;
    for options in [&["--json"][..], &["--json", "-p"]] {
        let ended = user.run(&[&["mkdir", "plays:#9999"], options].concat()).await;
        check_code(&ended, 1);
        assert_eq!(code_of_only(&ended), "folder_not_found");
    }
}
