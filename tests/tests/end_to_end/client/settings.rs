//! Tests of `polyhost login`, of the choice of the server, and of the files for shells.

use std::os::unix::fs::PermissionsExt as _;

use polyhost_end_to_end::{Ended, Program};

use super::{User, check_code, check_secret};
use crate::world::KEY;

/// Runs the program with a home of its own, and no variable that selects a gateway or a key.
async fn at_home(user: &User, arguments: &[&str], input: &str) -> Ended {
    let unset = ["POLYHOST_API_KEY", "XDG_CONFIG_HOME"].map(|name| (name.to_owned(), String::new()));
    let home = [("HOME".to_owned(), user.argument("home")), ("NO_PROXY".to_owned(), "*".to_owned())];
    let environment = [unset, home].concat();
    let ended = Program::start_reading(arguments, &environment, input.as_bytes().to_vec()).ended().await;
    check_secret(&ended, KEY);
    ended
}

#[tokio::test]
async fn login_saves_server_and_key_for_later_commands() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    let ended = at_home(&user, &["login", &address], "key-of-nobody\n").await;
    check_code(&ended, 4);
    assert!(!user.path("home/.config").exists());
    check_code(&at_home(&user, &["login", &address], &format!("{KEY}\n")).await, 0);
    let file = user.path("home/.config/polyhost/client.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let ended = at_home(&user, &["ls"], "").await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "main\nplays\n");
    // The key is only for the gateway that it was saved for.
    let other = user.world.gateway.address().replace("127.0.0.1", "localhost");
    check_code(&at_home(&user, &["ls", "--server", &other], "").await, 4);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = at_home(&user, &["ls"], "").await;
    check_code(&ended, 2);
    assert!(ended.stderr.contains("chmod 600"), "{}", ended.stderr);
}

#[tokio::test]
async fn https_to_a_gateway_without_it_is_explained() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    let ended = user.run(&["ls", "--server", &format!("https://{address}")]).await;
    check_code(&ended, 3);
    assert!(ended.stderr.contains(&format!("http://{address}")), "{}", ended.stderr);
    check_code(&user.run(&["ls", "--server", &address]).await, 0);
}

#[tokio::test]
async fn completions_and_manual_pages_are_made() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ended = Program::run(["completions", shell]).await;
        check_code(&ended, 0);
        assert!(ended.stdout.contains("polyhost") && ended.stdout.contains("download"), "{shell}");
    }
    check_code(&Program::run(["man", folder.path().to_str().unwrap()]).await, 0);
    let page = std::fs::read_to_string(folder.path().join("polyhost-upload.1")).unwrap();
    assert!(page.contains("Exit codes") && page.contains("dry"), "{page}");
}
