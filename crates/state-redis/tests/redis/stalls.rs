//! A server that stops answering while its connections stay open: the silent stall.

use std::time::Duration;

use polyhost_state::conformance::patient;
use polyhost_state::{Exchange, PATIENCE, Patience, ScopeKey, State, StoreStatus};
use tokio::time::Instant;

use crate::fleet::{Pair, Replica, eventually};
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
    assert!(waits <= 3 * (start.elapsed().as_secs() + 1), "{waits} requests waited, but at most three in a second may");
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
    assert_eq!(one.replicas.store(), StoreStatus::Connected, "no call has failed");
}

#[tokio::test]
async fn value_that_was_stored_without_an_answer_can_be_changed() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let records = &replica.state.records;
    // The server knows the script from now on, so that the next request is one command.
    patient(records.put("o/first", "first".into(), LIFE)).await.unwrap();
    server.pause();
    // The server gets the request, and carries it out when it goes on.
    let begun = records.compare_and_set("o/a", None, "begun".into(), LIFE).await.unwrap();
    let Exchange::Done(version) = begun else { panic!("the key was free: {begun:?}") };
    server.resume();
    eventually(async || server.run::<u64>(redis::cmd("EXISTS").arg("polyhost:1:r:{o/}a")).await == 1).await;
    replica.until(StoreStatus::Connected).await;

    let done = patient(records.compare_and_set("o/a", Some(version), "done".into(), LIFE)).await.unwrap();
    assert!(matches!(done, Exchange::Done(_)), "{done:?}");
    let other = Replica::connected(server.url()).await;
    assert_eq!(patient(other.state.records.get("o/a")).await.unwrap().unwrap().value, "done");
}
