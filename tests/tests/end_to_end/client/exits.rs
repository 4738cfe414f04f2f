//! Tests of the exit codes of the commands, and of the choice of gateway and key.

use polyhost_end_to_end::Program;

use super::{User, check_code, check_secret, code_of_only, environment, lines};
use crate::streamplay::world::World;
use crate::world::KEY;

/// An address on which nothing listens.
const UNREACHABLE: &str = "http://127.0.0.1:9";

/// The commands that call a gateway.
const COMMANDS: [&str; 19] = [
    "login", "whoami", "ls", "tree", "stat", "usage", "cat", "upload", "download", "cp", "sync", "mkdir", "mv", "rm",
    "link", "open", "fetch", "watch", "cancel",
];

async fn run_unreachable(arguments: &[&str]) -> polyhost_end_to_end::Ended {
    let ended = Program::start_with(arguments, &environment(UNREACHABLE, KEY)).ended().await;
    check_secret(&ended, KEY);
    ended
}

#[tokio::test]
async fn unreachable_gateway_is_not_called_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.mp4");
    std::fs::write(&file, b"hello").unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        ["upload", file, "plays:"].as_slice(),
        &["download", "plays:#1", "/nowhere/x"],
        &["cp", "plays:#1", "main:"],
        &["sync", "plays:/a", "main:/a"],
        &["mv", "plays:/a", "plays:/b"],
        &["rm", "plays:/a", "--yes"],
        &["mkdir", "plays:/a"],
        &["ls", "plays:"],
        &["ls"],
    ] {
        let ended = run_unreachable(arguments).await;
        check_code(&ended, 3);
        assert!(ended.stderr.contains(UNREACHABLE), "{}", ended.stderr);
    }
    let ended = run_unreachable(&["upload", file, "plays:", "--json"]).await;
    check_code(&ended, 3);
    let codes: Vec<_> = lines(&ended).into_iter().map(|line| line["problem"]["code"].clone()).collect();
    assert_eq!(codes, ["gateway_unreachable"]);
}

#[tokio::test]
async fn rejected_key_or_missing_scope_has_an_exit_code_of_its_own() {
    let world = World::configured(|configuration| {
        configuration.client("reader", "key-of-reader", &["*"], &["read"]).client(
            "writer",
            "key-of-writer",
            &["*"],
            &["write"],
        )
    });
    let user = User::of(world.await);
    let file = user.file("a.mp4", b"hello");
    let upload = ["upload", &file, "plays:", "--json"];
    for (key, code) in [("", "unauthenticated"), ("key-of-nobody", "unauthenticated"), ("key-of-reader", "forbidden")] {
        let ended = user.run_with(key, &upload).await;
        check_code(&ended, 4);
        assert_eq!(code_of_only(&ended), code);
    }
    check_code(&user.run_with("key-of-nobody", &["ls"]).await, 4);
    check_code(&user.run_with("key-of-writer", &["ls", "plays:"]).await, 4);
    check_code(&user.run_with("key-of-writer", &["download", "plays:#1"]).await, 4);
    user.world.assert_changed(&[]);
    // An upload needs no scope `read`.
    check_code(&user.run_with("key-of-writer", &upload).await, 0);
}

#[tokio::test]
async fn unknown_account_is_reported_once() {
    let user = User::start().await;
    let files = [user.file("a.mp4", b"hello"), user.file("b.mp4", b"hello")];
    let ended = user.run(&["upload", &files[0], &files[1], "nobodys:"]).await;
    check_code(&ended, 1);
    assert_eq!(ended.stderr.matches("Account not found").count(), 1, "{}", ended.stderr);
    let ended = user.run(&["upload", &files[0], &files[1], "nobodys:", "--json"]).await;
    assert_eq!(code_of_only(&ended), "account_not_found");
}

#[tokio::test]
async fn invalid_command_line_sends_nothing() {
    let user = User::start().await;
    let file = user.file("a.mp4", b"hello");
    let key_file = user.file("key", b"two words\n");
    let cases: [&[&str]; 28] = [
        &["upload", "plays:"],
        &["upload", &file],
        &["upload", &file, "there"],
        &["upload", "plays:/a", "main:"],
        &["upload", &file, &file, "--name", "x", "plays:"],
        &["upload", "-", "plays:"],
        &["upload", &file, "plays:", "--jobs", "0"],
        &["upload", &file, "plays:", "--json", "--quiet"],
        &["upload", &file, "plays:", "--include", "["],
        &["upload", &file, "plays:", "--server", "ftp://127.0.0.1"],
        &["upload", &file, "plays:", "--server", "http://user:word@127.0.0.1"],
        &["upload", &file, "plays:", "--key-file", &key_file],
        &["upload", &file, "plays:", "--key-file", "/nowhere/key"],
        &["download", "1"],
        &["download", "plays:#1", "plays:#2", "-"],
        &["download", "plays:#1", "-", "--json"],
        &["cp", "here", "there"],
        &["cp", "plays:#1", "-", "--json"],
        &["sync", "here", "plays:/there", "--yes"],
        &["sync", "here", "plays:/there", "--delete"],
        &["mv", "plays:/a", "main:/b"],
        &["rm", "plays:/a"],
        &["rm", "plays:/", "--recursive", "--yes"],
        &["ls", "root"],
        &["ls", "plays"],
        &["watch", "plays:/Films"],
        &["ls", "plays:/../a"],
        &["fetch", "https://example.org/a", "--to", "plays:", "--header", "nonsense"],
    ];
    for arguments in cases {
        let ended = user.run(arguments).await;
        check_code(&ended, 2);
        assert!(ended.stdout.is_empty() && ended.stderr.starts_with("error:"), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("two words"));
    }
    user.world.assert_nothing_sent();
}

#[tokio::test]
async fn key_is_read_from_a_file_and_never_from_the_command_line() {
    let user = User::start().await;
    let key_file = user.file("key", format!("{KEY}\n").as_bytes());
    let server = format!("http://{}/", user.world.gateway.address());
    let arguments = ["ls", "--key-file", &key_file, "--server", &server];
    let ended = Program::start_with(arguments, &environment(UNREACHABLE, "key-of-nobody")).ended().await;
    check_code(&ended, 0);
    check_secret(&ended, KEY);
    for command in COMMANDS {
        let help = Program::run([command, "--help"]).await;
        check_code(&help, 0);
        assert!(help.stdout.contains("Exit codes") && help.stdout.contains("POLYHOST_API_KEY"), "{}", help.stdout);
        assert!(!help.stdout.contains("--key ") && !help.stdout.contains("--api-key"), "{}", help.stdout);
    }
}

#[tokio::test]
async fn quiet_prints_nothing_on_success() {
    let user = User::start().await;
    let file = user.file("a.mp4", b"hello");
    let ended = user.upload(&[&file, "--quiet"]).await;
    check_code(&ended, 0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}
