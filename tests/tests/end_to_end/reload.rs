//! Tests of reloading the configuration, on SIGHUP or when its file has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::Fault;
use polyhost_sandbox::yetishare::Yetishare;
use serde_json::{Value, json};

use crate::streamplay::world::{KEY1, KEY2, account, alone, login, site as streamplay_site};
use crate::world::{KEY, LOGIN, SITE_KEY, World, at, configuration, site};

pub(crate) const DONE: &str = "the configuration was reloaded";
pub(crate) const REFUSED: &str = "the new configuration is rejected";

const GIVEN_BACK: &str = "the account was removed or changed, and is no longer in use";
const KEPT: &str = "the account was removed or changed, and another account keeps its session";

/// Returns the number of log lines that contain a message.
fn logged(gateway: &mut Gateway, message: &str) -> usize {
    gateway.program().stderr().lines().filter(|line| line.contains(message)).count()
}

/// Gives the gateway another configuration, and waits until the log reports the outcome.
pub(crate) async fn reload(gateway: &mut Gateway, configuration: &Configuration, outcome: &str) {
    let before = logged(gateway, outcome);
    gateway.rewrite(configuration);
    gateway.program().hang_up();
    let is_more = |log: &str| (log.lines().filter(|line| line.contains(outcome)).count() > before).then_some(());
    gateway.program().logged(is_more).await;
}

#[tokio::test]
async fn reload_changes_accounts_and_keeps_unchanged_caches() {
    let mut world = World::start().await;
    let (other, _) = site(|options| options.login = "other".to_owned()).await;
    world.site.add_file("0", "a.mp4", b"a");
    other.add_file("0", "b.mp4", b"b");
    let listed = world.caller.get(&at("folders/root/items")).await;
    assert!(listed.header("cache-status").unwrap().contains("stored"));
    world.arrived();

    let new = configuration(&world.site).account("second", &other.base_url(), "other", SITE_KEY).client(
        "job",
        "key-of-job",
        &["second"],
        &["read"],
    );
    reload(&mut world.gateway, &new, DONE).await;
    let job = world.gateway.caller("key-of-job");
    assert_eq!(job.get("/v1/me").await.json(200)["accounts"], json!(["second"]));
    assert_eq!(job.get("/v1/accounts/second/folders/root/items").await.items()[0]["name"], "b.mp4");
    job.get(&at("folders/root/items")).await.problem(404, "account_not_found");
    // The cache of the unchanged account is kept.
    let listed = world.caller.get(&at("folders/root/items")).await;
    assert!(listed.header("cache-status").unwrap().contains("hit"));
    assert_eq!(world.operations(), [""; 0]);

    reload(&mut world.gateway, &configuration(&world.site), DONE).await;
    job.get("/v1/me").await.problem(401, "unauthenticated");
    world.caller.get("/v1/accounts/second").await.problem(404, "account_not_found");
}

#[tokio::test]
async fn replaced_account_returns_no_data_of_the_old_one() {
    let mut world = World::start().await;
    let (other, _) = site(|options| options.key = "other".to_owned()).await;
    world.site.add_file("0", "old.mp4", b"a");
    world.site.add_file("0", "older.mp4", b"a");
    other.add_file("0", "new.mp4", b"b");
    let first = world.caller.get(&at("folders/root/items?limit=1")).await.json(200);
    assert_eq!(first["items"][0]["name"], "old.mp4");
    let new = Configuration::new().account("main", &other.base_url(), LOGIN, "other").client(
        "web",
        KEY,
        &["*"],
        &["read", "write"],
    );
    reload(&mut world.gateway, &new, DONE).await;
    let items = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!((items.len(), &items[0]["name"]), (1, &json!("new.mp4")));
    // A cursor of the old account is not valid at the new one.
    let next = format!("folders/root/items?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    world.caller.get(&at(&next)).await.problem(400, "invalid_cursor");
}

/// Sends a POST with an idempotency key of its own for each path.
async fn post(caller: &Caller, path: &str, body: &Value) -> Answer {
    let request = caller.request("POST", &at(path)).header("idempotency-key", format!("one-{path}"));
    caller.send(request.header("content-type", "application/json").body(body.to_string())).await
}

#[tokio::test]
async fn idempotency_key_is_not_replayed_for_another_account() {
    let mut world = World::start().await;
    let (other, _) = site(|options| options.login = "other".to_owned()).await;
    let body = json!({"name": "Once"});
    let first = post(&world.caller, "folders", &body).await.status(201);
    let new = Configuration::new().account("main", &other.base_url(), "other", SITE_KEY).client(
        "web",
        KEY,
        &["*"],
        &["read", "write"],
    );
    reload(&mut world.gateway, &new, DONE).await;
    post(&world.caller, "folders", &body).await.problem(422, "idempotency_key_reused");
    assert_eq!(world.caller.get(&at("folders/root/items")).await.items().len(), 0, "no folder is created there");

    let other_settings = configuration(&world.site).upstream("deadline = \"20s\"");
    reload(&mut world.gateway, &other_settings, DONE).await;
    let again = post(&world.caller, "folders", &body).await;
    assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &first.body));
}

#[tokio::test]
async fn replay_needs_the_permissions_of_the_request() {
    let with = |world: &World, accounts: &[&str], scopes: &[&str]| {
        Configuration::new()
            .account("main", &world.site.base_url(), LOGIN, SITE_KEY)
            .account("spare", &world.site.base_url(), LOGIN, SITE_KEY)
            .client("web", KEY, accounts, scopes)
    };
    let mut world = World::start().await;
    let all = with(&world, &["*"], &["read", "write", "admin"]);
    reload(&mut world.gateway, &all, DONE).await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    let requests = [
        ("read", "files/lookup", json!({"ids": [id]})),
        ("write", "folders", json!({"name": "Once"})),
        ("admin", "cache/purge", json!({})),
    ];
    for (_, path, body) in &requests {
        let answer = post(&world.caller, path, body).await;
        assert!(answer.status < 300, "{path}: {}", answer.text());
    }
    for scope in ["read", "write", "admin"] {
        let one = with(&world, &["main"], &[scope]);
        reload(&mut world.gateway, &one, DONE).await;
        for (needed, path, body) in &requests {
            let answer = post(&world.caller, path, body).await;
            if scope == *needed {
                assert_eq!(answer.header("idempotency-replayed"), Some("true"), "{path}: {}", answer.text());
            } else {
                answer.problem(403, "forbidden");
            }
        }
    }
    let elsewhere = with(&world, &["spare"], &["read", "write", "admin"]);
    reload(&mut world.gateway, &elsewhere, DONE).await;
    for (_, path, body) in &requests {
        post(&world.caller, path, body).await.problem(404, "account_not_found");
    }
}

#[tokio::test]
async fn verdict_on_credentials_does_not_survive_their_change() {
    let mut world = World::start().await;
    world.site.forbid("file/delete");
    let file = at("files/abc");
    world.caller.delete(&file).await.problem(403, "upstream_forbidden");
    let with = |key: &str| {
        let configuration = Configuration::new().account("main", &world.site.base_url(), LOGIN, key);
        configuration.client("web", KEY, &["*"], &["read", "write"])
    };
    let (wrong, right) = (with("not-the-key"), with(SITE_KEY));
    reload(&mut world.gateway, &wrong, DONE).await;
    world.caller.delete(&file).await.problem(502, "upstream_credentials_rejected");
    reload(&mut world.gateway, &right, DONE).await;
    world.caller.delete(&file).await.problem(403, "upstream_forbidden");
}

#[tokio::test]
async fn bad_configuration_is_refused_and_the_old_one_stays() {
    let mut world = World::start().await;
    let bad = configuration(&world.site)
        .upstream("deadline = \"soon\"")
        .table("[accounts.half]\nprovider = \"pstream\"\nlogin = \"file:/nowhere/at-all\"");
    reload(&mut world.gateway, &bad, REFUSED).await;
    let log = world.gateway.program().stderr();
    for fault in ["[upstream] deadline", "[accounts.half] key: is missing", "[accounts.half] login: /nowhere/at-all"] {
        assert!(log.contains(fault), "{fault} is not in {log}");
    }
    world.caller.get(&at("folders/root/items")).await.status(200);
    // A reload that would remove all keys is refused.
    let open = Configuration::new().account("main", &world.site.base_url(), LOGIN, SITE_KEY);
    reload(&mut world.gateway, &open, REFUSED).await;
    world.gateway.keyless().get("/v1/me").await.problem(401, "unauthenticated");
    assert!(world.gateway.program().runs());
}

#[tokio::test]
async fn settings_that_need_a_restart_are_logged_and_kept() {
    let mut world = World::start().await;
    let new = configuration(&world.site).server("max_body = \"10 B\"\nmax_connections = 7").cache("max_size = \"0 B\"");
    reload(&mut world.gateway, &new, DONE).await;
    let log = world.gateway.program().stderr();
    for key in ["[server] max_body", "[server] max_connections", "[cache] max_size"] {
        assert!(log.lines().any(|line| line.contains("needs a restart") && line.contains(key)), "{key}: {log}");
    }
    assert!(!log.lines().any(|line| line.contains("needs a restart") && line.contains("listen")), "{log}");
    let body = json!({"name": "more than ten bytes"});
    world.caller.post(&at("folders"), &body).await.status(201);
}

#[tokio::test]
async fn reload_under_load_fails_no_request() {
    const CALLERS: usize = 16;
    let mut world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    world.inject("file/info", Fault::Delay { millis: 20 });
    let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load = (0..CALLERS).map(|_| {
        let (caller, is_over, answered) = (world.gateway.caller(KEY), Arc::clone(&is_over), Arc::clone(&answered));
        let path = at(&format!("files/{id}"));
        tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let request = caller.request("GET", &path).header("cache-control", "no-cache");
                caller.send(request).await.status(200);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let load: Vec<_> = load.collect();
    for round in 0..10 {
        // Each reload changes a setting, so that the account is rebuilt, and a client.
        let new = configuration(&world.site).upstream(&format!("attempt_timeout = \"{}s\"", 20 + round)).client(
            "job",
            &format!("key-{round}"),
            &["*"],
            &["read"],
        );
        let before = answered.load(Ordering::Relaxed);
        reload(&mut world.gateway, &new, DONE).await;
        world.gateway.caller(&format!("key-{round}")).get("/v1/me").await.status(200);
        while answered.load(Ordering::Relaxed) < before + 2 * CALLERS {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for caller in load {
        caller.await.expect("every request was answered with 200");
    }
    assert!(answered.load(Ordering::Relaxed) >= 10 * 2 * CALLERS);
}

/// Returns the numbers of logins and logouts that have arrived at a site.
fn sessions(site: &Yetishare) -> (usize, usize) {
    (site.journal().of("authorize").len(), site.journal().of("disable_access_token").len())
}

#[tokio::test]
async fn session_is_kept_while_configured_and_then_logged_out() {
    let (_, clock) = site(|_| ()).await;
    let site = streamplay_site(&clock, |_| ()).await;
    let mut gateway = Gateway::start(&alone(&site)).await;
    let caller = gateway.caller(KEY);
    caller.get("/v1/accounts/plays").await.status(200);
    assert_eq!(sessions(&site), (1, 0));

    // The same user under another account name and with other settings keeps the session.
    let renamed = Configuration::new()
        .client("web", KEY, &["*"], &["read", "write"])
        .upstream("attempt_timeout = \"9s\"")
        .table(&account("films", &site.base_url(), KEY1, KEY2));
    reload(&mut gateway, &renamed, DONE).await;
    caller.get("/v1/accounts/films").await.status(200);
    assert_eq!(sessions(&site), (1, 0));

    // A request in progress completes although its account is removed.
    site.faults().add(polyhost_sandbox::Rule::new("folder/create", Fault::Delay { millis: 3_000 }));
    let in_progress = caller.clone();
    let in_progress =
        tokio::spawn(async move { in_progress.post("/v1/accounts/films/folders", &json!({"name": "New"})).await });
    while site.journal().of("folder/create").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let none = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    reload(&mut gateway, &none, DONE).await;
    caller.get("/v1/accounts/films").await.problem(404, "account_not_found");
    assert_eq!(sessions(&site).1, 0, "the session is in use");
    in_progress.await.unwrap().status(201);
    gateway.program().logged(|log| log.contains(GIVEN_BACK).then_some(())).await;
    assert_eq!(sessions(&site), (1, 1));
    assert_eq!(login().key1, KEY1);
}

/// Begins a request of an account that does not end before the site's faults are resumed.
async fn long_request(site: &Yetishare, gateway: &Gateway, account: &str) -> tokio::task::JoinHandle<()> {
    site.faults().add(polyhost_sandbox::Rule::new("folder/create", Fault::Stall { sent: 1 }));
    let (caller, path) = (gateway.caller(KEY), format!("/v1/accounts/{account}/folders"));
    let request = tokio::spawn(async move { drop(caller.post(&path, &json!({"name": "New"})).await.status(201)) });
    while site.journal().of("folder/create").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    request
}

#[tokio::test]
async fn user_configured_again_in_time_keeps_the_session() {
    let (_, clock) = site(|_| ()).await;
    let site = streamplay_site(&clock, |_| ()).await;
    let mut gateway = Gateway::start(&alone(&site)).await;
    let caller = gateway.caller(KEY);
    caller.get("/v1/accounts/plays").await.status(200);
    let in_progress = long_request(&site, &gateway, "plays").await;
    reload(&mut gateway, &Configuration::new().client("web", KEY, &["*"], &["read", "write"]), DONE).await;
    reload(&mut gateway, &alone(&site), DONE).await;
    site.faults().resume();
    in_progress.await.unwrap();
    gateway.program().logged(|log| log.contains(KEPT).then_some(())).await;
    caller.get("/v1/accounts/plays").await.status(200);
    assert_eq!(sessions(&site), (1, 0));
}

#[tokio::test]
async fn session_of_two_removed_accounts_is_logged_out_by_the_last() {
    let (_, clock) = site(|_| ()).await;
    let site = streamplay_site(&clock, |_| ()).await;
    let mut gateway = Gateway::start(&alone(&site)).await;
    let in_progress = long_request(&site, &gateway, "plays").await;
    let none = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    let renamed = none.clone().table(&account("films", &site.base_url(), KEY1, KEY2));
    reload(&mut gateway, &renamed, DONE).await;
    gateway.caller(KEY).get("/v1/accounts/films").await.status(200);
    reload(&mut gateway, &none, DONE).await;
    gateway.program().logged(|log| log.contains(KEPT).then_some(())).await;
    assert_eq!(sessions(&site), (1, 0), "the first account has a request in progress");
    site.faults().resume();
    in_progress.await.unwrap();
    gateway.program().logged(|log| log.contains(GIVEN_BACK).then_some(())).await;
    assert_eq!(sessions(&site), (1, 1));
}

#[tokio::test]
async fn event_stream_ends_only_when_its_key_is_removed() {
    let mut world = World::start().await;
    let body = json!({"url": "https://example.org/a.mp4"});
    let id = world.caller.post(&at("remote-uploads"), &body).await.json(202)["id"].as_str().unwrap().to_owned();
    let path = at(&format!("events?remote_upload={id}"));
    let mut stream = crate::listener::Listener::open(&world.caller, &path).await;
    stream.state().await;
    let more = configuration(&world.site).client("job", "key-of-job", &["*"], &["read"]);
    reload(&mut world.gateway, &more, DONE).await;
    assert!(stream.is_silent().await);
    let without_key = Configuration::new().account("main", &world.site.base_url(), LOGIN, SITE_KEY).client(
        "job",
        "key-of-job",
        &["*"],
        &["read"],
    );
    reload(&mut world.gateway, &without_key, DONE).await;
    while stream.next().await.is_some() {}
}
