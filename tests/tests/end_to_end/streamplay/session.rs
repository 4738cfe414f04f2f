//! Tests of the session at a site that allows one session per user: one login for all callers, one renewal of an
//! expired token, and no login contest between two gateways.

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::yetishare::Yetishare;
use polyhost_sandbox::{Fault, ManualClock};
use serde_json::Value;

use super::world::{HOLDER, KEY1, KEY2, World, account, alone, at, check_request, site};
use crate::world::{KEY, NOW};

/// Starts a gateway without rate limit and with a high concurrency.
async fn unlimited() -> World {
    World::configured(|configuration| configuration.upstream("requests_per_second = 0.0\nmax_concurrency = 400")).await
}

/// Reads files concurrently.
async fn read_all(world: &World, files: &[String]) -> Vec<Answer> {
    join_all(files.iter().map(async |file| world.caller.get(&at(&format!("files/{file}"))).await)).await
}

#[tokio::test]
async fn thousand_concurrent_callers_make_one_login() {
    let world = unlimited().await;
    let files: Vec<String> = (0..1_000).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    for answer in read_all(&world, &files).await {
        answer.status(200);
    }
    let arrived = world.site.journal().all();
    let of = |operation: &str| arrived.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of("authorize"), of("file/info"), arrived.len()), (1, 1_000, 1_001));
    assert_eq!((world.site.logins(), world.site.failed_logins()), (1, 0));
    arrived.iter().for_each(check_request);
}

#[tokio::test]
async fn token_that_expires_under_load_is_renewed_once() {
    let world = unlimited().await;
    let files: Vec<String> = (0..200).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.site.journal().clear();
    world.inject("file/info", Fault::Delay { millis: 5_000 });
    let reads = read_all(&world, &files);
    let killed = async {
        world.sent("file/info", 200).await;
        world.site.kill_tokens();
        world.site.faults().clear();
    };
    let (answers, ()) = tokio::join!(reads, killed);
    for answer in answers {
        answer.status(200);
    }
    let arrived = world.site.journal().all();
    let of = |operation: &str| arrived.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of("authorize"), of("file/info")), (1, 400));
    assert_eq!((world.site.logins(), world.site.live_tokens()), (2, 1));
}

#[tokio::test]
async fn expired_token_is_renewed_without_an_error() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"x");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    // A write that is refused for its token was not performed. It is sent again after `account/info` has confirmed that
    // the token is invalid.
    world.caller.delete(&at(&format!("files/{file}"))).await.no_content();
    assert_eq!(world.operations(), ["account/info", "file/delete", "account/info", "file/delete"]);
    assert_eq!(world.site.logins(), 2);
}

#[tokio::test]
async fn session_is_logged_out_at_shutdown() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    assert_eq!(world.site.live_tokens(), 1);
    let token = world.site.journal().of("account/info")[0].parameter("access_token").unwrap().to_owned();
    world.site.journal().clear();
    let ended = world.gateway.stop().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let arrived = world.site.journal().all();
    arrived.iter().for_each(check_request);
    let operations: Vec<&str> = arrived.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["disable_access_token"]);
    assert_eq!(arrived[0].parameter("access_token"), Some(&*token));
    assert_eq!(arrived[0].parameter("account_id"), Some(HOLDER));
    assert_eq!(world.site.live_tokens(), 0);
}

#[tokio::test]
async fn session_is_logged_out_after_the_last_request() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.site.journal().clear();
    world.inject("file/delete", Fault::Delay { millis: 700 });
    let caller = world.caller.clone();
    let slow = tokio::spawn(async move { caller.delete(&at(&format!("files/{file}"))).await });
    world.sent("file/delete", 1).await;
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    slow.await.unwrap().no_content();
    let operations: Vec<String> = world.site.journal().all().into_iter().map(|call| call.operation).collect();
    assert_eq!(operations, ["file/delete", "disable_access_token"]);
}

#[tokio::test]
async fn two_accounts_of_one_user_share_a_session() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |_| ()).await;
    let second_account = account("twin", &site.base_url(), KEY1, KEY2);
    let gateway = Gateway::start(&alone(&site).table(&second_account)).await;
    let caller = gateway.caller(KEY);
    for _ in 0..3 {
        for name in ["plays", "twin"] {
            let read = caller.get(&format!("/v1/accounts/{name}")).await.json(200);
            assert_eq!(read["name"], name);
        }
    }
    assert_eq!(site.logins(), 1);
}

#[tokio::test]
async fn shutdown_without_a_session_makes_no_call() {
    let world = World::start().await;
    world.caller.get("/v1/me").await.status(200);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    assert_eq!(world.site.journal().count(), 0);
}

#[tokio::test]
async fn unreachable_site_does_not_delay_the_shutdown() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    drop(world.site);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
}

/// Starts two gateways with the same account, and returns a caller of each.
async fn rivals(settings: fn(Configuration) -> Configuration) -> (Yetishare, Vec<(Gateway, Caller)>) {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |_| ()).await;
    let mut gateways = Vec::new();
    for _ in 0..2 {
        let gateway = Gateway::start(&settings(alone(&site))).await;
        let caller = gateway.caller(KEY);
        gateways.push((gateway, caller));
    }
    (site, gateways)
}

/// Asserts that an answer reports a contended session, and returns its `retry_after` in seconds.
#[track_caller]
fn contended(answer: &Answer) -> u64 {
    let problem = answer.problem(502, "upstream_session_contended");
    assert_eq!(problem["retryable"], true, "{problem}");
    problem["retry_after"].as_u64().expect("Retry-After")
}

#[tokio::test]
async fn login_beyond_the_deadline_is_answered_with_retry_after() {
    let (site, gateways) = rivals(|configuration| configuration.upstream("deadline = \"1s\"")).await;
    let [(_, a), (_, b)] = &gateways[..] else { panic!("two gateways") };
    let read = async |caller: &Caller| {
        let request = caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
        caller.send(request).await
    };
    read(a).await.status(200);
    read(b).await.status(200);
    for _ in 0..2 {
        let wait = contended(&read(a).await);
        assert!((1..=5).contains(&wait), "{wait}");
    }
    let upload = a.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await;
    contended(&upload);
    // The gateway that has the session keeps it meanwhile.
    read(b).await.status(200);
    assert_eq!((site.logins(), site.failed_logins(), site.is_locked()), (2, 0, false));
    assert_eq!(site.counts().files, 0);
}

#[tokio::test]
async fn two_gateways_share_an_account_within_the_login_budget() {
    let (site, gateways) = rivals(|configuration| configuration).await;
    let serve = async |caller: &Caller| -> (usize, Option<Answer>) {
        for served in 0..200 {
            let request = caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
            let answer = caller.send(request).await;
            if answer.status != 200 {
                return (served, Some(answer));
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        (200, None)
    };
    let served = join_all(gateways.iter().map(|(_, caller)| serve(caller))).await;
    for (count, refused) in served {
        assert!(count > 0, "nothing was served before {refused:?}");
        if let Some(refused) = refused {
            contended(&refused);
        }
    }
    // The budget is four logins in ten minutes for each gateway.
    assert!((2..=8).contains(&site.logins()), "{} logins", site.logins());
    assert_eq!((site.failed_logins(), site.is_locked()), (0, false));
    // Each gateway still reports the account's health.
    for (_, caller) in &gateways {
        let health = caller.get("/v1/accounts").await.items()[0]["health"].take();
        assert_ne!(health["last_success_at"], Value::Null);
    }
}
