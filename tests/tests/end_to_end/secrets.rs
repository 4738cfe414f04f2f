//! Tests that secrets planted in the configuration and in requests appear in no output and no answer.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use polyhost_end_to_end::{Caller, Configuration, Gateway};
use polyhost_sandbox::openload::Openload;
use polyhost_sandbox::{Fault, Garbage, Rule};
use serde_json::{Value, json};

use crate::traces::collector::Collector;
use crate::world::{at, site};

const LOGIN: &str = "Plnt+Login/7f3a=x";
const SITE_KEY: &str = "Plnt Key&9c1e%20é";
const API_KEY: &str = "Plnt-Api-Key-5b2d";
const COOKIE: &str = "Plnt-Cookie-a41c; path=/";
const PASSWORD: &str = "Plnt-Password-66ef";
const IDEMPOTENCY_KEY: &str = "Plnt-Idempotency-Key-3f8a";
const COLLECTOR_KEY: &str = "Plnt-Collector-Key-70d1";

fn environment() -> Vec<(String, String)> {
    [
        ("PLANTED_LOGIN", LOGIN),
        ("PLANTED_KEY", SITE_KEY),
        ("PLANTED_COLLECTOR_KEY", COLLECTOR_KEY),
        ("RUST_LOG", "debug,polyhost=trace"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Starts a site with the planted credentials, and a gateway with verbose logging and more tables of the configuration.
async fn start(attempt_timeout: &str, tables: &str) -> (Openload, Gateway) {
    let (site, _) = site(|options| {
        options.login = LOGIN.to_owned();
        options.key = SITE_KEY.to_owned();
    })
    .await;
    let configuration = Configuration::new()
        .account("main", &site.base_url(), "env:PLANTED_LOGIN", "env:PLANTED_KEY")
        .client("web", API_KEY, &["*"], &["read", "write"])
        .upstream(&format!("attempt_timeout = \"{attempt_timeout}\""))
        .table(tables);
    let gateway = Gateway::start_with(&configuration, &[], &environment()).await;
    (site, gateway)
}

/// Returns every encoding in which a secret may appear: plain, percent-encoded in its variants, escaped in JSON, and in
/// base64 at each of the three offsets.
fn encodings(secret: &str) -> Vec<String> {
    let form: String = secret.bytes().map(|byte| if byte == b' ' { "+".to_owned() } else { percent(byte) }).collect();
    let strict = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let escaped = Value::from(secret).to_string().trim_matches('"').to_owned();
    let mut all = vec![secret.to_owned(), form, strict.to_lowercase(), strict, escaped];
    for offset in 0..3 {
        let padded = [vec![b' '; offset], secret.as_bytes().to_vec()].concat();
        for text in [BASE64_STANDARD_NO_PAD.encode(&padded), BASE64_URL_SAFE_NO_PAD.encode(&padded)] {
            // Cuts off the characters that depend on the bytes before and after the secret.
            all.push(text[if offset == 0 { 0 } else { 4 }..text.len() - 2].to_owned());
        }
    }
    all
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Calls every operation, with secrets in every place where a caller can put one.
async fn exercise(caller: &Caller, file: &str, folder: &str) {
    for path in ["/v1/me", "/v1/providers", "/v1/accounts", "/v1/accounts/main", "/openapi.json", "/readyz", "/nothing"]
    {
        caller.get(path).await;
    }
    let reads = [
        "capabilities",
        "folders/root",
        "folders/root/items",
        "folders/root/usage",
        "remote-uploads",
        "remote-uploads/1",
        "conversions",
    ];
    for path in reads {
        let request = caller.request("GET", &at(path)).header("cache-control", "no-cache");
        caller.send(request).await;
    }
    for path in [format!("files/{file}"), format!("files/{file}/thumbnail"), format!("folders/{folder}/items")] {
        caller.get(&at(&path)).await;
    }
    let remote = |url: &str| json!({"url": url, "headers": {"Cookie": COOKIE, "X-Many": [COOKIE, "b"]}});
    let bodies = [
        ("POST", "files/lookup".to_owned(), json!({"ids": [file, "nothing"]})),
        ("PATCH", format!("files/{file}"), json!({"name": "b.mp4", "folder_id": folder})),
        ("POST", "folders".to_owned(), json!({"name": "x", "password": PASSWORD})),
        ("POST", "folders".to_owned(), json!({"name": "x", "password": [PASSWORD]})),
        ("POST", "folders".to_owned(), json!({"name": "x", "pass": PASSWORD})),
        ("PATCH", format!("folders/{folder}"), json!({"password": PASSWORD})),
        ("PATCH", format!("folders/{folder}"), json!({"name": "y"})),
        ("POST", "remote-uploads".to_owned(), remote("https://example.org/a.mp4")),
        ("POST", "remote-uploads".to_owned(), remote("ftp://example.org/a.mp4")),
        (
            "POST",
            "remote-uploads".to_owned(),
            json!({"url": "https://example.org/", "headers": {"A": format!("{COOKIE}\r\n")}}),
        ),
    ];
    for (method, path, body) in bodies {
        caller.json(method, &at(&path), &body).await;
    }
    caller.typed("POST", &at("files?name=new.mp4"), "video/mp4", "hello").await;
    caller.typed("POST", &at("files?name=new.mp4&sha1=x"), "video/mp4", "hello").await;
    for _ in 0..2 {
        let keyed = caller.request("POST", &at("folders")).header("idempotency-key", IDEMPOTENCY_KEY);
        let body = json!({"name": "x", "password": PASSWORD}).to_string();
        caller.send(keyed.header("content-type", "application/json").body(body)).await;
    }
    caller.delete(&at("folders/99999")).await;
    caller.delete(&at("files/nothing")).await;
}

/// An error of the site that repeats the credentials it received, and `more`.
fn echoing_error(more: &str) -> Fault {
    let encoded = utf8_percent_encode(SITE_KEY, NON_ALPHANUMERIC).to_string();
    let words = format!("login {LOGIN} key {SITE_KEY} at ?key={encoded} {more}");
    let body = json!({"status": 400, "msg": words, "result": false}).to_string();
    Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) }
}

#[track_caller]
pub(crate) fn assert_absent(text: &str, secret: &str, place: &str) {
    for encoding in encodings(secret) {
        if let Some(found) = text.find(&encoding) {
            let around: String = text[..found].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("{place} holds the secret {secret:?} as {encoding:?} after: …{around}");
        }
    }
}

#[tokio::test]
async fn secrets_are_absent_from_output_under_any_fault() {
    let collector = Collector::start().await;
    let telemetry = collector.table("otlp_headers = { X-Key = \"env:PLANTED_COLLECTOR_KEY\" }");
    let (site, gateway) = start("200ms", &telemetry).await;
    let (file, folder) = (site.add_file("0", "a.mp4", b"a"), site.add_folder("0", "Films"));
    let caller = gateway.caller(API_KEY);
    exercise(&caller, &file, &folder).await;
    assert!(
        site.journal().all().iter().any(|call| call.parameter("key") == Some(SITE_KEY)),
        "no secret reached the site"
    );
    let faults = [
        echoing_error(""),
        Fault::envelope(403),
        Fault::http(500),
        Fault::rate_limit(1),
        Fault::Garbage(Garbage::Html),
        Fault::Reset,
        Fault::LoseAnswer,
        Fault::CutBody { sent: 5 },
        Fault::Hang,
    ];
    for fault in faults {
        site.faults().clear();
        if fault == echoing_error("") {
            site.faults().add(Rule::new("remotedl/add", echoing_error(&format!("header Cookie: {COOKIE}"))));
        }
        site.faults().add(Rule::new("*", fault));
        exercise(&caller, &file, &folder).await;
    }
    drop(site);
    exercise(&caller, &file, &folder).await;
    gateway.keyless().send(gateway.keyless().request("GET", "/v1/me").header("x-api-key", format!("{API_KEY}x"))).await;

    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    assert!(answers.len() > 250 && printed.stderr.contains("\"TRACE\"") | printed.stderr.contains("\"DEBUG\""));
    assert!(collector.heads().iter().all(|head| head.contains(COLLECTOR_KEY)), "the collector gets its key");
    let spans = collector.spans();
    assert!(spans.len() > 250);
    // Spans contain no id and no query either. The random id of a request may have the digits of a folder's id.
    for text in [&file, &folder, "new.mp4", "example.org"] {
        let has_text = |(name, value): &(String, String)| name != "polyhost.request_id" && value.contains(text);
        assert!(!spans.iter().any(|span| span.name.contains(text) || span.attributes.iter().any(has_text)), "{text}");
    }
    let cookie = COOKIE.split(';').next().unwrap();
    for secret in [LOGIN, SITE_KEY, API_KEY, cookie, PASSWORD, IDEMPOTENCY_KEY, COLLECTOR_KEY] {
        assert_absent(&collector.text(), secret, "an exported span");
        assert_absent(&printed.stderr, secret, "stderr");
        assert_absent(&printed.stdout, secret, "stdout");
        for answer in &answers {
            let place = format!("{} -> {}", answer.request_line, answer.status);
            assert_absent(&format!("{:?}", answer.headers), secret, &place);
            assert_absent(&answer.text(), secret, &place);
        }
    }
}

#[tokio::test]
async fn upload_address_is_not_printed() {
    let (site, gateway) = start("3s", "").await;
    let caller = gateway.caller(API_KEY);
    caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await.status(201);
    site.faults().add(Rule::new("upload", Fault::Reset));
    caller.typed("POST", &at("files?name=b.mp4"), "video/mp4", "hello").await.problem(504, "outcome_unknown");
    let tickets: Vec<String> =
        site.journal().of("upload").iter().map(|call| call.path.trim_start_matches("/ul/").to_owned()).collect();
    assert_eq!(tickets.len(), 2);
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    for ticket in tickets {
        assert!(!printed.stderr.contains(&ticket), "{}", printed.stderr);
        assert!(answers.iter().all(|answer| !answer.text().contains(&ticket)));
    }
}

#[tokio::test]
async fn check_prints_no_secret_of_a_faulty_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    let text = format!(
        "[accounts.main]\nprovider = \"pstream\"\nlogin = \"{LOGIN}\"\nkey = \"{PASSWORD}\"\nkey1 = \"{API_KEY}\"\n\
         base_url = \"https://user:{PASSWORD}@example.org/v1\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let ended = polyhost_end_to_end::Program::run(["check", "--config", path.to_str().unwrap()]).await;
    assert_eq!(ended.code(), Some(2));
    for secret in [LOGIN, PASSWORD, API_KEY] {
        assert_absent(&ended.stdout, secret, "stdout");
        assert_absent(&ended.stderr, secret, "stderr");
    }
}

#[tokio::test]
async fn no_secret_is_printed_during_reloads() {
    const NEXT: &str = "Plnt-Next-Key-81d0";
    let (site, mut gateway) = start("3s", "").await;
    let good = |key: &str| {
        Configuration::new()
            .account("main", &site.base_url(), "env:PLANTED_LOGIN", key)
            .client("web", API_KEY, &["*"], &["read", "write"])
            .client("job", NEXT, &["*"], &["read"])
    };
    let reload_until = async |gateway: &mut Gateway, text: &str| {
        gateway.program().hang_up();
        gateway.program().logged(|log| log.contains(text).then_some(())).await;
    };
    for (line, fault) in [
        (format!("[accounts.broken]\nkey = \"{PASSWORD}"), "invalid basic string"),
        (format!("[accounts.broken]\nkey = \"{PASSWORD}\"\nlogin = [\"{COOKIE}\"]"), "[accounts.broken] provider"),
        (
            format!("[accounts.broken]\nprovider = \"pstream\"\nbase_url = \"https://a:{PASSWORD}@b/\""),
            "[accounts.broken] base_url",
        ),
    ] {
        gateway.rewrite(&good("env:PLANTED_KEY").table(&line));
        reload_until(&mut gateway, fault).await;
    }
    gateway.rewrite(&good(NEXT));
    reload_until(&mut gateway, "the configuration was reloaded").await;
    let caller = gateway.caller(API_KEY);
    caller.get(&at("folders/root/items")).await.problem(502, "upstream_credentials_rejected");
    let answers = gateway.record().all();
    let printed = gateway.stop().await;
    for secret in [LOGIN, SITE_KEY, API_KEY, PASSWORD, NEXT, COOKIE] {
        assert_absent(&printed.stderr, secret, "stderr");
        answers.iter().for_each(|answer| assert_absent(&answer.text(), secret, &answer.request_line));
    }
}

#[test]
fn secret_is_found_in_every_encoding() {
    for text in [
        format!("key={SITE_KEY}&"),
        format!("key={}", utf8_percent_encode(SITE_KEY, NON_ALPHANUMERIC)),
        "key=Plnt+Key%269c1e%2520%C3%A9&x".to_owned(),
        BASE64_STANDARD_NO_PAD.encode(format!("{LOGIN}:{SITE_KEY}")),
        BASE64_URL_SAFE_NO_PAD.encode(format!("x{SITE_KEY}xyz")),
        BASE64_STANDARD_NO_PAD.encode(format!("xy{SITE_KEY}")),
    ] {
        assert!(encodings(SITE_KEY).iter().any(|encoding| text.contains(encoding)), "{text}");
    }
    assert!(!encodings(SITE_KEY).iter().any(|encoding| "Plnt Key".contains(encoding)));
}
