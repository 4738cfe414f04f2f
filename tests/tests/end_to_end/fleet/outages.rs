//! Tests of outages of Redis under load: requests go on, and nothing old is read afterwards.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::freshness::{name, rename};
use super::load::Load;
use super::world::{Fleet, persist};

/// The rounds of the load in each phase of a test.
const ROUNDS: usize = 5;
/// The longest time for which a replica uses its cache without a proof.
const PROVEN_FOR: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outage {
    /// Redis answers nothing, and then goes on with all of its data.
    Frozen,
    /// Redis ends, and is started again without data.
    Killed,
}

impl Outage {
    fn begin(self, fleet: &mut Fleet) {
        match self {
            Self::Frozen => fleet.redis.freeze(),
            Self::Killed => fleet.redis.kill(),
        }
    }

    async fn end(self, fleet: &mut Fleet) {
        match self {
            Self::Frozen => fleet.redis.thaw(),
            Self::Killed => fleet.redis.restart().await,
        }
    }
}

/// Logs in, so that every replica has a token that the site knows.
pub(super) async fn log_in(fleet: &Fleet) {
    for caller in fleet.callers.iter().chain(&fleet.callers) {
        let request = || caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
        persist(caller, request).await.status(200);
    }
}

/// Runs a load before, during and after an outage. Also writes a file during the outage, and asserts that every replica
/// reads the write, then and afterwards.
async fn survive(fleet: &mut Fleet, outage: Outage) {
    let file = fleet.site.add_file("0", "first.mp4", b"x");
    for caller in &fleet.callers {
        assert_eq!(name(caller, &file).await, "first.mp4");
    }
    let load = Load::start(fleet);
    load.continues(ROUNDS).await;
    outage.begin(fleet);
    fleet.all_see("away").await;
    load.continues(ROUNDS).await;
    rename(&fleet.callers[0], &file, "second.mp4").await;
    assert_eq!(name(&fleet.callers[0], &file).await, "second.mp4");
    sleep_until(Instant::now() + PROVEN_FOR).await;
    assert_all_read(fleet, &file, "second.mp4").await;
    rename(&fleet.callers[1], &file, "third.mp4").await;
    let fresh_from = Instant::now() + PROVEN_FOR;
    outage.end(fleet).await;
    fleet.all_see("connected").await;
    load.continues(ROUNDS).await;
    sleep_until(fresh_from).await;
    assert_all_read(fleet, &file, "third.mp4").await;
    load.finish().await;
}

async fn assert_all_read(fleet: &Fleet, file: &str, expected: &str) {
    for caller in &fleet.callers {
        assert_eq!(name(caller, file).await, expected);
    }
}

/// Ends the token at the site, and asserts that the replicas need one login to go on.
async fn assert_one_further_login(fleet: &Fleet) {
    let (logins, lapses) = (fleet.site.logins(), fleet.session_lapses().await);
    fleet.site.kill_tokens();
    log_in(fleet).await;
    let (further, lapses) = (fleet.site.logins() - logins, fleet.session_lapses().await - lapses);
    assert!((1..=1 + lapses).contains(&further), "{further} logins, {lapses} lapses of Redis");
}

#[tokio::test]
async fn no_request_fails_while_redis_is_frozen() {
    survive_without_a_login(Outage::Frozen).await;
}

#[tokio::test]
async fn no_request_fails_while_redis_is_killed_and_replaced() {
    survive_without_a_login(Outage::Killed).await;
}

/// Runs a load during an outage. Nobody logs in for it.
async fn survive_without_a_login(outage: Outage) {
    let mut fleet = Fleet::start(3).await;
    log_in(&fleet).await;
    let logins = fleet.site.logins();
    survive(&mut fleet, outage).await;
    assert_eq!(fleet.site.logins(), logins);
    assert_one_further_login(&fleet).await;
}

#[tokio::test]
async fn one_of_three_cold_replicas_logs_in_without_redis() {
    let mut fleet = Fleet::start(3).await;
    fleet.all_know_each_other().await;
    fleet.redis.kill();
    fleet.all_see("away").await;
    for _ in 0..3 {
        let reads = fleet.callers.iter().map(|caller| caller.get("/v1/accounts/plays"));
        let (served, refused): (Vec<_>, Vec<_>) = join_all(reads).await.into_iter().partition(|it| it.status == 200);
        assert_eq!(served.len(), 1);
        for answer in refused {
            assert_eq!(answer.problem(502, "upstream_session_contended")["retryable"], true);
        }
    }
    assert_eq!(fleet.site.logins(), 1);
    fleet.redis.restart().await;
    fleet.all_see("connected").await;
    let lapses = fleet.session_lapses().await;
    log_in(&fleet).await;
    let (logins, lapses) = (fleet.site.logins(), fleet.session_lapses().await - lapses);
    assert!(logins <= 2 + lapses, "{logins} logins, {lapses} lapses of Redis");
}
