//! Tests of `polyhost mkdir`, `mv` and `rm`.

use super::{User, check_code, code_of_only, lines};

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
    assert_eq!(ended.stdout, "would delete plays:/Films\nwould delete plays:/b.mp4\n");
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
async fn missing_folder_named_by_its_id_is_reported() {
    let user = User::start().await;
    let ended = user.run(&["mkdir", "-p", "plays:#9999", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "folder_not_found");
}
