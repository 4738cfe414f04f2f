//! Tests of faults: their places, their suggestions, and that one mistake makes one fault.

use super::{KNOWN, assert_faults, faults};
use crate::Config;

/// Returns each fault of a text as `LINE:COLUMN TABLE KEY`.
fn places(text: &str) -> Vec<String> {
    let place = |fault: crate::Fault| {
        format!("{}:{} {} {}", fault.line.unwrap(), fault.column.unwrap(), fault.table, fault.key)
    };
    Config::parse(text, &KNOWN).unwrap_err().into_iter().map(place).collect()
}

#[test]
fn fault_has_the_place_of_its_key_table_or_item() {
    let text = r#"[server]
listen = "here"
  max_body = 5
[server.tls]
certificate = 5
[telemetry]
otlp_headers.a = 1
[accounts.main]
provider = "pstream"
login = "l"
[accounts."Bad Name"]
provider = "pstream"
login = "l"
key = "k"
[[clients]]
name = "web"
key_sha256 = "abc"
accounts = [
    "main",
    "ghost",
]
scopes = ["read", "fly"]
rate_limit = { requests = 0, per_seconds = 1, burst = 2 }
[[clients]]
"#;
    let expected = [
        "2:1 [server] listen",
        "3:3 [server] max_body",
        "4:1 [server.tls] key",
        "5:1 [server.tls] certificate",
        "7:1 [telemetry] otlp_headers.a",
        "8:1 [accounts.main] key",
        "11:1  accounts",
        "17:1 [[clients]] 1 key_sha256",
        "20:5 [[clients]] 1 accounts",
        "22:19 [[clients]] 1 scopes",
        "23:16 [[clients]] 1 rate_limit requests",
        "23:47 [[clients]] 1 rate_limit burst",
    ];
    let mut found = places(text);
    let second = found.split_off(expected.len());
    assert_eq!(found, expected);
    assert_eq!(second.len(), 4, "{second:?}");
    assert!(second.iter().all(|place| place.starts_with("24:1 [[clients]] 2 ")), "{second:?}");
}

#[test]
fn misspelt_word_gets_a_suggestion() {
    let account = "[accounts.main]\nprovider = \"pstream\"\nlogin = \"l\"\nkey = \"k\"\n";
    let client = |accounts: &str, scopes: &str| {
        let hash = super::HASH;
        format!("{account}[[clients]]\nname = \"a\"\nkey_sha256 = \"{hash}\"\naccounts = {accounts}\nscopes = {scopes}")
    };
    let site = |line: &str| format!("[providers.x]\nbase_url = \"http://a.example/v1\"\n{line}");
    for (text, meant) in [
        ("[sever]\n".to_owned(), "server"),
        ("[server]\nlisten_on = \"127.0.0.1:1\"\nmaxbody = \"1 B\"".to_owned(), "max_body"),
        ("[server]\naccess_log = \"error\"".to_owned(), "errors"),
        (account.replace("\"pstream\"", "\"pstreem\""), "pstream"),
        (client("[\"mian\"]", "[\"read\"]"), "main"),
        (client("[\"*\"]", "[\"reed\"]"), "read"),
        (site("dialect = \"opnload\""), "openload"),
        (site("dialect = \"openload\"\ndigest = \"sha\""), "sha1"),
        (site("dialect = \"openload\"\nunsupported = [\"file.copy\"]"), "files.copy"),
    ] {
        let found = Config::parse(&text, &KNOWN).unwrap_err();
        let suggestions: Vec<&str> = found.iter().filter_map(|fault| fault.suggestion.as_deref()).collect();
        assert_eq!(suggestions, [meant], "{text}: {found:?}");
        assert!(found.iter().any(|fault| fault.to_string().ends_with(&format!("Did you mean \"{meant}\"?"))));
    }
    assert!(!faults("[server]\ncolour = 1")[0].contains("Did you mean"));
}

#[test]
fn one_mistake_makes_one_fault() {
    let client = format!(
        "[[clients]]\nname = \"a\"\nkey_sha256 = \"{}\"\naccounts = [\"main\"]\nscopes = [\"read\"]\n",
        super::HASH
    );
    let account = |lines: &str| format!("[accounts.main]\n{lines}\n{client}");
    let credentials = "login = \"l\"\nkey = \"k\"";
    let site = "[providers.site]\nbase_url = \"http://a.example/v1\"\n";
    for (text, fault) in [
        (account(&format!("provider = \"nowhere\"\n{credentials}")), "[accounts.main] provider: \"nowhere\""),
        (account(&format!("provder = \"pstream\"\n{credentials}")), "[accounts.main] provder: is not a key"),
        (account("provider = \"pstream\"\nlogn = \"l\"\nkey = \"k\""), "[accounts.main] logn: is not a key"),
        (
            account("provider = \"pstream\"\nusername = \"l\"\npassword = \"k\""),
            "[accounts.main] username: is not a credential of provider \"pstream\", which accepts login and key",
        ),
        (
            account(&format!("provider = \"streamplay\"\n{credentials}")),
            "[accounts.main] login: is not a credential of provider \"streamplay\", which accepts key1 and key2, or",
        ),
        (
            account(&format!("provider = \"site\"\n{credentials}\n{site}dialect = \"esperanto\"")),
            "[providers.site] dialect: \"esperanto\" is not a known dialect",
        ),
        (
            account(&format!("provider = \"site\"\n{credentials}\n{site}dialct = \"openload\"")),
            "[providers.site] dialct: is not a key",
        ),
        (format!("accounts = 5\n{client}"), "accounts: must hold tables such as [accounts.name]"),
    ] {
        assert_faults(&text, &[fault]);
    }
}
