//! Tests of `polyhost login`, of the choice of the server, and of the files for shells.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use polyhost_end_to_end::{Ended, Program};

use super::{User, check_code, check_secret, lines};
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
async fn login_says_where_key_and_file_are() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    let file = user.argument("home/.config/polyhost/client.toml");
    let ended = at_home(&user, &["login", &address], &format!("{KEY}\n")).await;
    check_code(&ended, 0);
    assert!(ended.stdout.contains("the key from the standard input") && ended.stdout.contains(&file), "{ended:?}");
    let key_file = user.file("key", KEY.as_bytes());
    let ended = at_home(&user, &["login", &address, "--key-file", &key_file, "--json"], "").await;
    assert_eq!(lines(&ended)[0]["key_from"], format!("the file {key_file}"));
    let ended = at_home(&user, &["login", &address, "--key-file", &key_file, "--quiet"], "").await;
    assert_eq!((ended.code(), ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
}

#[tokio::test]
async fn logout_removes_the_key_and_keeps_the_server() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    check_code(&at_home(&user, &["login", &address], &format!("{KEY}\n")).await, 0);
    let file = user.path("home/.config/polyhost/client.toml");
    // Other commands reject this file; the key in it can be removed.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = at_home(&user, &["logout"], "").await;
    check_code(&ended, 0);
    assert!(ended.stdout.contains(&address), "{}", ended.stdout);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(KEY));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let ended = at_home(&user, &["ls", "--json"], "").await;
    check_code(&ended, 4);
    let ended = at_home(&user, &["logout", "--json"], "").await;
    assert_eq!((ended.code(), &lines(&ended)[0]["server"]), (Some(0), &serde_json::Value::Null));
}

#[tokio::test]
async fn settings_that_cannot_be_saved_are_reported() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    user.file("home/.config", b"a file where a folder is needed");
    let ended = at_home(&user, &["login", &address], &format!("{KEY}\n")).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("client.toml cannot be written"), "{}", ended.stderr);
}

#[tokio::test]
async fn key_is_read_from_the_standard_input() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    let ended = at_home(&user, &["ls", "--server", &address, "--key-file", "-"], &format!("{KEY}\n")).await;
    check_code(&ended, 0);
    let upload = ["upload", "-", "plays:", "--name", "a", "--server", &address, "--key-file", "-"];
    let ended = at_home(&user, &upload, KEY).await;
    check_code(&ended, 2);
    assert!(ended.stderr.contains("standard input"), "{}", ended.stderr);
}

#[tokio::test]
async fn server_variable_needs_no_scheme_and_may_be_empty() {
    let user = User::start().await;
    let address = user.world.gateway.address().to_owned();
    let mut environment = user.environment(KEY);
    environment.push(("POLYHOST_SERVER".to_owned(), address.clone()));
    check_code(&Program::start_with(["ls"], &environment).ended().await, 0);
    environment.push(("POLYHOST_SERVER".to_owned(), String::new()));
    check_code(&Program::start_with(["ls", "--server", &address], &environment).ended().await, 0);
    environment.push(("POLYHOST_SERVER".to_owned(), "a b".to_owned()));
    let ended = Program::start_with(["ls"], &environment).ended().await;
    check_code(&ended, 2);
    assert!(ended.stderr.contains("POLYHOST_SERVER"), "{}", ended.stderr);
}

#[tokio::test]
async fn completions_and_manual_pages_are_made() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ended = Program::run(["completions", shell]).await;
        check_code(&ended, 0);
        assert!(ended.stdout.contains("polyhost") && ended.stdout.contains("download"), "{shell}");
    }
    let script = Program::run(["completions", "bash"]).await.stdout;
    let complete = "COMP_WORDS=(polyhost lo); COMP_CWORD=1; _polyhost polyhost lo polyhost; echo ${COMPREPLY[*]}";
    let bash = Command::new("bash").arg("-c").arg(format!("{script}\n{complete}")).output().unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap(), "login logout\n");
    check_code(&Program::run(["man", folder.path().to_str().unwrap()]).await, 0);
    let page = std::fs::read_to_string(folder.path().join("polyhost-upload.1")).unwrap();
    assert!(page.contains("Exit codes") && page.contains("dry"), "{page}");
}
