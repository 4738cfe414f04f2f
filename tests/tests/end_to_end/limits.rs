//! How much a client may ask: how often, how much at once, with which weight, and for how long.

use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller};
use polyhost_sandbox::Fault;
use serde_json::json;

use crate::world::{KEY, World, at};

const LIMITED: &str = "key-of-job";

/// A world with a client that has these limits, and that client.
async fn with(limits: &str) -> (World, Caller) {
    let world = World::configured(|configuration| {
        configuration.limited_client("job", LIMITED, limits, &["main"], &["read", "write"])
    })
    .await;
    let job = world.gateway.caller(LIMITED);
    (world, job)
}

/// So many requests, of which none comes back while a test runs.
fn once(requests: u32) -> String {
    format!("rate_limit = {{ requests = {requests}, per_seconds = 31536000 }}")
}

/// How many requests an answer says are left.
#[track_caller]
fn left(answer: &Answer) -> u32 {
    let limit = answer.header("ratelimit").unwrap_or_else(|| panic!("{}: no RateLimit", answer.asked));
    let (name, rest) = limit.split_once(";r=").unwrap();
    assert_eq!(name, "\"client\"");
    let (left, reset) = rest.split_once(";t=").unwrap();
    reset.parse::<u64>().unwrap();
    left.parse().unwrap()
}

#[tokio::test]
async fn a_client_is_told_its_limit_in_every_answer_and_refused_beyond_it() {
    let (world, job) = with(&once(4)).await;
    let answers = [job.get("/v1/me").await, job.get("/v1/nothing").await, job.get(&at("files/a%20b")).await];
    for (answer, rest) in answers.iter().zip([3, 2, 1]) {
        assert_eq!(answer.header("ratelimit-policy"), Some("\"client\";q=4;w=31536000"), "{}", answer.asked);
        assert_eq!(left(answer), rest, "{}", answer.asked);
    }
    assert_eq!(answers.map(|answer| answer.status), [200, 404, 404]);
    // A change counts twice, and is refused whole.
    let refused = job.post(&at("folders"), &json!({"name": "x"})).await;
    let problem = refused.problem(429, "rate_limited");
    assert_eq!((&problem["retryable"], left(&refused)), (&json!(true), 1));
    assert!(problem["retry_after"].as_u64().unwrap() > 0);
    world.assert_nothing_sent();

    // The others are not touched by it, and what is open counts for nobody.
    world.caller.get("/v1/me").await.status(200);
    assert_eq!(job.get("/livez").await.status(200).header("ratelimit"), None);
    assert_eq!(world.gateway.stranger().get("/v1/me").await.header("ratelimit"), None);
    let last = job.get("/v1/me").await;
    assert_eq!(left(&last), 0);
    assert_eq!(last.json(200)["rate_limit"], json!({"requests": 4, "per_seconds": 31_536_000}));
    job.get("/v1/me").await.problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_at_once_get_what_the_limit_allows() {
    let (_world, job) = with(&once(100)).await;
    let callers = (0..64).map(|_| {
        let job = job.clone();
        tokio::spawn(async move {
            let mut statuses = Vec::new();
            for _ in 0..5 {
                statuses.push(job.get("/v1/me").await.status);
            }
            statuses
        })
    });
    let statuses: Vec<u16> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    assert_eq!((count(200), count(429)), (100, 220));
}

#[tokio::test]
async fn what_costs_more_counts_more() {
    let (world, job) = with(&once(1000)).await;
    let ids: Vec<String> = (0..50).map(|number| format!("id{number}")).collect();
    let id = world.site.add_file("0", "a.mp4", b"a");
    let mut before = 1000;
    let mut costs = |answer: Answer| {
        let rest = left(&answer);
        let cost = before - rest;
        before = rest;
        (answer.status, cost)
    };
    assert_eq!(costs(job.get(&at(&format!("files/{id}"))).await), (200, 1));
    assert_eq!(costs(job.post(&at("files/lookup"), &json!({"ids": [id]})).await), (200, 1));
    assert_eq!(costs(job.post(&at("files/lookup"), &json!({"ids": ids})).await), (200, 5));
    assert_eq!(costs(job.typed("POST", &at("files?name=b.mp4"), "video/mp4", "b").await), (201, 5));
    assert_eq!(costs(job.get(&at("folders/root/usage")).await), (200, 5));
    assert_eq!(costs(job.delete(&at(&format!("files/{id}"))).await), (204, 2));
    assert_eq!(costs(job.get("/v1/accounts").await), (200, 1));
}

#[tokio::test]
async fn a_lookup_that_is_too_much_asks_no_site() {
    let (world, job) = with(&once(6)).await;
    let ids: Vec<String> = (0..50).map(|number| format!("id{number}")).collect();
    job.get("/v1/me").await.status(200);
    job.get("/v1/me").await.status(200);
    let refused = job.post(&at("files/lookup"), &json!({"ids": ids})).await;
    refused.problem(429, "rate_limited");
    assert_eq!(left(&refused), 3);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn a_client_has_only_so_many_requests_under_way() {
    let (world, job) = with("max_concurrency = 2").await;
    world.breaks("file/info", Fault::Hang);
    // Two files: who asks for the same would share the question.
    let hanging = |number| {
        let job = job.clone();
        tokio::spawn(async move { job.get(&at(&format!("files/x{number}"))).await })
    };
    let hanging: Vec<_> = (0..2).map(hanging).collect();
    while world.site.journal().all().len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let refused = job.get("/v1/me").await;
    let problem = refused.problem(429, "rate_limited");
    assert_eq!((&problem["retryable"], &problem["retry_after"]), (&json!(true), &json!(1)));
    assert!(refused.header("ratelimit").is_some());
    world.caller.get("/v1/me").await.status(200);
    // Who goes away makes room.
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
    while job.get("/v1/me").await.status == 429 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_key_that_has_expired_is_none() {
    let (world, job) = with("expires_at = 2020-01-31T00:00:00Z").await;
    let problem = job.get("/v1/me").await.problem(401, "unauthenticated");
    assert!(problem["detail"].as_str().unwrap().contains("expired"));
    world.assert_nothing_sent();
    let (_world, job) = with("expires_at = 9000-01-31T00:00:00Z").await;
    job.get("/v1/me").await.status(200);
}

#[tokio::test]
async fn who_tries_one_key_after_the_other_is_told_to_stop_and_locks_nobody_out() {
    let world = World::start().await;
    let mut statuses = Vec::new();
    let stranger = world.gateway.stranger();
    for number in 0..150 {
        let guess = stranger.request("GET", "/v1/me").header("authorization", format!("Bearer guess-{number}"));
        let answer = stranger.send(guess).await;
        if answer.status == 429 {
            assert_eq!(answer.problem(429, "rate_limited")["retryable"], true);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..100], [401; 100]);
    assert!(statuses[100..].contains(&429), "nobody was told to stop");
    world.gateway.stranger().get("/v1/me").await.problem(401, "unauthenticated");
    world.gateway.caller(KEY).get("/v1/me").await.status(200);
}
