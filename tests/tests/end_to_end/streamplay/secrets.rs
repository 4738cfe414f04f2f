//! Tests that secrets of both kinds of credentials, of the session and of folders appear in no output and no answer.

use polyhost_end_to_end::{Answer, Caller, Configuration, Ended, Gateway};
use polyhost_sandbox::yetishare::{AuthMode, Login, Options, Yetishare};
use polyhost_sandbox::{Fault, Garbage, Received, Rule};
use serde_json::json;

use crate::secrets::assert_absent;

const KEY1: &str = "Plnt1KeyOfPlaysPlnt1KeyOfPlaysPlnt1KeyOfPlaysPlnt1KeyOfPlays0123";
const KEY2: &str = "Plnt2KeyOfPlaysPlnt2KeyOfPlaysPlnt2KeyOfPlaysPlnt2KeyOfPlays0123";
const USERNAME: &str = "plnt-user+1@example.org";
const PASSWORD: &str = "Plnt Pass&word=7%20é";
const FOLDER_PASSWORD: &str = "Plnt-Folder-Password-66ef";
/// The MD5 of [`FOLDER_PASSWORD`].
const FOLDER_DIGEST: &str = "14661eaf8d94c490ede5ce5ad927acbd";
const API_KEY: &str = "Plnt-Api-Key-5b2d";

fn login() -> Login {
    let [key1, key2, username, password] = [KEY1, KEY2, USERNAME, PASSWORD].map(str::to_owned);
    Login { key1, key2, username, password }
}

async fn site(auth: AuthMode) -> Yetishare {
    Yetishare::start(Options { login: login(), auth, seeded: false, ..Options::default() }).await.unwrap()
}

/// Starts a gateway that logs as much as it can, with an account at each site.
async fn start(keys: &Yetishare, words: &Yetishare) -> Gateway {
    let account = |name: &str, site: &Yetishare, first: &str, second: &str| {
        let base_url = site.base_url();
        format!(
            "[accounts.{name}]\nprovider = \"streamplay\"\nbase_url = \"{base_url}\"\n{first} = \"env:PLANTED_{}\"\n\
             {second} = \"env:PLANTED_{}\"",
            first.to_uppercase(),
            second.to_uppercase()
        )
    };
    let configuration = Configuration::new()
        .client("web", API_KEY, &["*"], &["read", "write"])
        .table(&account("keys", keys, "key1", "key2"))
        .table(&account("words", words, "username", "password"))
        .upstream("attempt_timeout = \"3s\"\ndeadline = \"4s\"\nrequests_per_second = 0.0");
    let environment = [
        ("PLANTED_KEY1", KEY1),
        ("PLANTED_KEY2", KEY2),
        ("PLANTED_USERNAME", USERNAME),
        ("PLANTED_PASSWORD", PASSWORD),
        ("RUST_LOG", "debug,polyhost=trace"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Gateway::start_with(&configuration, &[], &environment).await
}

/// Calls every operation except download links, whose answer contains a token on purpose.
async fn exercise(caller: &Caller, account: &str, file: &str, folder: &str) {
    let at = |path: &str| format!("/v1/accounts/{account}/{path}");
    let file_path = at(&format!("files/{file}"));
    let folder_path = at(&format!("folders/{folder}"));
    let reads = [
        format!("/v1/accounts/{account}?x=1"),
        at("limits"),
        at("capabilities"),
        at("folders/root/items"),
        at("folders/root/usage"),
        at("remote-uploads/51"),
        file_path.clone(),
        format!("{file_path}/content"),
        folder_path.clone(),
        "/v1/accounts".to_owned(),
    ];
    for path in reads {
        caller.send(caller.request("GET", &path).header("cache-control", "no-cache")).await;
    }
    let bodies = [
        ("POST", at("files/lookup"), json!({"ids": [file, "77777"]})),
        ("PATCH", file_path.clone(), json!({"name": "b.mp4", "folder_id": folder, "content_type": "video/mp4"})),
        ("POST", format!("{file_path}/copy"), json!({"folder_id": "root"})),
        ("POST", at("folders"), json!({"name": "x", "password": FOLDER_PASSWORD})),
        ("POST", at("folders"), json!({"name": "x", "password": [FOLDER_PASSWORD]})),
        ("POST", at("folders"), json!({"name": "x", "pass": FOLDER_PASSWORD})),
        ("PATCH", folder_path.clone(), json!({"password": FOLDER_PASSWORD})),
        ("PATCH", folder_path.clone(), json!({"name": "y", "visibility": "public", "parent_id": "root"})),
        ("POST", at("remote-uploads"), json!({"url": "https://example.org/a.mp4"})),
    ];
    for (method, path, body) in bodies {
        caller.json(method, &path, &body).await;
    }
    caller.get(&folder_path).await;
    caller.typed("POST", &at("files?name=new.mp4"), "video/mp4", "hello").await;
    caller.delete(&at("folders/77777?recursive=true")).await;
    caller.delete(&at("files/77777")).await;
}

/// An error of the site with this message.
fn error_with(words: &str) -> Fault {
    let body = json!({"response": format!("Failed: {words}"), "_status": "error"}).to_string();
    Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) }
}

/// Returns the tokens of sessions and of links that were used.
fn tokens(sites: [&Yetishare; 2]) -> Vec<String> {
    let of = |call: &Received| {
        let names = ["access_token", "download_token"];
        names.iter().filter_map(|name| call.parameter(name).map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut tokens: Vec<String> =
        sites.iter().flat_map(|site| site.journal().all()).flat_map(|call| of(&call)).collect();
    tokens.sort();
    tokens.dedup();
    tokens
}

#[tokio::test]
async fn no_secret_of_a_session_is_printed_or_answered() {
    let (keys, words) = (site(AuthMode::Keys).await, site(AuthMode::Password).await);
    let gateway = start(&keys, &words).await;
    let caller = gateway.caller(API_KEY);
    let mut planted = Vec::new();
    for (name, site) in [("keys", &keys), ("words", &words)] {
        let (file, folder) = (site.add_file("0", "a.mp4", b"hello"), site.add_folder("0", "Films"));
        exercise(&caller, name, &file, &folder).await;
        assert_eq!(site.logins(), 1, "no secret reached {name}");
        assert_eq!(site.folder_password(&folder).as_deref(), Some(FOLDER_DIGEST));
        planted.push((name, site, file, folder));
    }
    let faults =
        [Fault::http(500), Fault::Garbage(Garbage::Html), Fault::Reset, Fault::LoseAnswer, Fault::CutBody { sent: 5 }];
    for fault in faults {
        for (name, site, file, folder) in &planted {
            site.faults().clear();
            site.faults().add(Rule::new("*", fault.clone()));
            exercise(&caller, name, file, folder).await;
            site.faults().clear();
        }
    }
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    assert!(answers.len() > 250 && printed.stderr.contains("\"DEBUG\""));
    let tokens = tokens([&keys, &words]);
    assert!(tokens.len() >= 3, "{} tokens", tokens.len());
    for secret in SECRETS.into_iter().chain(tokens.iter().map(String::as_str)) {
        assert_nowhere(secret, &printed, &answers);
    }
    // The user name is part of an account's answer, but must not be logged.
    assert_absent(&printed.stderr, USERNAME, "stderr");
}

/// The secrets that must appear nowhere.
const SECRETS: [&str; 6] = [KEY1, KEY2, PASSWORD, FOLDER_PASSWORD, FOLDER_DIGEST, API_KEY];

#[track_caller]
fn assert_nowhere(secret: &str, printed: &Ended, answers: &[Answer]) {
    assert_absent(&printed.stderr, secret, "stderr");
    assert_absent(&printed.stdout, secret, "stdout");
    for answer in answers {
        let place = format!("{} -> {}", answer.request_line, answer.status);
        assert_absent(&format!("{:?}", answer.headers), secret, &place);
        assert_absent(&answer.text(), secret, &place);
    }
}

#[tokio::test]
async fn credentials_echoed_by_a_login_are_masked() {
    let (keys, words) = (site(AuthMode::Keys).await, site(AuthMode::Password).await);
    let gateway = start(&keys, &words).await;
    let caller = gateway.caller(API_KEY);
    for (name, site, echoed) in
        [("keys", &keys, format!("{KEY1} and {KEY2}")), ("words", &words, format!("{USERNAME} and {PASSWORD}"))]
    {
        site.faults().add(Rule::new("authorize", error_with(&format!("Could not authenticate user {echoed}"))));
        let answer = caller.get(&format!("/v1/accounts/{name}")).await;
        let problem = answer.problem(502, "upstream_credentials_rejected");
        assert!(problem["upstream"]["message"].as_str().unwrap().contains("Could not authenticate user"), "{problem}");
        // The cached error does not contain the credentials either.
        caller.get(&format!("/v1/accounts/{name}/limits")).await.problem(502, "upstream_credentials_rejected");
    }
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    for secret in [KEY1, KEY2, PASSWORD] {
        assert_nowhere(secret, &printed, &answers);
    }
    assert_absent(&printed.stderr, USERNAME, "stderr");
}

#[tokio::test]
async fn secrets_echoed_by_a_request_are_masked() {
    let (keys, words) = (site(AuthMode::Keys).await, site(AuthMode::Password).await);
    let gateway = start(&keys, &words).await;
    let caller = gateway.caller(API_KEY);
    for (name, site) in [("keys", &keys), ("words", &words)] {
        let (file, folder) = (site.add_file("0", "a.mp4", b"hello"), site.add_folder("0", "Films"));
        caller.get(&format!("/v1/accounts/{name}")).await.status(200);
        let token = site.journal().of("account/info")[0].parameter("access_token").unwrap().to_owned();
        for operation in ["folder/create", "folder/edit"] {
            site.faults().add(Rule::new(operation, error_with(FOLDER_DIGEST)).times(1));
        }
        site.faults().add(Rule::new("*", error_with(&token)));
        exercise(&caller, name, &file, &folder).await;
    }
    let tokens = tokens([&keys, &words]);
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    for secret in tokens.iter().map(String::as_str).chain([FOLDER_PASSWORD, FOLDER_DIGEST]) {
        assert_nowhere(secret, &printed, &answers);
    }
}

#[tokio::test]
async fn credentials_echoed_after_the_login_are_masked() {
    let (keys, words) = (site(AuthMode::Keys).await, site(AuthMode::Password).await);
    let gateway = start(&keys, &words).await;
    let caller = gateway.caller(API_KEY);
    for (name, site, echoed) in
        [("keys", &keys, format!("{KEY1} and {KEY2}")), ("words", &words, format!("{USERNAME} and {PASSWORD}"))]
    {
        let (file, folder) = (site.add_file("0", "a.mp4", b"hello"), site.add_folder("0", "Films"));
        caller.get(&format!("/v1/accounts/{name}")).await.status(200);
        site.faults().add(Rule::new("*", error_with(&echoed)));
        exercise(&caller, name, &file, &folder).await;
    }
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    for secret in [KEY1, KEY2, PASSWORD] {
        assert_nowhere(secret, &printed, &answers);
    }
}

#[tokio::test]
async fn download_link_is_answered_but_never_logged() {
    let (keys, words) = (site(AuthMode::Keys).await, site(AuthMode::Password).await);
    let gateway = start(&keys, &words).await;
    let caller = gateway.caller(API_KEY);
    let file = keys.add_file("0", "a.mp4", b"hello");
    let link = caller.post("/v1/accounts/keys/download-links", &json!({"file_id": file})).await.json(201);
    let (_, token) = link["url"].as_str().unwrap().split_once("download_token=").unwrap();
    let path = format!("/v1/accounts/keys/files/{file}/content");
    let redirect = caller.get(&format!("{path}?mode=redirect")).await.status(302);
    let (_, other) = redirect.header("location").unwrap().split_once("download_token=").unwrap();
    caller.get(&path).await.status(200);
    keys.faults().add(Rule::new("content", Fault::Reset));
    caller.get(&path).await.problem(503, "upstream_unavailable");
    let used = tokens([&keys, &words]);
    let printed = gateway.stop().await;
    for token in used.iter().map(String::as_str).chain([token, other]) {
        assert_absent(&printed.stderr, token, "stderr");
    }
}

#[tokio::test]
async fn check_prints_no_secret_of_a_faulty_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    let text = format!(
        "[accounts.plays]\nprovider = \"streamplay\"\nkey1 = \"{KEY1}\"\nusername = \"{USERNAME}\"\n\
         password = \"{FOLDER_PASSWORD}\"\nkey3 = \"{KEY2}\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let ended = polyhost_end_to_end::Program::run(["check", "--config", path.to_str().unwrap()]).await;
    assert_eq!(ended.code(), Some(2));
    for secret in [KEY1, KEY2, USERNAME, FOLDER_PASSWORD] {
        assert_absent(&ended.stdout, secret, "stdout");
        assert_absent(&ended.stderr, secret, "stderr");
    }
}
