//! A server that stops answering while its connections stay open: the silent stall.

use std::time::Duration;

use polyhost_state::{PATIENCE, Patience, ScopeKey, State, StoreStatus};
use tokio::time::Instant;

use crate::fleet::{Pair, Replica};
use crate::server::Server;

const LIFE: Duration = Duration::from_secs(600);

/// Calls every port as one request does. Returns the patience that is left.
async fn call_all_ports(state: &State) -> Duration {
    let scopes = [ScopeKey::new(&"a".into(), "files", "")];
    let quota = polyhost_state::Quota { requests: 5.try_into().unwrap(), per: LIFE };
    let limit = polyhost_state::WindowLimit { name: "logins", events: 5, window: LIFE };
    let patience = Patience::of_request();
    let calls = async {
        let _ = state.leases.acquire("a", LIFE).await;
        let _ = state.values.get("o/a").await;
        let _ = state.records.put("o/a", "value".into(), LIFE).await;
        let _ = state.generations.current(&scopes).await;
        let _ = state.generations.raise(&scopes).await;
        let _ = state.limiters.check("client", quota, 1.try_into().unwrap()).await;
        let _ = state.windows.take("user", &[limit]).await;
    };
    patience.clone().scope(calls).await;
    patience.left()
}

#[tokio::test]
async fn stalled_store_costs_three_waits_and_then_none() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    server.pause();

    let start = Instant::now();
    let mut waits = 0;
    while replica.state.replicas.store() == StoreStatus::Connected {
        assert_eq!(call_all_ports(&replica.state).await, Duration::ZERO, "all calls share the request's patience");
        waits += 1;
    }
    assert!(waits <= 3 || start.elapsed() > Duration::from_secs(1), "{waits} requests waited");
    for _ in 0..10 {
        assert_eq!(call_all_ports(&replica.state).await, PATIENCE, "no request waits any more");
    }

    server.resume();
    replica.until(StoreStatus::Connected).await;
    assert!(Patience::of(LIFE).scope(replica.state.leases.acquire("b", LIFE)).await.unwrap().is_some());
}

#[tokio::test]
async fn stall_is_noticed_without_any_request() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    server.pause();
    replica.until(StoreStatus::Away).await;
    server.resume();
    replica.until(StoreStatus::Connected).await;
}

#[tokio::test]
async fn request_without_patience_sends_nothing() {
    let pair = Pair::start().await;
    let [one, two] = pair.replicas.each_ref().map(|replica| &replica.state);
    let refused = Patience::of(Duration::ZERO).scope(one.leases.acquire("a", LIFE)).await;
    assert!(refused.is_err());

    assert!(Patience::of(LIFE).scope(two.leases.acquire("a", LIFE)).await.unwrap().is_some());
    assert_eq!(one.replicas.store(), StoreStatus::Connected, "the store has failed nobody");
}
