//! Tests of `polyhost ls`.

use polyhost_end_to_end::body;
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::{User, check_code, code_of_only, lines};

/// Adds a file to the root, a folder with a file, and a folder in that folder with a file.
fn tree(user: &User) -> [String; 2] {
    let site = &user.world.site;
    let films = site.add_folder("0", "Films");
    let silent = site.add_folder(&films, "Silent");
    site.add_file("0", "a.mp4", b"hello");
    site.add_file(&films, "b \"x\".mp4", &[0; 2_048]);
    site.add_file(&silent, "東京.mp4", b"hello");
    [films, silent]
}

#[tokio::test]
async fn folder_listing_shows_names_and_marks_folders_with_a_slash() {
    let user = User::start().await;
    let [films, _] = tree(&user);
    let ended = user.run(&["ls", "plays:"]).await;
    check_code(&ended, 0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("Films/\na.mp4\n", ""));
    let ended = user.run(&["ls", "plays:/Films/"]).await;
    assert_eq!(ended.stdout, "Silent/\nb \"x\".mp4\n");
    let ended = user.run(&["ls", &format!("plays:#{films}"), "--long"]).await;
    let words: Vec<&str> = ended.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(words[1..], ["2.0", "KiB", "-", "b", "\"x\".mp4"]);
}

#[tokio::test]
async fn recursive_listing_shows_all_levels() {
    let user = User::start().await;
    tree(&user);
    let ended = user.run(&["ls", "plays:", "--recursive"]).await;
    check_code(&ended, 0);
    let expected = "Films/\na.mp4\nFilms/Silent/\nFilms/b \"x\".mp4\nFilms/Silent/東京.mp4\n";
    assert_eq!(ended.stdout, expected);
}

#[tokio::test]
async fn json_prints_one_api_item_per_line() {
    let user = User::start().await;
    tree(&user);
    let ended = user.run(&["ls", "plays:", "-r", "--json"]).await;
    check_code(&ended, 0);
    let paths: Vec<Value> = lines(&ended)
        .into_iter()
        .map(|mut item| {
            let path = item.as_object_mut().unwrap().remove("path").unwrap();
            if item["type"] == "file" {
                body::file(&item)
            } else {
                body::folder(&item)
            }
            path
        })
        .collect();
    let expected = ["Films/", "a.mp4", "Films/Silent/", "Films/b \"x\".mp4", "Films/Silent/東京.mp4"];
    assert_eq!(paths, expected.map(|path| format!("plays:/{path}")));
}

#[tokio::test]
async fn folder_of_many_pages_is_listed_completely() {
    let user = User::start().await;
    for number in 0..2_100 {
        user.world.site.add_file("0", &format!("{number:04}.mp4"), b"x");
    }
    let ended = user.run(&["ls", "plays:"]).await;
    check_code(&ended, 0);
    let expected: Vec<String> = (0..2_100).map(|number| format!("{number:04}.mp4")).collect();
    assert_eq!(ended.stdout.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn accounts_are_listed_if_none_is_named() {
    let user = User::start().await;
    let ended = user.run(&["ls"]).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "main\nplays\n");
    let ended = user.run(&["ls", "--json"]).await;
    lines(&ended).iter().for_each(body::account_summary);
    assert_eq!(lines(&ended)[1]["provider"], json!("streamplay"));
}

#[tokio::test]
async fn missing_folder_is_reported() {
    let user = User::start().await;
    let ended = user.run(&["ls", "plays:#999"]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("Folder not found"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_reported() {
    let user = User::start().await;
    let result =
        r#"{"folders": [], "files": [{"name": "x", "size": 1}, {"name": "a.mp4", "linkextid": "abcabcabcabc"}]}"#;
    let body = Some(format!(r#"{{"status": 200, "msg": "OK", "result": {result}}}"#));
    let listing = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body };
    user.world.pstream.faults().add(Rule::new("file/listfolder", listing));
    for (command, option) in [("ls", "--quiet"), ("tree", "--ids")] {
        let ended = user.run(&[command, "main:", option]).await;
        check_code(&ended, 0);
        assert!(ended.stdout.contains("a.mp4"), "{}", ended.stdout);
        assert_eq!(ended.stderr, "polyhost: main:/: 1 entry cannot be read, and may be missing here.\n");
        let ended = user.run(&[command, "main:", "--json"]).await;
        assert_eq!(lines(&ended)[1], json!({"path": "main:/", "unreadable": 1}));
    }
    let ended = user.run(&["usage", "main:"]).await;
    assert!(ended.stdout.contains("1 entry that cannot be read"), "{}", ended.stdout);
}

#[tokio::test]
async fn misspelt_name_has_a_hint_with_the_similar_one() {
    let user = User::start().await;
    tree(&user);
    for (path, meant) in [("/films/Silent", "/Films"), ("/Films/Silemt/", "/Films/Silent"), ("/A.mp4", "/a.mp4")] {
        let ended = user.run(&["stat", &format!("plays:{path}")]).await;
        check_code(&ended, 1);
        assert!(ended.stderr.contains(&format!("hint: Did you mean plays:{meant}?")), "{}", ended.stderr);
    }
    let ended = user.run(&["stat", "plays:/other"]).await;
    assert!(!ended.stderr.contains("hint"), "{}", ended.stderr);
}

#[tokio::test]
async fn file_in_place_of_a_folder_is_named() {
    let user = User::start().await;
    tree(&user);
    for arguments in [["tree", "plays:/a.mp4"], ["usage", "plays:/a.mp4"], ["stat", "plays:/a.mp4/b"]] {
        let ended = user.run(&[&arguments[..], &["--json"]].concat()).await;
        check_code(&ended, 1);
        assert_eq!(code_of_only(&ended), "not_a_folder", "{arguments:?}");
    }
}

#[tokio::test]
async fn name_of_two_files_needs_an_id() {
    let user = User::start().await;
    let ids = [user.world.site.add_file("0", "a.mp4", b"one"), user.world.site.add_file("0", "a.mp4", b"two")];
    let ended = user.run(&["cat", "plays:/a.mp4", "--quiet"]).await;
    check_code(&ended, 1);
    assert!(ids.iter().all(|id| ended.stderr.contains(&format!("plays:#{id}"))), "{}", ended.stderr);
    let ended = user.run(&["cat", &format!("plays:#{}", ids[1])]).await;
    assert_eq!(ended.stdout, "two");
    let ended = user.run(&["ls", "plays:", "--ids"]).await;
    let words: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words, [[&ids[0], "a.mp4"], [&ids[1], "a.mp4"]]);
}

#[tokio::test]
async fn file_and_missing_path_are_listed_with_the_others() {
    let user = User::start().await;
    tree(&user);
    let ended = user.run(&["ls", "plays:/a.mp4", "plays:/none", "plays:/Films/Silent"]).await;
    check_code(&ended, 1);
    assert_eq!(ended.stdout, "plays:/a.mp4:\na.mp4\nplays:/none:\nplays:/Films/Silent:\n東京.mp4\n");
    assert!(ended.stderr.contains("plays:/none"), "{}", ended.stderr);
}
