//! The list of replicas, as each of them sees it.

use polyhost_state::StoreStatus;

use crate::fleet::{Pair, Replica, eventually};

async fn listed(pair: &Pair) -> usize {
    let ids: Vec<String> = pair.server.run(redis::cmd("ZRANGE").arg("polyhost:1:replicas").arg(0).arg(-1)).await;
    ids.len()
}

#[tokio::test]
async fn replicas_see_each_other_and_one_is_the_first() {
    let pair = Pair::start().await;
    let [one, two] = pair.replicas.each_ref().map(|replica| &replica.state.replicas);
    eventually(async || one.count() == 2 && two.count() == 2).await;
    assert_ne!(one.is_first(), two.is_first());
}

#[tokio::test]
async fn stopped_replica_takes_its_name_off_the_list() {
    let pair = Pair::start().await;
    assert_eq!(listed(&pair).await, 2);
    let Pair { server, replicas: [one, two] } = pair;
    eventually(async || one.state.replicas.count() == 2).await;
    let state = two.state.clone();
    two.stop().await;
    assert_eq!(state.replicas.store(), StoreStatus::Away);

    let ids: Vec<String> = server.run(redis::cmd("ZRANGE").arg("polyhost:1:replicas").arg(0).arg(-1)).await;
    assert_eq!(ids.len(), 1);
    eventually(async || one.state.replicas.count() == 1).await;
    assert!(one.state.replicas.is_first());
}

#[tokio::test]
async fn replicas_stay_seen_while_the_store_is_away_and_after_a_loss() {
    let mut pair = Pair::start().await;
    let [one, two] = &pair.replicas;
    eventually(async || one.state.replicas.count() == 2 && two.state.replicas.count() == 2).await;
    pair.server.kill();
    one.until(StoreStatus::Away).await;
    assert_eq!(one.state.replicas.count(), 2);

    pair.server.restart().await;
    let fresh = Replica::connected(pair.server.url()).await;
    for replica in [one, two] {
        replica.until(StoreStatus::Connected).await;
        assert!(replica.state.replicas.count() >= 2, "the other one had no time to come back");
    }
    eventually(async || fresh.state.replicas.count() == 3).await;
}
