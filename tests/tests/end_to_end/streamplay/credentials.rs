//! Tests of credentials that the site refuses: tried once, cached, and not a fault of the caller.

use futures_util::future::join_all;
use polyhost_end_to_end::{Configuration, Gateway};
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::yetishare::{AuthMode, Yetishare};
use serde_json::json;

use super::world::{KEY1, World, account, alone, at, check_request, site};
use crate::world::{KEY, NOW};

/// Starts a site, and a gateway with the wrong second key.
async fn with_wrong_key() -> (Yetishare, Gateway) {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |_| ()).await;
    let wrong = account("plays", &site.base_url(), KEY1, &"x".repeat(64));
    let client = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&client.table(&wrong)).await;
    (site, gateway)
}

#[tokio::test]
async fn refused_credentials_are_a_502_and_tried_once() {
    let (site, gateway) = with_wrong_key().await;
    let caller = gateway.caller(KEY);
    let paths = (0..50).map(|n| at(&format!("files/{}", 1001 + n)));
    let answers = join_all(paths.map(async |path| caller.get(&path).await)).await;
    for answer in answers {
        let problem = answer.problem(502, "upstream_credentials_rejected");
        assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("authorize")));
    }
    // The verdict is cached for a minute, and applies to reads and writes.
    caller.get(&at("folders/root/items")).await.problem(502, "upstream_credentials_rejected");
    caller.delete(&at("files/1001")).await.problem(502, "upstream_credentials_rejected");
    caller.post(&at("folders"), &json!({"name": "x"})).await.problem(502, "upstream_credentials_rejected");
    let upload = caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await;
    upload.problem(502, "upstream_credentials_rejected");
    let arrived = site.journal().all();
    assert_eq!(arrived.len(), 1, "{arrived:?}");
    check_request(&arrived[0]);
    assert_eq!((arrived[0].operation.as_str(), site.failed_logins(), site.is_locked()), ("authorize", 1, false));
    let health = caller.get("/v1/accounts").await.items()[0]["health"].take();
    assert_eq!(health["last_error"]["code"], "upstream_credentials_rejected");
}

#[tokio::test]
async fn wrong_credentials_do_not_affect_other_accounts() {
    let world = World::configured(|configuration| {
        configuration.table(&account("wrong", "http://127.0.0.1:9/api/v2", KEY1, &"x".repeat(64)))
    })
    .await;
    world.caller.get("/v1/accounts/wrong").await.problem(503, "upstream_unavailable");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.caller.get("/v1/accounts/main").await.status(200);
}

#[tokio::test]
async fn account_level_without_api_access_is_denied_and_cached() {
    let world = World::start().await;
    world.site.deny_level(true);
    for _ in 0..5 {
        let problem = world.caller.get("/v1/accounts/plays").await.problem(403, "upstream_forbidden");
        assert_eq!(problem["retryable"], false);
        assert!(problem["upstream"]["message"].as_str().unwrap().contains("account level"), "{problem}");
    }
    assert_eq!(world.site.journal().of("authorize").len(), 1);
}

#[tokio::test]
async fn wrong_kind_of_credentials_is_tried_once() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |options| options.auth = AuthMode::Password).await;
    let gateway = Gateway::start(&alone(&site)).await;
    for _ in 0..5 {
        let answer = gateway.caller(KEY).get("/v1/accounts/plays").await;
        answer.problem(502, "upstream_credentials_rejected");
    }
    assert_eq!(site.journal().of("authorize").len(), 1);
}
