//! Outages: of a server that loses its data, and of one that serves no writes.

use polyhost_state::conformance::patient;
use polyhost_state::{Consistency, GenerationList, ScopeKey, StoreStatus};
use polyhost_state_redis::RedisSettings;

use crate::fleet::{Pair, Replica, eventually, settings};
use crate::server::Server;

fn scopes() -> [ScopeKey; 2] {
    ["files", "tree"].map(|name| ScopeKey::new(&"a".into(), name, ""))
}

async fn current(replica: &Replica) -> GenerationList {
    patient(replica.state.generations.current(&scopes())).await.unwrap()
}

/// Returns the number that each change of the owner's generations raises, as Redis has it.
async fn writes(server: &Server) -> u64 {
    server.run(redis::cmd("HGET").arg("polyhost:1:g:{a}").arg("w")).await
}

#[tokio::test]
async fn nothing_old_looks_fresh_after_a_loss_of_data() {
    let mut pair = Pair::start().await;
    patient(pair.replicas[0].state.generations.raise(&scopes())).await.unwrap();
    let mut before = Vec::new();
    for replica in &pair.replicas {
        before.push(current(replica).await);
    }
    pair.server.kill();
    pair.server.restart().await;

    for (replica, before) in pair.replicas.iter().zip(before) {
        let generations = &replica.state.generations;
        eventually(async || {
            let Ok(after) = patient(generations.current(&scopes())).await else { return false };
            assert!(after.iter().zip(&before).all(|(after, before)| after > before), "{before:?} {after:?}");
            true
        })
        .await;
        assert!(generations.known(&scopes()).is_none_or(|known| known[0] > before[0]));
    }
}

#[tokio::test]
async fn nothing_old_looks_fresh_after_any_outage() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let before = current(&replica).await;
    server.run_line("REPLICAOF 127.0.0.1 1").await;
    patient(replica.state.leases.acquire("a", std::time::Duration::from_secs(1))).await.unwrap_err();
    assert_eq!(replica.state.replicas.store(), StoreStatus::Away, "a server that serves no writes is of no use");
    server.run_line("REPLICAOF NO ONE").await;
    replica.until(StoreStatus::Connected).await;

    let after = current(&replica).await;
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
}

#[tokio::test]
async fn owed_raises_are_sent_before_the_store_answers_again() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let before = current(&replica).await;
    let writes_before = writes(&server).await;
    server.run_line("REPLICAOF 127.0.0.1 1").await;
    patient(replica.state.generations.raise(&scopes()[..1])).await.unwrap_err();
    // Without a session, nothing is sent.
    patient(replica.state.generations.raise(&scopes()[1..])).await.unwrap_err();
    assert!(replica.state.generations.known(&scopes()).is_none(), "its own raise is owed");
    assert_eq!(writes(&server).await, writes_before);

    server.run_line("REPLICAOF NO ONE").await;
    replica.until(StoreStatus::Connected).await;
    assert!(writes(&server).await > writes_before);
    let other = Replica::connected(server.url()).await;
    let after = current(&other).await;
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
}

#[tokio::test]
async fn cancelled_raise_is_owed_and_sent_later() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    current(&replica).await;
    let raised = scopes();
    {
        // One poll sends the request, or puts it into a queue; then the caller goes away.
        let raise = patient(replica.state.generations.raise(&raised));
        tokio::select! {
            biased;
            _ = raise => panic!("no answer can have come"),
            () = std::future::ready(()) => {}
        }
    }
    assert!(replica.state.generations.known(&raised).is_none());
    eventually(async || {
        current(&replica).await;
        replica.state.generations.known(&raised).is_some()
    })
    .await;
}

#[tokio::test]
async fn new_run_of_the_server_begins_a_new_epoch() {
    let server = Server::start().await;
    let first = Replica::connected(server.url()).await;
    let before = current(&first).await;
    // As after a failover: the hash is there, but another server wrote it.
    let _: u64 = server.run(redis::cmd("HSET").arg("polyhost:1:g:{a}").arg("r").arg("another run")).await;

    let after = current(&first).await;
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
}

#[tokio::test]
async fn proof_is_renewed_in_the_background_while_it_is_used() {
    let pair = Pair::start().await;
    let generations = &pair.replicas[0].state.generations;
    let before = current(&pair.replicas[0]).await;
    let start = tokio::time::Instant::now();
    // Without the renewal, nothing would be known after a second.
    eventually(async || {
        let known = generations.known(&scopes());
        start.elapsed() > std::time::Duration::from_secs(2) && known.as_ref() == Some(&before)
    })
    .await;

    patient(pair.replicas[1].state.generations.raise(&scopes())).await.unwrap();
    eventually(async || generations.known(&scopes()).is_none()).await;
    assert!(current(&pair.replicas[0]).await[0] > before[0]);
    assert!(generations.known(&scopes()).is_none_or(|known| known[0] > before[0]));
}

#[tokio::test]
async fn strict_replica_knows_nothing_without_a_read() {
    let server = Server::start().await;
    let replica = Replica::new(RedisSettings { consistency: Consistency::Strict, ..settings(server.url()) });
    replica.until(StoreStatus::Connected).await;
    current(&replica).await;
    assert!(replica.state.generations.known(&scopes()).is_none());
}
