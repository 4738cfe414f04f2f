//! Tests of reading a configuration.

mod extremes;
mod faults;
mod flavours;
mod login_budgets;
mod reloading;
mod state;
mod telemetry;

use std::time::Duration;

use polyhost_domain::Capability;
use polyhost_openload::DIALECT as OPENLOAD;
use polyhost_xfilesharing::DIALECT as XFILESHARING;
use polyhost_yetishare::DIALECT as YETISHARE;
use secrecy::ExposeSecret as _;

use super::{BuiltIn, CacheConfig, Config, CorsOrigins, Known, ServerConfig};
use crate::{AccountSelection, Scope};

const HASH: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

static KNOWN: Known = Known {
    dialects: &[&OPENLOAD, &YETISHARE, &XFILESHARING],
    sites: &[
        BuiltIn { id: "pstream", dialect: &OPENLOAD, base_url: "https://api.pstream.net/v1" },
        BuiltIn { id: "streamplay", dialect: &YETISHARE, base_url: "https://streamplay.online/api/v2" },
    ],
};

pub(crate) fn parse(text: &str) -> Result<Config, Vec<String>> {
    Config::parse(text, &KNOWN).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn faults(text: &str) -> Vec<String> {
    parse(text).map(drop).unwrap_err()
}

#[test]
fn empty_configuration_has_the_defaults() {
    let config = parse("").unwrap();
    assert_eq!(config.server, ServerConfig::default());
    assert_eq!(config.cache, CacheConfig::default());
    assert_eq!(config.providers.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["pstream", "streamplay"]);
    assert!(config.accounts.is_empty() && config.clients.is_empty());
}

#[test]
fn every_fault_names_its_table_and_key() {
    let text = r#"
        [server]
        listen = "here"
        request_timeout = "soon"
        idle_timeout = "0s"
        max_body = "much"
        colour = "red"
        [upstream]
        allow_private_networks = "maybe"
        [cache]
        max_size = 5
        [providers.elsewhere]
        base_url = "ftp://example.org"
        timezone = "Mars/Olympus"
        digest = "crc"
        [accounts.main]
        provider = "nowhere"
        [accounts.Bad]
        provider = "pstream"
        [accounts.half]
        provider = "pstream"
        login = "env:POLYHOST_TEST_NOT_SET"
        [[clients]]
        name = "web"
        key_sha256 = "abc"
        accounts = ["ghost"]
        scopes = ["fly"]
        [extra]
    "#;
    let faults = faults(text);
    let expected = [
        "[server] listen: \"here\" is not an address",
        "[server] request_timeout: \"soon\" is not a duration",
        "[server] idle_timeout: must be longer than zero",
        "[server] max_body: \"much\" is not a size",
        "[server] colour: is not a key of this table",
        "[upstream] allow_private_networks: must be true or false",
        "[cache] max_size: must be a text, not integer",
        "[providers.elsewhere] dialect: is missing",
        "[providers.elsewhere] base_url: must be an http or https URL",
        "[providers.elsewhere] timezone: \"Mars/Olympus\"",
        "[providers.elsewhere] digest: \"crc\" is not one of: sha1, md5, none",
        "[accounts.main] provider: \"nowhere\" is not a provider; known: elsewhere, pstream, streamplay",
        "accounts: \"Bad\" is not a valid name",
        "[accounts.Bad] login: is missing",
        "[accounts.Bad] key: is missing",
        "[accounts.half] key: is missing",
        "[accounts.half] login: the environment variable POLYHOST_TEST_NOT_SET is not set",
        "[[clients]] 1 key_sha256: must be the SHA-256",
        "[[clients]] 1 accounts: \"ghost\" is not an account; known: Bad, half, main",
        "[[clients]] 1 scopes: \"fly\" is not a scope",
        "extra: is not a key of this table",
    ];
    for fault in expected {
        assert!(faults.iter().any(|found| found.contains(fault)), "missing: {fault}\nfound: {faults:#?}");
    }
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
}

#[test]
fn syntax_error_is_reported_with_its_line() {
    let faults = Config::parse("[server\nlisten = 1", &KNOWN).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].in_file("f".as_ref()).starts_with("f:1:"), "{faults:?}");
}

#[test]
fn site_is_added_by_configuration_with_quirks() {
    let config = parse(
        r#"
        [providers.relative]
        dialect = "openload"
        base_url = "https://api.relative.example/v1"
        file_field = "files"
        digest = "none"
        root_folder = "1"
        timezone = "Europe/Paris"
        unsupported = ["files.thumbnail"]
        [accounts.main]
        provider = "relative"
        login = "l"
        key = "k"
        "#,
    )
    .unwrap();
    let row = &config.providers[&"relative".parse().unwrap()];
    assert_eq!(row.base_url.as_str(), "https://api.relative.example/v1");
    assert_eq!(row.quirks.text("file_field"), Some("files"));
    assert_eq!(row.quirks.text("digest"), Some("none"));
    assert_eq!(row.quirks.text("root_folder"), Some("1"));
    assert_eq!(row.quirks.unsupported, [Capability::FilesThumbnail]);
    assert!(row.quirks.time_zone("timezone").is_some());
    let account = &config.accounts[&"main".parse().unwrap()];
    assert_eq!(account.base_url, row.base_url);
    assert_eq!(account.credentials["key"].expose_secret(), "k");
}

#[test]
fn fault_of_a_quirk_ends_with_its_explanation() {
    for (line, fault) in [
        ("digest = \"crc\"", "is not one of: sha1, none. The digest of an uploaded file"),
        ("file_field = 1", "must be a text, not integer. The name of an upload's form field"),
        ("timezone = \"Mars\"", "the name of an IANA time zone. The time zone of the site"),
    ] {
        let faults = faults(&format!("[providers.pstream]\n{line}\nretries = -1\n"));
        assert!(faults.iter().any(|found| found.contains(fault)), "{faults:?}");
        assert!(faults.iter().any(|found| found.ends_with("retries: must be at least 0")), "{faults:?}");
    }
}

#[test]
fn settings_come_from_the_nearest_table() {
    let config = parse(
        r#"
        [upstream]
        attempt_timeout = "3s"
        deadline = "9s"
        [providers.pstream]
        attempt_timeout = "2s"
        [accounts.near]
        provider = "pstream"
        login = "l"
        key = "k"
        attempt_timeout = "1s"
        [accounts.far]
        provider = "pstream"
        login = "l"
        key = "k"
        "#,
    )
    .unwrap();
    let settings = |name: &str| &config.accounts[&name.parse().unwrap()].settings;
    assert_eq!(settings("near").attempt_timeout, Duration::from_secs(1));
    assert_eq!(settings("far").attempt_timeout, Duration::from_secs(2));
    assert_eq!(settings("near").deadline, Duration::from_secs(9));
}

#[test]
fn client_may_have_two_key_hashes() {
    let other = HASH.replace('2', "3");
    let text = format!(
        "[[clients]]\nname = \"web\"\nkey_sha256 = [\"{HASH}\", \"{other}\"]\naccounts = [\"*\"]\nscopes = [\"read\", \"admin\"]\n"
    );
    let client = parse(&text).unwrap().clients.remove(0);
    assert_eq!(client.keys.len(), 2);
    assert_eq!(client.accounts, AccountSelection::All);
    assert_eq!(client.scopes, [Scope::Read, Scope::Admin].into());
}

#[test]
fn clients_with_the_same_name_or_key_are_faults() {
    let client =
        format!("[[clients]]\nname = \"web\"\nkey_sha256 = \"{HASH}\"\naccounts = [\"*\"]\nscopes = [\"read\"]\n");
    let faults = faults(&client.repeat(2));
    assert!(faults[0].contains("name: \"web\" is the name of another client"), "{faults:?}");
    assert!(faults[1].contains("key_sha256: is the key of another client"), "{faults:?}");
}

#[test]
fn cache_keys_have_an_effect() {
    let config = parse("[cache]\nfile_ttl = \"20s\"\nstale_if_error = \"0s\"\n").unwrap();
    assert_eq!(config.cache.file_ttl, Duration::from_secs(20));
    assert_eq!(config.cache.stale_if_error, Duration::ZERO);
}

#[test]
fn secret_from_a_file_has_no_final_newline() {
    let path = std::env::temp_dir().join(format!("polyhost-secret-{}", std::process::id()));
    std::fs::write(&path, "from a file\n").unwrap();
    let text = format!("[accounts.a]\nprovider = \"pstream\"\nlogin = \"file:{}\"\nkey = \"k\"\n", path.display());
    let config = parse(&text);
    std::fs::remove_file(&path).unwrap();
    let account = &config.unwrap().accounts[&"a".parse().unwrap()];
    assert_eq!(account.credentials["login"].expose_secret(), "from a file");
}

/// Checks that a text has exactly these faults.
#[track_caller]
fn assert_faults(text: &str, expected: &[&str]) {
    let found = faults(text);
    for fault in expected {
        assert!(found.iter().any(|found| found.starts_with(fault)), "missing: {fault}\nfound: {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn every_key_is_checked_for_type_and_range() {
    assert_faults(
        r#"
        [server]
        admin_listen = "here"
        [upstream]
        retries = -1
        requests_per_second = "many"
        burst = 0
        circuit_failures = 1.5
        circuit_open = "soon"
        [cache]
        account_ttl = 5
        file_ttl = "1"
        stale_if_error = true
        [providers.pstream]
        requests_per_second = -0.5
        [accounts.main]
        provider = "pstream"
        login = "l"
        key = "k"
        requests_per_second = nan
        "#,
        &[
            "[server] admin_listen: \"here\" is not an address",
            "[upstream] retries: must be at least 0",
            "[upstream] requests_per_second: must be a number, not string",
            "[upstream] burst: must be at least 1",
            "[upstream] circuit_failures: must be a whole number, not float",
            "[upstream] circuit_open: \"soon\" is not a duration",
            "[cache] account_ttl: must be a text, not integer",
            "[cache] file_ttl: \"1\" is not a duration",
            "[cache] stale_if_error: must be a text, not boolean",
            "[providers.pstream] requests_per_second: must be at least zero",
            "[accounts.main] requests_per_second: must be at least zero",
        ],
    );
}

#[test]
fn resilience_can_be_disabled_and_set_per_account() {
    let text = "[upstream]\nretries = 0\nrequests_per_second = 0\nburst = 1\ncircuit_failures = 0\n\
                [accounts.main]\nprovider = \"pstream\"\nlogin = \"a\"\nkey = \"b\"\n\
                requests_per_second = 2.5\ncircuit_open = \"1m\"\n";
    let config = parse(text).unwrap();
    let disabled = &config.providers.values().next().unwrap().settings;
    assert_eq!((disabled.retries, disabled.burst, disabled.circuit_failures), (0, 1, 0));
    assert_eq!((disabled.requests_per_second, disabled.circuit_open), (0.0, Duration::from_secs(15)));
    let account = &config.accounts.values().next().unwrap().settings;
    assert_eq!((account.requests_per_second, account.circuit_open), (2.5, Duration::from_secs(60)));
}

#[test]
fn unusable_spool_directory_is_a_fault() {
    assert_faults(
        "[server]\nspool_dir = \"/nowhere/at/all\"\nmax_spool = \"0 B\"\n[upstream]\nmax_concurrency = 0\n",
        &[
            "[server] spool_dir: cannot create a file in \"/nowhere/at/all\"",
            "[server] max_spool: must be more than zero",
            "[upstream] max_concurrency: must be at least 1",
        ],
    );
    let config = parse("[server]\nspool_dir = \"\"\n[upstream]\nmax_concurrency = 5\n").unwrap();
    assert_eq!(config.server.spool_dir, std::env::temp_dir());
}

#[test]
fn invalid_name_does_not_hide_faults_in_its_table() {
    assert_faults(
        r#"
        [providers."Bad Id"]
        dialect = "esperanto"
        colour = "red"
        [accounts."Bad Name"]
        provider = "pstream"
        login = "l"
        deadline = "soon"
        "#,
        &[
            "providers: \"Bad Id\" is not a valid name",
            "[providers.Bad Id] dialect: \"esperanto\"",
            "[providers.Bad Id] base_url: is missing",
            "[providers.Bad Id] colour: is not a key",
            "accounts: \"Bad Name\" is not a valid name",
            "[accounts.Bad Name] key: is missing",
            "[accounts.Bad Name] deadline: \"soon\" is not a duration",
        ],
    );
}

#[test]
fn size_limits_of_zero_are_faults() {
    assert_faults(
        "[server]\nmax_body = \"0 B\"\nmax_upload = \"0 GiB\"\n[upstream]\nmax_response = \"0 B\"\n",
        &[
            "[server] max_body: must be more than zero",
            "[server] max_upload: must be more than zero",
            "[upstream] max_response: must be more than zero",
        ],
    );
}

#[test]
fn yetishare_account_has_keys_or_a_password() {
    let account = |credentials: &str| format!("[accounts.a]\nprovider = \"streamplay\"\n{credentials}");
    for good in ["key1 = \"a\"\nkey2 = \"b\"", "username = \"a\"\npassword = \"b\""] {
        let config = parse(&account(good)).unwrap();
        assert_eq!(config.accounts[&"a".parse().unwrap()].credentials.len(), 2, "{good}");
    }
    let cases = [
        ("", "[accounts.a] key1: is missing: the site accepts key1 and key2, or username and password"),
        ("key1 = \"a\"", "[accounts.a] key2: is missing: the site accepts key1 and key2, or username and password"),
        ("password = \"b\"", "[accounts.a] username: is missing"),
        ("key1 = \"a\"\nusername = \"b\"", "[accounts.a] username: cannot be combined: the site accepts key1 and key2"),
        (
            "login = \"a\"\nkey1 = \"a\"\nkey2 = \"b\"",
            "[accounts.a] login: is not a credential of provider \"streamplay\"",
        ),
    ];
    for (credentials, fault) in cases {
        let found = faults(&account(credentials));
        assert!(found.len() == 1 && found[0].starts_with(fault), "{credentials}: {found:?}");
    }
}

#[test]
fn quirks_of_another_dialect_are_faults() {
    let row = |quirk: &str| {
        let base_url = "base_url = \"https://files.example.com/api/v2\"";
        format!("[providers.files]\ndialect = \"yetishare\"\n{base_url}\n{quirk}\n")
    };
    for good in ["digest = \"md5\"", "timezone = \"auto\"", "unsupported = [\"remote_uploads.create\"]"] {
        assert!(parse(&row(good)).is_ok(), "{good}");
    }
    for foreign in ["digest = \"sha1\"", "file_field = \"file1\"", "progress = \"percent\"", "root_folder = \"0\""] {
        assert_eq!(faults(&row(foreign)).len(), 1, "{foreign}");
    }
}

#[test]
fn origins_must_have_the_form_that_browsers_send() {
    let server = |lines: &str| parse(&format!("[server]\n{lines}")).unwrap().server;
    assert_eq!(server("").cors_origins, CorsOrigins::default());
    assert_eq!(server("cors_origins = [\"*\"]").cors_origins, CorsOrigins::Any);
    let CorsOrigins::These(origins) = server("cors_origins = [\"https://a.example\", \"http://b:3000\"]").cors_origins
    else {
        panic!("some origins")
    };
    assert_eq!(origins, ["https://a.example", "http://b:3000"]);
    for bad in
        ["https://a.example/", "https://a.example:443", "HTTPS://a.example", "a.example", "null", "https://*.a", ""]
    {
        let found = faults(&format!("[server]\ncors_origins = [\"{bad}\"]"));
        assert!(found.len() == 1 && found[0].contains("[server] cors_origins"), "{bad}: {found:?}");
    }
    assert_faults("[server]\nmax_connections = 0", &["[server] max_connections: must be at least 1"]);
}
