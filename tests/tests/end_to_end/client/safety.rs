//! Tests of `polyhost sync --delete` and of copies that could destroy files: links, folders that contain each other,
//! empty sources, and names.

use super::{User, check_code};

const SYNC: [&str; 3] = ["sync", "--delete", "--yes"];

#[tokio::test]
async fn link_below_the_destination_is_not_followed() {
    let user = User::start().await;
    let films = user.world.site.add_folder("0", "Films");
    let below = user.world.site.add_folder(&films, "Sub");
    user.world.site.add_file(&below, "a.mp4", b"hello");
    user.file("outside/precious.mp4", b"mine");
    user.file("target/old.mp4", b"old");
    std::os::unix::fs::symlink(user.path("outside"), user.path("target/Sub")).unwrap();
    std::os::unix::fs::symlink(user.path("target"), user.path("link")).unwrap();
    for (target, command) in [("target", SYNC.as_slice()), ("link", &SYNC), ("target", &["download"])] {
        let ended = user.run(&[command, &["plays:/Films", &user.argument(target)]].concat()).await;
        check_code(&ended, 1);
        assert!(ended.stderr.contains("is a link"), "{}", ended.stderr);
        assert_eq!(user.names("outside"), ["precious.mp4"]);
        assert_eq!(user.names("target"), ["Sub", "old.mp4"]);
    }
    std::fs::remove_file(user.path("target/Sub")).unwrap();
    check_code(&user.run(&[SYNC.as_slice(), &["plays:/Films", &user.argument("link")]].concat()).await, 0);
    assert_eq!((user.names("target"), user.names("target/Sub")), (vec!["Sub".into()], vec!["a.mp4".into()]));
}

#[tokio::test]
async fn folders_that_contain_each_other_are_rejected() {
    let user = User::start().await;
    let above = user.world.site.add_folder("0", "A");
    let below = user.world.site.add_folder(&above, "B");
    let precious = user.world.site.add_file(&below, "precious.mp4", b"hello");
    let by_id = format!("plays:#{below}/");
    for (source, destination) in [
        ("plays:/A/B", "plays:/A"),
        ("plays:/A", "plays:/A/B"),
        ("plays:/A", "plays:/A"),
        ("plays:/A", "plays:/A/New/Deep"),
        ("plays:", "plays:/A"),
        (&by_id, "plays:/A"),
        ("plays:/A", &by_id),
    ] {
        for command in [SYNC.as_slice(), &["cp"]] {
            let ended = user.run(&[command, &[source, destination]].concat()).await;
            check_code(&ended, 2);
            assert!(ended.stderr.contains("the destination"), "{}", ended.stderr);
        }
    }
    user.world.assert_changed(&[]);
    assert_eq!(user.world.site.folder_of(&precious), Some(below));
    check_code(&user.run(&["cp", "plays:/A/B", "plays:/C"]).await, 0);
}

#[tokio::test]
async fn empty_source_empties_the_destination_on_request() {
    let user = User::start().await;
    user.file("films/a.mp4", b"hello");
    user.world.site.add_folder("0", "Empty");
    let arguments = ["plays:/Empty", &user.argument("films")];
    let ended = user.run(&[SYNC.as_slice(), &arguments].concat()).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("--delete-all"), "{}", ended.stderr);
    assert_eq!(user.names("films"), ["a.mp4"]);
    check_code(&user.run(&[SYNC.as_slice(), &["--delete-all"], &arguments].concat()).await, 0);
    assert!(user.names("films").is_empty());
    check_code(&user.run(&[&["sync", "--delete-all"], arguments.as_slice()].concat()).await, 2);
}

#[tokio::test]
async fn name_is_for_a_file_in_the_destination_folder() {
    let user = User::start().await;
    let file = user.file("a.mp4", b"hello");
    check_code(&user.run(&["upload", &file, "plays:/New", "--name", "out.mkv"]).await, 0);
    assert_eq!(user.run(&["ls", "-r", "plays:"]).await.stdout, "New/\nNew/out.mkv\n");
    user.world.site.journal().clear();
    let ended = user.run(&["upload", &file, "plays:/New/out.mkv", "--name", "b.mkv", "--force"]).await;
    check_code(&ended, 1);
    let ended = user.run(&["upload", &user.argument(""), "plays:/New", "--name", "b.mkv"]).await;
    check_code(&ended, 2);
    assert_eq!(user.run(&["ls", "-r", "plays:"]).await.stdout, "New/\nNew/out.mkv\n");
}
