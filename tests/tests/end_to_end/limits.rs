//! Tests of the limits of a client: rate, concurrency, the cost of a request, and expiry.

use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller};
use polyhost_sandbox::Fault;
use serde_json::json;

use crate::world::{KEY, World, at};

const LIMITED: &str = "key-of-job";

/// Starts a world with a client that has these limits, and returns it with a caller of that client.
async fn with(limits: &str) -> (World, Caller) {
    let world = World::configured(|configuration| {
        configuration.limited_client("job", LIMITED, limits, &["main"], &["read", "write"])
    })
    .await;
    let job = world.gateway.caller(LIMITED);
    (world, job)
}

/// Returns a limit of `requests` requests that does not refill during a test.
fn without_refill(requests: u32) -> String {
    format!("rate_limit = {{ requests = {requests}, per_seconds = 31536000 }}")
}

/// Returns the number of requests that are left, according to an answer.
#[track_caller]
fn left(answer: &Answer) -> u32 {
    let limit = answer.header("ratelimit").unwrap_or_else(|| panic!("{}: no RateLimit", answer.request_line));
    let (name, rest) = limit.split_once(";r=").unwrap();
    assert_eq!(name, "\"client\"");
    let (left, reset) = rest.split_once(";t=").unwrap();
    reset.parse::<u64>().unwrap();
    left.parse().unwrap()
}

#[tokio::test]
async fn every_answer_has_the_rate_limit_and_429_follows_it() {
    let (world, job) = with(&without_refill(4)).await;
    let answers = [job.get("/v1/me").await, job.get("/v1/nothing").await, job.get(&at("files/a%20b")).await];
    for (answer, rest) in answers.iter().zip([3, 2, 1]) {
        assert_eq!(answer.header("ratelimit-policy"), Some("\"client\";q=4;w=31536000"), "{}", answer.request_line);
        assert_eq!(left(answer), rest, "{}", answer.request_line);
    }
    assert_eq!(answers.map(|answer| answer.status), [200, 404, 404]);
    // A write costs 2, and is refused if only 1 is left.
    let refused = job.post(&at("folders"), &json!({"name": "x"})).await;
    let problem = refused.problem(429, "rate_limited");
    assert_eq!((&problem["retryable"], left(&refused)), (&json!(true), 1));
    assert!(problem["retry_after"].as_u64().unwrap() > 0);
    world.assert_nothing_sent();

    // Other clients are not affected, and requests to open routes do not count.
    world.caller.get("/v1/me").await.status(200);
    assert_eq!(job.get("/livez").await.status(200).header("ratelimit"), None);
    assert_eq!(world.gateway.keyless().get("/v1/me").await.header("ratelimit"), None);
    let last = job.get("/v1/me").await;
    assert_eq!(left(&last), 0);
    assert_eq!(last.json(200)["rate_limit"], json!({"requests": 4, "per_seconds": 31_536_000}));
    job.get("/v1/me").await.problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_concurrent_callers_share_one_limit() {
    let (_world, job) = with(&without_refill(100)).await;
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
async fn expensive_requests_cost_more_of_the_limit() {
    let (world, job) = with(&without_refill(1000)).await;
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
    assert_eq!(costs(job.typed("POST", &at("files?name=b.mp4"), "video/mp4", "b").await), (201, 2));
    assert_eq!(costs(job.get(&at("folders/root/usage")).await), (200, 5));
    assert_eq!(costs(job.delete(&at(&format!("files/{id}"))).await), (204, 2));
    assert_eq!(costs(job.get("/v1/accounts").await), (200, 1));
}

#[tokio::test]
async fn lookup_over_the_limit_makes_no_call() {
    let (world, job) = with(&without_refill(6)).await;
    let ids: Vec<String> = (0..50).map(|number| format!("id{number}")).collect();
    job.get("/v1/me").await.status(200);
    job.get("/v1/me").await.status(200);
    let refused = job.post(&at("files/lookup"), &json!({"ids": ids})).await;
    refused.problem(429, "rate_limited");
    assert_eq!(left(&refused), 3);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn client_over_its_concurrency_limit_gets_429() {
    let (world, job) = with("max_concurrency = 2").await;
    world.inject("file/info", Fault::Hang);
    // Two different files, because equal reads would share one call.
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
    // A cancelled request releases its permit.
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
    while job.get("/v1/me").await.status == 429 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn expired_key_is_401() {
    let (world, job) = with("expires_at = 2020-01-31T00:00:00Z").await;
    let problem = job.get("/v1/me").await.problem(401, "unauthenticated");
    assert!(problem["detail"].as_str().unwrap().contains("expired"));
    world.assert_nothing_sent();
    let (_world, job) = with("expires_at = 9000-01-31T00:00:00Z").await;
    job.get("/v1/me").await.status(200);
}

#[tokio::test]
async fn guessing_keys_gets_429_and_does_not_block_clients() {
    let world = World::start().await;
    let mut statuses = Vec::new();
    let keyless = world.gateway.keyless();
    for number in 0..150 {
        let guess = keyless.request("GET", "/v1/me").header("authorization", format!("Bearer guess-{number}"));
        let answer = keyless.send(guess).await;
        if answer.status == 429 {
            assert_eq!(answer.problem(429, "rate_limited")["retryable"], true);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..100], [401; 100]);
    assert!(statuses[100..].contains(&429), "no guess was refused");
    world.gateway.keyless().get("/v1/me").await.problem(401, "unauthenticated");
    world.gateway.caller(KEY).get("/v1/me").await.status(200);
}
