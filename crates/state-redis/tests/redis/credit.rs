//! Requests that a replica takes from a bucket in advance.

use std::num::NonZeroU32;

use futures_util::future::join_all;
use polyhost_state::conformance::patient;
use polyhost_state::{Quota, State};
use redis::InfoDict;

use crate::fleet::{Pair, Replica, eventually};
use crate::server::Server;

/// A quota that does not refill during a test.
fn quota(requests: u32) -> Quota {
    Quota { requests: requests.try_into().unwrap(), per: Quota::LONGEST }
}

/// Sends requests of a client until one is rejected. Returns the number of the others.
async fn exhaust(state: &State, quota: Quota) -> u32 {
    let mut allowed = 0;
    while patient(state.limiters.check("client", quota, NonZeroU32::MIN)).await.unwrap().is_allowed() {
        allowed += 1;
    }
    allowed
}

async fn calls(server: &Server) -> u64 {
    let statistics: InfoDict = server.info("commandstats").await;
    let scripts: Option<String> = statistics.get("cmdstat_evalsha");
    let calls = scripts.as_deref().and_then(|text| text.strip_prefix("calls=")?.split(',').next()?.parse().ok());
    calls.unwrap_or_default()
}

#[tokio::test]
async fn caller_far_from_its_limit_costs_few_calls() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let mut quota = quota(1_000_000);
    // On a slow machine, a credit may end before it is used. Then another client tries.
    eventually(async || {
        quota.requests = quota.requests.saturating_add(1);
        let before = calls(&server).await;
        for count in 1..=1_000 {
            let decision = patient(replica.state.limiters.check("client", quota, NonZeroU32::MIN)).await.unwrap();
            assert!(decision.is_allowed());
            assert!(decision.remaining <= quota.requests.get() - count, "{decision:?} after {count}");
        }
        calls(&server).await - before < 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_of_replicas_never_exceed_the_quota() {
    let pair = Pair::start().await;
    let quota = quota(20_000);
    let callers = pair.replicas.iter().flat_map(|replica| [&replica.state; 4]);
    let allowed: u32 = join_all(callers.map(|state| exhaust(state, quota))).await.into_iter().sum();
    assert!(allowed <= 20_000, "{allowed}");
    // A credit that ended unused is lost to the client.
    assert!(allowed > 10_000, "{allowed}");
}
