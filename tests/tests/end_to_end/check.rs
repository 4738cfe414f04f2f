//! Tests of `polyhost check`: it reports all faults of a configuration at once, each with its table and key.

use polyhost_end_to_end::{Ended, Program, key_sha256};

/// Runs `polyhost check` with a configuration and environment variables.
async fn check(text: &str, environment: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    std::fs::write(&path, text).unwrap();
    let owned: Vec<(String, String)> = environment.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Program::start_with(["check", "--config", path.to_str().unwrap()], &owned).ended().await
}

/// A configuration with many faults, in every kind of table.
const FAULTY: &str = r#"
[server]
listen = "everywhere"
request_timeout = "soon"
header_timeout = "0s"
max_body = "large"
max_upload = 5
colour = "blue"
admin_listen = "nowhere"
max_spool = 4
trusted_proxies = ["10.0.0.0/8", "10.0.0.0/33"]
access_log = "some"

[server.tls]
certificate = 5

[upstream]
attempt_timeout = 10
allow_private_networks = "yes"
max_response = "-1"
retries = -1
burst = 0

[cache]
listing_ttl = "a while"
size = "1 MiB"

[providers.example]
dialect = "esperanto"
base_url = "ftp://example.org"
timezone = "Europe/Atlantis"
unsupported = ["files.fly"]

[providers."Bad Name"]
dialect = "openload"
base_url = "https://example.org"
deadline = "0s"

[accounts.main]
provider = "nowhere"

[accounts.other]
provider = "pstream"
login = "env:POLYHOST_TEST_NOT_SET"
key = "file:/nonexistent/key"
base_url = "https://user:pw@example.org/v1"
password = "x"

[accounts.third]
provider = "pstream"

[[clients]]
name = "web"
key_sha256 = "abc"
accounts = ["ghost"]
scopes = ["fly"]

[[clients]]
name = 5

[nonsense]
a = 1
"#;

#[tokio::test]
async fn every_fault_is_reported_with_its_table_and_key() {
    let ended = check(FAULTY, &[]).await;
    assert_eq!(ended.code(), Some(2), "{}", ended.stdout);
    let faults = [
        "[server] listen",
        "[server] request_timeout",
        "[server] header_timeout",
        "[server] max_body",
        "[server] max_upload",
        "[server] colour",
        "[server] admin_listen",
        "[server] max_spool",
        "[server] trusted_proxies",
        "[server] access_log",
        "[server.tls] certificate",
        "[server.tls] key",
        "[upstream] attempt_timeout",
        "[upstream] allow_private_networks",
        "[upstream] max_response",
        "[upstream] retries",
        "[upstream] burst",
        "[cache] listing_ttl",
        "[cache] size",
        "[providers.example] dialect",
        "[providers.example] base_url",
        "[providers.example] timezone",
        "[providers.example] unsupported",
        "Bad Name",
        "[providers.Bad Name] deadline",
        "[accounts.main] provider",
        "[accounts.other] login",
        "[accounts.other] key",
        "[accounts.other] base_url",
        "[accounts.other] password",
        "[accounts.third] login",
        "[accounts.third] key",
        "[[clients]] 1 key_sha256",
        "[[clients]] 1 accounts",
        "[[clients]] 1 scopes",
        "[[clients]] 2 name",
        "[[clients]] 2 key_sha256",
        "[[clients]] 2 accounts",
        "[[clients]] 2 scopes",
        "nonsense",
    ];
    let missing: Vec<&str> = faults.into_iter().filter(|fault| !names(&ended.stderr, fault)).collect();
    assert!(missing.is_empty(), "not named: {missing:?}\n{}", ended.stderr);
}

/// Returns whether a line of the text names a table and key.
fn names(text: &str, fault: &str) -> bool {
    text.lines().any(|line| line.contains(&format!("{fault}:")) || line.contains(&format!("\"{fault}\"")))
}

#[tokio::test]
async fn serve_reports_the_same_faults_and_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    std::fs::write(&path, FAULTY).unwrap();
    let checked = Program::run(["check", "--config", path.to_str().unwrap()]).await;
    let served = Program::run(["serve", "--config", path.to_str().unwrap()]).await;
    assert_eq!((served.code(), &served.stderr), (Some(2), &checked.stderr));
}

#[tokio::test]
async fn invalid_toml_or_missing_file_is_reported() {
    let broken = check("[server\nlisten = 5", &[]).await;
    assert_eq!(broken.code(), Some(2));
    assert!(broken.stderr.contains("/polyhost.toml:1:8: "), "{}", broken.stderr);
    let absent = Program::run(["check", "--config", "/nonexistent/polyhost.toml"]).await;
    assert_eq!(absent.code(), Some(2));
    assert!(absent.stderr.contains("/nonexistent/polyhost.toml"), "{}", absent.stderr);
}

#[tokio::test]
async fn invalid_toml_line_is_not_printed() {
    let secret = "planted-secret";
    let lines = [
        format!("key = \"{secret}"),
        format!("key = {secret}"),
        format!("key = \"k\" {secret}"),
        format!("key = \"k\"\nkey = \"{secret}\""),
    ];
    for line in lines {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("polyhost.toml");
        std::fs::write(&path, format!("[accounts.main]\n{line}\n")).unwrap();
        for command in ["check", "serve"] {
            let ended = Program::run([command, "--config", path.to_str().unwrap()]).await;
            assert_eq!(ended.code(), Some(2), "{command} {line}");
            assert!(ended.stderr.contains("/polyhost.toml:2:") || ended.stderr.contains(":3:1: "), "{}", ended.stderr);
            let printed = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!printed.contains("planted") && !printed.contains("secret"), "{command} {line}: {printed}");
        }
    }
}

/// Returns a configuration like the documented example, with many further keys at their documented defaults.
fn documented() -> String {
    let hash = key_sha256("key");
    format!(
        r#"
[server]
listen = "127.0.0.1:8080"
admin_listen = "127.0.0.1:9090"
request_timeout = "60s"
header_timeout = "10s"
idle_timeout = "30s"
shutdown_delay = "0s"
drain_timeout = "30s"
max_body = "1 MiB"
max_upload = "100 GiB"
spool_dir = ""
max_spool = "4 GiB"

[upstream]
{UPSTREAM}
[cache]
max_size = "256 MiB"
account_ttl = "5m"
listing_ttl = "30s"
file_ttl = "30s"
cursor_ttl = "15m"
stale_if_error = "10m"

[providers.pstream]
{UPSTREAM}
[providers.example-host]
dialect = "yetishare"
base_url = "https://files.example.com/api/v2"
timezone = "auto"

[accounts.main]
provider = "pstream"
login = "env:PSTREAM_LOGIN"
key = "env:PSTREAM_KEY"
base_url = "http://127.0.0.1:7001/v1"
{UPSTREAM}
[accounts.plays]
provider = "streamplay"
key1 = "env:STREAMPLAY_KEY1"
key2 = "env:STREAMPLAY_KEY2"

[accounts.elsewhere]
provider = "example-host"
username = "name"
password = "env:EXAMPLE_PASSWORD"

[[clients]]
name = "web"
key_sha256 = "{hash}"
accounts = ["main", "plays"]
scopes = ["read", "write", "admin"]
rate_limit = {{ requests = 600, per_seconds = 60 }}
"#
    )
}

const UPSTREAM: &str = r#"connect_timeout = "5s"
attempt_timeout = "10s"
deadline = "25s"
upload_answer_timeout = "15m"
retries = 2
max_concurrency = 32
requests_per_second = 20.0
burst = 64
max_response = "64 MiB"
circuit_failures = 10
circuit_open = "15s"
allow_private_networks = false
"#;

/// All environment variables of [`documented`].
const DOCUMENTED: [(&str, &str); 5] = [
    ("PSTREAM_LOGIN", "l"),
    ("PSTREAM_KEY", "k"),
    ("STREAMPLAY_KEY1", "1"),
    ("STREAMPLAY_KEY2", "2"),
    ("EXAMPLE_PASSWORD", "p"),
];

#[tokio::test]
async fn documented_example_is_accepted() {
    let ended = check(&documented(), &DOCUMENTED).await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("3 accounts"), "{}", ended.stdout);
}

#[tokio::test]
async fn missing_or_empty_secret_is_reported_with_its_key() {
    for (missing, fault) in [
        ("PSTREAM_KEY", "[accounts.main] key"),
        ("STREAMPLAY_KEY2", "[accounts.plays] key2"),
        ("EXAMPLE_PASSWORD", "[accounts.elsewhere] password"),
    ] {
        let others: Vec<_> = DOCUMENTED.into_iter().filter(|(name, _)| *name != missing).collect();
        let unset = check(&documented(), &others).await;
        assert_eq!(unset.code(), Some(2));
        assert!(names(&unset.stderr, fault) && unset.stderr.contains(missing), "{}", unset.stderr);
        let empty: Vec<_> = others.into_iter().chain([(missing, "")]).collect();
        let empty = check(&documented(), &empty).await;
        assert!(names(&empty.stderr, fault), "{}", empty.stderr);
    }
}

/// Returns the faults that `check` reports for a streamplay account with these lines.
async fn faults_of_account(lines: &str) -> String {
    let ended = check(&format!("[accounts.plays]\nprovider = \"streamplay\"\n{lines}\n"), &[]).await;
    assert_eq!(ended.code(), Some(2), "{lines}: {}", ended.stdout);
    assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
    ended.stderr
}

#[tokio::test]
async fn account_needs_exactly_one_complete_kind_of_credentials() {
    let [key1, key2, username, password] =
        ["key1", "key2", "username", "password"].map(|key| format!("{key} = \"planted\""));
    // Without credentials, both kinds are named.
    let neither = faults_of_account("").await;
    assert!(neither.contains("[accounts.plays] "), "{neither}");
    assert!(neither.contains("key1") && neither.contains("username"), "{neither}");
    // Both kinds, each complete or not.
    for lines in [
        [&*key1, &key2, &username, &password].join("\n"),
        [&*key1, &key2, &username].join("\n"),
        [&*key1, &password].join("\n"),
    ] {
        let both = faults_of_account(&lines).await;
        assert!(both.contains("[accounts.plays] "), "{both}");
    }
    // Half of one kind.
    for (given, missing) in [(&key1, "key2"), (&key2, "key1"), (&username, "password"), (&password, "username")] {
        let half = faults_of_account(given).await;
        assert!(names(&half, &format!("[accounts.plays] {missing}")), "{half}");
    }
    // A key of another dialect.
    let other = faults_of_account(&format!("{key1}\n{key2}\nlogin = \"planted\"")).await;
    assert!(names(&other, "[accounts.plays] login"), "{other}");
    for whole in [[key1, key2], [username, password]] {
        let lines = whole.join("\n");
        let ended = check(&format!("[accounts.plays]\nprovider = \"streamplay\"\n{lines}\n"), &[]).await;
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn quirks_of_another_dialect_are_rejected() {
    let row = "[providers.relative]\ndialect = \"yetishare\"\nbase_url = \"https://example.org/api/v2\"\n";
    for (line, key) in [
        ("file_field = \"file1\"", "file_field"),
        ("root_folder = \"0\"", "root_folder"),
        ("progress = \"percent\"", "progress"),
        ("digest = \"sha1\"", "digest"),
        ("timezone = \"Europe/Atlantis\"", "timezone"),
        ("unsupported = [\"files.fly\"]", "unsupported"),
    ] {
        let ended = check(&format!("{row}{line}\n"), &[]).await;
        assert_eq!(ended.code(), Some(2), "{line}");
        assert!(names(&ended.stderr, &format!("[providers.relative] {key}")), "{}", ended.stderr);
    }
    for line in ["", "digest = \"md5\"", "timezone = \"Europe/Berlin\"", "unsupported = [\"files.copy\"]"] {
        let ended = check(&format!("{row}{line}\n"), &[]).await;
        assert_eq!(ended.code(), Some(0), "{line}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn two_clients_cannot_share_a_name_or_a_key() {
    let hash = key_sha256("key");
    let client =
        format!("[[clients]]\nname = \"web\"\nkey_sha256 = \"{hash}\"\naccounts = [\"*\"]\nscopes = [\"read\"]\n");
    let ended = check(&format!("{client}{client}"), &[]).await;
    assert_eq!(ended.code(), Some(2));
    assert!(
        names(&ended.stderr, "[[clients]] 2 name") && names(&ended.stderr, "[[clients]] 2 key_sha256"),
        "{}",
        ended.stderr
    );
}
