//! The one session that the site allows a user: begun once however many ask, renewed once when it dies, and never fought
//! over.

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::yetishare::Yetishare;
use polyhost_sandbox::{Fault, ManualClock};
use serde_json::Value;

use super::world::{HOLDER, KEY1, KEY2, World, account, alone, at, check_request, site};
use crate::world::{KEY, NOW};

/// A gateway that lets many requests through at once.
async fn wide() -> World {
    World::configured(|configuration| configuration.upstream("requests_per_second = 0.0\nmax_concurrency = 400")).await
}

/// Asks for files, all at once.
async fn ask(world: &World, files: &[String]) -> Vec<Answer> {
    join_all(files.iter().map(async |file| world.caller.get(&at(&format!("files/{file}"))).await)).await
}

#[tokio::test]
async fn a_thousand_callers_at_once_make_one_login() {
    let world = wide().await;
    let files: Vec<String> = (0..1_000).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    for answer in ask(&world, &files).await {
        answer.status(200);
    }
    let arrived = world.site.journal().all();
    let of = |operation: &str| arrived.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of("authorize"), of("file/info"), arrived.len()), (1, 1_000, 1_001));
    assert_eq!((world.site.logins(), world.site.failed_logins()), (1, 0));
    arrived.iter().for_each(check_request);
}

#[tokio::test]
async fn a_token_that_dies_under_two_hundred_requests_is_renewed_once() {
    let world = wide().await;
    let files: Vec<String> = (0..200).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.site.journal().clear();
    world.breaks("file/info", Fault::Delay { millis: 5_000 });
    let asked = ask(&world, &files);
    let killed = async {
        world.sent("file/info", 200).await;
        world.site.kill_tokens();
        world.site.faults().clear();
    };
    let (answers, ()) = tokio::join!(asked, killed);
    for answer in answers {
        answer.status(200);
    }
    let arrived = world.site.journal().all();
    let of = |operation: &str| arrived.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of("authorize"), of("file/info")), (1, 400));
    assert_eq!((world.site.logins(), world.site.live_tokens()), (2, 1));
}

#[tokio::test]
async fn a_token_that_has_expired_is_renewed_before_the_caller_notices() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"x");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    // A write that is refused for its token was not done, so it is done once more, when the site has said that it knows
    // the token no more.
    world.caller.delete(&at(&format!("files/{file}"))).await.no_content();
    assert_eq!(world.operations(), ["account/info", "file/delete", "account/info", "file/delete"]);
    assert_eq!(world.site.logins(), 2);
}

#[tokio::test]
async fn a_session_is_ended_in_good_order() {
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
async fn the_session_is_ended_only_after_the_last_request() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.site.journal().clear();
    world.breaks("file/delete", Fault::Delay { millis: 700 });
    let caller = world.caller.clone();
    let slow = tokio::spawn(async move { caller.delete(&at(&format!("files/{file}"))).await });
    world.sent("file/delete", 1).await;
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    slow.await.unwrap().no_content();
    let operations: Vec<String> = world.site.journal().all().into_iter().map(|call| call.operation).collect();
    assert_eq!(operations, ["file/delete", "disable_access_token"]);
}

#[tokio::test]
async fn two_accounts_of_one_user_do_not_end_each_others_session() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |_| ()).await;
    let twin = account("twin", &site.base_url(), KEY1, KEY2);
    let gateway = Gateway::start(&alone(&site).table(&twin)).await;
    let caller = gateway.caller(KEY);
    for _ in 0..3 {
        for name in ["plays", "twin"] {
            let told = caller.get(&format!("/v1/accounts/{name}")).await.json(200);
            assert_eq!(told["name"], name);
        }
    }
    assert_eq!(site.logins(), 1);
}

#[tokio::test]
async fn without_a_session_there_is_none_to_end() {
    let world = World::start().await;
    world.caller.get("/v1/me").await.status(200);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    assert_eq!(world.site.journal().count(), 0);
}

#[tokio::test]
async fn a_site_that_is_gone_does_not_hold_up_the_end() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    drop(world.site);
    assert_eq!(world.gateway.stop().await.code(), Some(0));
}

/// Two gateways with the same account, and a caller of each.
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

/// Checks that an answer says that somebody else takes the session, and gives the seconds to wait.
#[track_caller]
fn contended(answer: &Answer) -> u64 {
    let problem = answer.problem(502, "upstream_session_contended");
    assert_eq!(problem["retryable"], true, "{problem}");
    problem["retry_after"].as_u64().expect("Retry-After")
}

#[tokio::test]
async fn a_caller_without_the_time_to_wait_for_a_login_is_told_how_long_it_takes() {
    let (site, gateways) = rivals(|configuration| configuration.upstream("deadline = \"1s\"")).await;
    let [(_, a), (_, b)] = &gateways[..] else { panic!("two gateways") };
    let asked = async |caller: &Caller| {
        let request = caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
        caller.send(request).await
    };
    asked(a).await.status(200);
    asked(b).await.status(200);
    for _ in 0..2 {
        let wait = contended(&asked(a).await);
        assert!((1..=5).contains(&wait), "{wait}");
    }
    let upload = a.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await;
    contended(&upload);
    // Who has the session keeps it meanwhile.
    asked(b).await.status(200);
    assert_eq!((site.logins(), site.failed_logins(), site.is_locked()), (2, 0, false));
    assert_eq!(site.counts().files, 0);
}

#[tokio::test]
async fn two_gateways_on_one_account_keep_serving_within_the_budget_and_never_lock_it() {
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
    // Four in ten minutes for each of the two.
    assert!((2..=8).contains(&site.logins()), "{} logins", site.logins());
    assert_eq!((site.failed_logins(), site.is_locked()), (0, false));
    // Each still knows how it fares.
    for (_, caller) in &gateways {
        let health = caller.get("/v1/accounts").await.items()[0]["health"].take();
        assert_ne!(health["last_success_at"], Value::Null);
    }
}
