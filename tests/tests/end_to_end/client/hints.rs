//! Tests of the hints: what a command advises after a failure, for people and in JSON.

use std::collections::HashMap;

use polyhost_end_to_end::{Ended, Program};
use rcgen::generate_simple_self_signed;

use super::{User, check_code, check_secret, environment, lines};
use crate::streamplay::world::World;
use crate::world::KEY;

/// An address on which nothing listens.
const UNREACHABLE: &str = "http://127.0.0.1:9";

/// Runs a command with other environment variables than those of [`environment`].
async fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut environment: HashMap<String, String> = environment(UNREACHABLE, KEY).into_iter().collect();
    environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let ended = Program::start_with(arguments, &Vec::from_iter(environment)).ended().await;
    check_secret(&ended, KEY);
    ended
}

/// Asserts the exit code of a command, and that its hint for people and for programs has these texts.
async fn check_hint(variables: &[(&str, &str)], arguments: &[&str], code: i32, texts: &[&str]) {
    let ended = run_with(variables, arguments).await;
    check_code(&ended, code);
    let hint = ended.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).expect(&ended.stderr);
    assert!(texts.iter().all(|text| hint.contains(text)), "{hint}");
    let ended = run_with(variables, &[arguments, &["--json"]].concat()).await;
    assert_eq!(lines(&ended)[0]["problem"]["hint"], hint);
}

#[tokio::test]
async fn rejected_key_has_a_hint_that_names_its_source() {
    let user = User::start().await;
    let server = format!("http://{}", user.world.gateway.address());
    let key_file = user.file("key", b"key-of-nobody\n");
    let none = ("POLYHOST_API_KEY", "");
    let advice = ["POLYHOST_API_KEY", "--key-file", &format!("polyhost login {server}")];
    check_hint(&[none], &["ls", "--server", &server], 4, &[&["No key was sent."], &advice[..]].concat()).await;
    let wrong = ("POLYHOST_API_KEY", "key-of-nobody");
    check_hint(&[wrong], &["ls", "--server", &server], 4, &["from POLYHOST_API_KEY", &server]).await;
    let from_file = ["stat", "plays:/a", "--server", &server, "--key-file", &key_file];
    check_hint(&[], &from_file, 4, &["from the file", &key_file]).await;
    // The saved key is for another server.
    let saved = format!("server = \"{server}\"\nkey = \"{KEY}\"\n");
    let saved_for_other = saved.replace("127.0.0.1", "localhost");
    user.private_file("polyhost/client.toml", saved_for_other.as_bytes());
    let home = ("XDG_CONFIG_HOME", &*user.argument(""));
    check_hint(&[none, home], &["ls", "--server", &server], 4, &["the saved key is for http://localhost"]).await;
}

#[tokio::test]
async fn unreachable_address_has_a_hint_that_names_its_source() {
    let user = User::start().await;
    user.private_file("polyhost/client.toml", b"server = \"http://127.0.0.1:9\"\n");
    let home = ("XDG_CONFIG_HOME", &*user.argument(""));
    check_hint(&[], &["ls"], 3, &["from POLYHOST_SERVER"]).await;
    check_hint(&[], &["ls", "--server", UNREACHABLE], 3, &["from the command line"]).await;
    let file = user.file("a.mp4", b"hello");
    check_hint(&[("POLYHOST_SERVER", ""), home], &["upload", &file, "plays:"], 3, &["\"polyhost login\""]).await;
}

#[tokio::test]
async fn other_scheme_of_the_server_is_recommended() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let [key, chain] = ["key.pem", "chain.pem"].map(|name| folder.path().join(name).display().to_string());
    std::fs::write(&key, certificate.signing_key.serialize_pem()).unwrap();
    std::fs::write(&chain, certificate.cert.pem()).unwrap();
    let table = format!("[server.tls]\ncertificate = \"{chain}\"\nkey = \"{key}\"");
    let [plain, secure] = [World::start().await, World::configured(|configuration| configuration.table(&table)).await];
    let [plain, secure] = [&plain, &secure].map(|world| world.gateway.address());
    for (wrong, right) in [
        (format!("https://{plain}"), format!("Use http://{plain} instead.")),
        (format!("http://{secure}"), format!("Use https://{secure} instead.")),
    ] {
        check_hint(&[], &["ls", "--server", &wrong], 3, &[&right]).await;
    }
    check_hint(&[], &["ls", "--server", &format!("https://{secure}")], 3, &["SSL_CERT_FILE"]).await;
    let trusted = ("SSL_CERT_FILE", &*chain);
    check_code(&run_with(&[trusted], &["ls", "--server", &format!("https://{secure}")]).await, 0);
}

#[tokio::test]
async fn unknown_account_has_a_hint_with_the_known_ones() {
    let user = User::start().await;
    let server = format!("http://{}", user.world.gateway.address());
    let file = user.file("a.mp4", b"hello");
    for arguments in [&["ls", "mian:"][..], &["stat", "mian:/a"], &["upload", &file, "mian:"], &["watch", "mian"]] {
        check_hint(&[("POLYHOST_SERVER", &server)], arguments, 1, &["The accounts are main, plays."]).await;
    }
}

#[tokio::test]
async fn key_over_http_to_another_machine_is_warned_of() {
    let user = User::start().await;
    // The address leads to this machine, which its text does not show.
    let server = format!("http://{}", user.world.gateway.address().replace("127.0.0.1", "0.0.0.0"));
    let variables = ("POLYHOST_SERVER", &*server);
    for (options, is_warned) in [(&[][..], true), (&["--quiet"], false), (&["--json"], false)] {
        let ended = run_with(&[variables], &[&["ls"], options].concat()).await;
        check_code(&ended, 0);
        assert_eq!(ended.stderr.matches("unencrypted").count(), usize::from(is_warned), "{}", ended.stderr);
    }
    let ended = run_with(&[variables, ("POLYHOST_API_KEY", "")], &["ls"]).await;
    assert!(!ended.stderr.contains("unencrypted"), "{}", ended.stderr);
}
