//! Tests of `polyhost init`: from options, and with questions on a terminal.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use polyhost_end_to_end::{Caller, Ended, Program, Record, key_sha256};
use rustix::termios::{LocalModes, tcgetattr};

use crate::world::{LOGIN, SITE_KEY, site};

async fn init(folder: &Path, options: &[&str]) -> Ended {
    let arguments = ["init", "--no-input"].into_iter().chain(options.iter().copied());
    Program::start_in(folder, arguments, &[]).ended().await
}

fn file_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[tokio::test]
async fn created_configuration_serves_with_the_printed_key() {
    let (site, _) = site(|_| ()).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("login"), LOGIN).unwrap();
    let base_url = site.base_url();
    let options =
        ["--provider", "relative", "--dialect", "openload", "--base-url", &base_url, "--account", "my-account"];
    let more = ["--quirk", "timezone=Europe/Paris", "--credential", "login=file:login"];
    let ended = init(folder.path(), &[&options[..], &more].concat()).await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("the environment variable POLYHOST_ACCOUNT_MY_ACCOUNT_KEY is not set"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("polyhost serve\n"), "{}", ended.stdout);
    let key = ended.stdout.split_whitespace().find(|word| word.starts_with("ph_")).unwrap();
    let path = folder.path().join("polyhost.toml");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(&key_sha256(key)) && !text.contains(key), "{text}");

    std::fs::write(&path, text.replace("127.0.0.1:8080", "127.0.0.1:0")).unwrap();
    let variable = ("POLYHOST_ACCOUNT_MY_ACCOUNT_KEY".to_owned(), SITE_KEY.to_owned());
    let mut gateway = Program::start_in(folder.path(), ["serve"], &[variable]);
    let address =
        gateway.logged(|log| log.split("\"address\":\"").nth(1)?.split_once('"').map(|it| it.0.to_owned())).await;
    let caller = Caller::new(&address, Some(key), &Record::default());
    assert_eq!(caller.get("/v1/me").await.json(200)["name"], "app");
    caller.get("/v1/accounts/my-account/folders/root/items").await.status(200);
}

#[tokio::test]
async fn existing_file_is_replaced_only_with_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    std::fs::write(&path, "old").unwrap();
    let options = ["--provider", "streamplay", "--no-keys"];
    let refused = init(folder.path(), &options).await;
    assert_eq!(refused.code(), Some(1));
    assert!(refused.stderr.contains("polyhost.toml exists already; --force replaces it"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    let forced = init(folder.path(), &[&options[..], &["--force"]].concat()).await;
    assert_eq!(forced.code(), Some(0), "{}", forced.stderr);
    assert!(forced.stdout.contains("polyhost serve --no-auth"), "{}", forced.stdout);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("key1 = \"env:POLYHOST_ACCOUNT_MAIN_KEY1\"") && !text.contains("[[clients]]"), "{text}");
}

#[tokio::test]
async fn wrong_option_is_named_and_nothing_is_created() {
    let site = ["--provider", "mine", "--dialect", "yetishare", "--base-url"];
    for (options, fault) in [
        (vec![], "--provider: must be one of pstream, streamplay"),
        (vec!["--provider", "nowhere"], "--provider: must be one of pstream, streamplay"),
        (vec!["--provider", "pstream", "--account", "A b"], "--account: must start"),
        (vec!["--provider", "pstream", "--credential", "login=planted"], "--credential: must be KEY=env:NAME"),
        (vec!["--provider", "pstream", "--credential", "key1=env:A"], "--credential: the site accepts login and key"),
        ([&site[..], &["ftp://a"]].concat(), "[providers.mine] base_url: must be an http or https URL"),
        ([&site[..], &["http://a", "--quirk", "colour=red"]].concat(), "--quirk: \"colour\" is not a key"),
        ([&site[..], &["http://a", "--quirk", "login_budget=5"]].concat(), "--quirk login_budget: must be a table"),
        (
            [&site[..], &["http://a", "--quirk", "login_budget={}\ndeadline=\"1s\""]].concat(),
            "--quirk login_budget: must be one line",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ended = init(folder.path(), &options).await;
        assert_eq!(ended.code(), Some(2), "{options:?}");
        assert!(ended.stderr.contains(fault) && !ended.stderr.contains("planted"), "{options:?}: {}", ended.stderr);
        assert_eq!(file_names(folder.path()), [""; 0]);
    }
    let folder = tempfile::tempdir().unwrap();
    let without_terminal = Program::start_in(folder.path(), ["init"], &[]).ended().await;
    assert_eq!(without_terminal.code(), Some(1));
    assert!(without_terminal.stderr.contains("no terminal"), "{}", without_terminal.stderr);
}

const DOWN: &str = "\x1b[B";

/// Waits for a question, and presses keys.
async fn answer(program: &mut Program, keyboard: &mut File, question: &str, keys: &str) {
    let last = |log: &str| log.rfind(question).is_some_and(|place| log[place..].contains('›'));
    program.logged(|log| last(log).then_some(())).await;
    keyboard.write_all(keys.as_bytes()).unwrap();
}

fn has_echo(keyboard: &File) -> bool {
    tcgetattr(keyboard).unwrap().local_modes.contains(LocalModes::ECHO)
}

/// Types a secret, once the terminal's echo is off. It is turned off just after the question is shown.
async fn type_secret(program: &mut Program, keyboard: &mut File, question: &str, keys: &str) {
    answer(program, keyboard, question, "").await;
    program.logged(|_| (!has_echo(keyboard)).then_some(())).await;
    keyboard.write_all(keys.as_bytes()).unwrap();
}

#[tokio::test]
async fn typed_secrets_are_stored_in_files_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (mut program, mut keyboard) = Program::start_on_terminal(folder.path(), ["init"], &[]);
    for (question, keys) in [
        ("Site", &*format!("{DOWN}\r")),
        ("Name of the account", "plays\r"),
        ("Credentials of the account", &format!("{DOWN}\r")),
        ("Where are username and password?", &format!("{DOWN}{DOWN}\r")),
    ] {
        answer(&mut program, &mut keyboard, question, keys).await;
    }
    type_secret(&mut program, &mut keyboard, "\u{1b}[1musername", "planted-name\r").await;
    type_secret(&mut program, &mut keyboard, "\u{1b}[1mpassword", "planted-word\r").await;
    answer(&mut program, &mut keyboard, "Do callers need an API key?", "y").await;
    answer(&mut program, &mut keyboard, "Name of the first client", "\r").await;
    let ended = program.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("valid; 2 providers, 1 account, 1 client"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("planted") && !ended.stderr.contains("planted"), "{}", ended.stderr);
    assert_eq!(file_names(folder.path()), ["plays-password.secret", "plays-username.secret", "polyhost.toml"]);
    let path = folder.path().join("plays-password.secret");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "planted-word\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(folder.path().join("polyhost.toml")).unwrap();
    assert!(text.contains(path.to_str().unwrap()) && !text.contains("planted"), "{text}");
}

#[tokio::test]
async fn interrupted_questions_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (mut program, mut keyboard) = Program::start_on_terminal(folder.path(), ["init", "--provider", "pstream"], &[]);
    answer(&mut program, &mut keyboard, "Name of the account", "\r").await;
    answer(&mut program, &mut keyboard, "Where are login and key?", &format!("{DOWN}{DOWN}\r")).await;
    type_secret(&mut program, &mut keyboard, "\u{1b}[1mlogin", "planted").await;
    program.interrupt();
    let ended = program.ended().await;
    assert_eq!((ended.code(), &*ended.stdout), (Some(130), ""), "{}", ended.stderr);
    assert!(has_echo(&keyboard) && ended.stderr.contains("\u{1b}[?25h"), "{}", ended.stderr);
    assert_eq!(file_names(folder.path()), [""; 0]);
}
