//! Tests of a client's rate limit over several replicas, with and without Redis.

use futures_util::future::join_all;
use polyhost_end_to_end::Configuration;

use super::world::{Fleet, until};

const LIMITED: &str = "key-of-job";

/// Adds a client that may send 100 requests, which do not refill during a test.
fn limited(configuration: Configuration) -> Configuration {
    let limits = "rate_limit = { requests = 100, per_seconds = 31536000 }";
    configuration.limited_client("job", LIMITED, limits, &["*"], &["read", "write"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limit_is_exact_over_three_replicas() {
    let fleet = Fleet::with(3, "", limited).await;
    let callers = (0..64).map(|number| {
        let caller = fleet.replicas[number % 3].caller(LIMITED);
        tokio::spawn(async move {
            let mut statuses = Vec::new();
            for _ in 0..5 {
                statuses.push(caller.get("/v1/me").await.status);
            }
            statuses
        })
    });
    let statuses: Vec<u16> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    let (allowed, alone) = (count(200), fleet.fallbacks("limiters").await);
    assert_eq!(allowed + count(429), 320, "{statuses:?}");
    assert!((100..=101 + alone).contains(&allowed), "{allowed} were allowed, {alone} decided without Redis");
}

#[tokio::test]
async fn limit_without_store_is_divided_by_the_replicas() {
    let mut fleet = Fleet::with(2, "", limited).await;
    fleet.all_know_each_other().await;
    fleet.redis.kill();
    fleet.all_see("away").await;
    for replica in &fleet.replicas {
        let caller = replica.caller(LIMITED);
        for _ in 0..50 {
            caller.get("/v1/me").await.status(200);
        }
        caller.get("/v1/me").await.problem(429, "rate_limited");
    }
}

#[tokio::test]
async fn refused_limits_without_store_are_503_until_it_returns() {
    let mut fleet = Fleet::with(2, "limits_without_store = \"refuse\"", limited).await;
    fleet.redis.kill();
    fleet.all_see("away").await;
    for replica in &fleet.replicas {
        let refused = replica.caller(LIMITED).get("/v1/me").await;
        let problem = refused.problem(503, "overloaded");
        assert_eq!(problem["retryable"], true);
        assert!(problem["retry_after"].is_u64(), "{problem}");
        replica.keyless().get("/livez").await.status(200);
    }
    fleet.redis.restart().await;
    for replica in &fleet.replicas {
        let caller = replica.caller(LIMITED);
        until("the limits return", async || caller.get("/v1/me").await.status == 200).await;
    }
}
