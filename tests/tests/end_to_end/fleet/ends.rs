//! Tests of the ends of replicas: who logs the session out, and who is still counted.

use super::world::{Fleet, readiness, until};

/// Reads the account through every replica, so that all of them use the session.
async fn use_session(fleet: &Fleet) {
    for caller in &fleet.callers {
        caller.get("/v1/accounts/plays").await.status(200);
    }
    assert!(fleet.site.live_tokens() > 0);
}

/// Waits until the only replica of a fleet counts `expected` replicas.
async fn counts(fleet: &Fleet, expected: u32) {
    let [replica] = &fleet.replicas[..] else { panic!("one replica") };
    until("the count of replicas", async || readiness(replica).await["replicas"] == expected).await;
}

#[tokio::test]
async fn session_is_logged_out_by_the_last_replica_only() {
    let mut fleet = Fleet::start(2).await;
    fleet.all_know_each_other().await;
    use_session(&fleet).await;
    assert_eq!(fleet.remove(0).stop().await.code(), Some(0));
    assert!(fleet.site.journal().of("disable_access_token").is_empty());
    use_session(&fleet).await;
    counts(&fleet, 1).await;
    assert_eq!(fleet.remove(0).stop().await.code(), Some(0));
    assert_eq!(fleet.site.live_tokens(), 0);
}

#[tokio::test]
async fn replica_that_ends_leaves_the_list() {
    let mut fleet = Fleet::start(2).await;
    fleet.all_know_each_other().await;
    assert_eq!(listed(&fleet).await, 2);
    assert_eq!(fleet.remove(0).stop().await.code(), Some(0));
    assert_eq!(listed(&fleet).await, 1);
    counts(&fleet, 1).await;
}

/// Returns the number of replicas on the list in Redis.
async fn listed(fleet: &Fleet) -> usize {
    fleet.redis.run(redis::cmd("ZCARD").arg("polyhost:1:replicas")).await
}

#[tokio::test]
async fn killed_replica_is_not_counted_after_a_while() {
    let mut fleet = Fleet::start(2).await;
    fleet.all_know_each_other().await;
    drop(fleet.remove(0));
    assert_eq!(readiness(&fleet.replicas[0]).await["replicas"], 2);
    counts(&fleet, 1).await;
    use_session(&fleet).await;
    assert_eq!(fleet.remove(0).stop().await.code(), Some(0));
    assert_eq!(fleet.site.live_tokens(), 0);
}
