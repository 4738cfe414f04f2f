//! Tests of the configuration that a reload reads.

use super::parse;

#[test]
fn changes_that_need_a_restart_are_listed_by_key() {
    let read = |text: &str| parse(text).unwrap();
    let old = read("[server]\nmax_body = \"2 MiB\"\nlisten = \"127.0.0.1:1\"\n[upstream]\ndeadline = \"9s\"");
    let new = read("[server]\nmax_body = \"3 MiB\"\nlisten = \"127.0.0.1:1\"\n[cache]\nlisting_ttl = \"1s\"");
    assert_eq!(old.fixed_changes(&new), ["[server] max_body", "[cache] listing_ttl"]);
    assert_eq!(new.fixed_changes(&old), old.fixed_changes(&new));
    // A default that is written out is not a change.
    assert_eq!(read("").fixed_changes(&read("[server]\nidle_timeout = \"30s\"")), [""; 0]);
}

#[test]
fn files_of_secrets_are_listed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\n").unwrap();
    let path = file.path().display();
    let text = format!("[accounts.a]\nprovider = \"pstream\"\nlogin = \"plain\"\nkey = \"file:{path}\"");
    let config = parse(&text).unwrap();
    assert_eq!(config.files, [file.path()]);
    let account = &config.accounts[&"a".parse().unwrap()];
    assert!(account.is_same_user(account));
    std::fs::write(file.path(), "other").unwrap();
    let changed = parse(&text).unwrap();
    assert!(!account.is_same_user(&changed.accounts[&"a".parse().unwrap()]));
}
