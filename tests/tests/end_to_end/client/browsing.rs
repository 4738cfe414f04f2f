//! Tests of the commands that show what accounts contain: `tree`, `stat`, `usage`, `whoami`, `link` and `open`.

use std::os::unix::fs::PermissionsExt as _;

use polyhost_end_to_end::{Program, body};
use serde_json::{Value, json};

use super::{User, check_code, check_secret, code_of_only, lines};
use crate::world::KEY;

#[tokio::test]
async fn tree_draws_all_levels_or_some() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let silent = user.world.site.add_folder(&films, "Silent");
    user.world.site.add_file(&silent, "東京.mp4", b"hello");
    user.world.site.add_file("0", "a.mp4", b"hello");
    let ended = user.run(&["tree", "plays:"]).await;
    check_code(&ended, 0);
    let drawing = "plays:/\n├── Films/\n│   └── Silent/\n│       └── 東京.mp4\n└── a.mp4\n\n2 folders, 2 files\n";
    assert_eq!(ended.stdout, drawing);
    let ended = user.run(&["tree", "plays:/Films", "--levels", "1", "--ids"]).await;
    assert_eq!(ended.stdout, format!("plays:/Films\n└── Silent/  #{silent}\n\n1 folder, 0 files\n"));
    let ended = user.run(&["tree", "plays:", "--json"]).await;
    let paths: Vec<Value> = lines(&ended).into_iter().map(|item| item["path"].clone()).collect();
    assert_eq!(paths[2..], ["plays:/Films/Silent/東京.mp4", "plays:/a.mp4"]);
}

#[tokio::test]
async fn stat_shows_files_folders_and_accounts() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let file = user.world.site.add_file(&films, "a.mp4", &[0; 2_048]);
    let ended = user.run(&["stat", "plays:/Films/a.mp4"]).await;
    check_code(&ended, 0);
    let words: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.contains(&vec!["id:", &file]) && words.contains(&vec!["size:", "2048", "(2.0", "KiB)"]), "{words:?}");
    let by_id = format!("plays:#{films}/");
    let ended = user.run(&["stat", "plays:/Films", &by_id, "plays:", "--json"]).await;
    check_code(&ended, 0);
    let [folder, same, account] = <[Value; 3]>::try_from(lines(&ended)).unwrap();
    assert_eq!((&folder["id"], &folder["path"]), (&json!(films), &json!("plays:/Films")));
    assert_eq!((&same["id"], &account["name"]), (&json!(films), &json!("plays")));
    let there = user.world.pstream.add_file("0", "b.mp4", b"hello");
    let ended = user.run(&["stat", "main:/b.mp4", "--json"]).await;
    let mut shown = lines(&ended).remove(0);
    shown.as_object_mut().unwrap().remove("path");
    body::file(&shown);
    // The site names the folder only in the listing.
    assert_eq!((&shown["id"], &shown["folder_id"]), (&json!(there), &json!("root")));
    check_code(&user.run(&["stat", "plays:/none"]).await, 1);
}

#[tokio::test]
async fn usage_counts_the_content_of_a_folder() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    user.world.site.add_file(&films, "a.mp4", &[0; 2_048]);
    user.world.site.add_file("0", "b.mp4", &[0; 1_024]);
    let ended = user.run(&["usage", "plays:/Films", "plays:"]).await;
    check_code(&ended, 0);
    let expected = "plays:/Films: 0 folders, 1 file, 2.0 KiB\nplays:/: 1 folder, 2 files, 3.0 KiB";
    assert!(ended.stdout.starts_with(expected), "{}", ended.stdout);
    let ended = user.run(&["usage", "main:", "--json"]).await;
    assert_eq!(lines(&ended)[0]["files"], 0);
}

#[tokio::test]
async fn whoami_shows_client_accounts_and_limit() {
    let user = User::start().await;
    let ended = user.run(&["whoami"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout.contains("web") && ended.stdout.contains("main, plays"), "{}", ended.stdout);
    let ended = user.run(&["whoami", "--json"]).await;
    assert_eq!(lines(&ended)[0]["scopes"], json!(["read", "write"]));
}

#[tokio::test]
async fn link_prints_page_player_or_download() {
    let user = User::start().await;
    let id = user.world.site.add_file("0", "a.mp4", b"hello");
    let there = user.world.pstream.add_file("0", "b.mp4", b"hello");
    let ended = user.run(&["link", "plays:/a.mp4", "main:/b.mp4"]).await;
    check_code(&ended, 0);
    let urls: Vec<&str> = ended.stdout.lines().collect();
    assert!(urls.len() == 2 && urls.iter().all(|url| url.starts_with("http://")), "{urls:?}");
    let ended = user.run(&["link", "plays:/a.mp4", "--download"]).await;
    let bytes = reqwest::get(ended.stdout.trim()).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes, "hello");
    let ended = user.run(&["link", "main:/b.mp4", "--embed", "--json"]).await;
    assert!(lines(&ended)[0]["url"].as_str().unwrap().contains(&there));
    let ended = user.run(&["link", "main:/b.mp4", &format!("plays:#{id}"), "--download"]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("files.download") && ended.stdout.lines().count() == 1, "{}", ended.stderr);
}

#[tokio::test]
async fn link_of_an_id_is_found_in_its_folder() {
    let user = User::start().await;
    let films = user.world.pstream.add_folder("0", "Films");
    user.world.pstream.add_folder("0", "Other");
    // The site reports the addresses of this file only in the listing of its folder.
    let id = user.world.pstream.add_file(&films, "a.mp4", b"hello");
    for option in [&[][..], &["--embed"]] {
        let [by_path, by_id] = ["main:/Films/a.mp4".to_owned(), format!("main:#{id}")];
        let by_id = user.run(&[&["link", &by_id], option].concat()).await;
        check_code(&by_id, 0);
        assert_eq!(by_id.stdout, user.run(&[&["link", &by_path], option].concat()).await.stdout);
    }
    let folder = user.world.site.add_folder("0", "Films");
    let there = user.world.site.add_file(&folder, "b.mp4", b"hello");
    let ended = user.run(&["link", &format!("plays:#{there}"), &format!("plays:#{folder}/")]).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
    let ended = user.run(&["link", &format!("plays:#{folder}/"), "--embed", "--json"]).await;
    assert_eq!(code_of_only(&ended), "is_a_folder");
}

#[tokio::test]
async fn open_hands_the_page_to_the_browser() {
    let user = User::start().await;
    user.world.site.add_file("0", "a.mp4", b"hello");
    let opened = user.argument("opened");
    let browser = user
        .file("bin/xdg-open", format!("#!/bin/sh\necho \"$1\" >{opened}.new\nmv {opened}.new {opened}\n").as_bytes());
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut environment = user.environment(KEY);
    environment.push(("PATH".to_owned(), format!("{}:/usr/bin:/bin", user.argument("bin"))));
    let ended = Program::start_with(["open", "plays:/a.mp4"], &environment).ended().await;
    check_secret(&ended, KEY);
    check_code(&ended, 0);
    super::grown(&user.path("opened"), 1).await;
    assert_eq!(std::fs::read_to_string(user.path("opened")).unwrap(), ended.stdout);
}
