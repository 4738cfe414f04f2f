//! The ports while Redis is away, and after it has come back.

use std::num::NonZeroU32;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use polyhost_state::conformance::patient;
use polyhost_state::{Exchange, LimitsWithoutStore, Quota, StateErrorKind, StoreStatus, Taken, WindowLimit};
use polyhost_state_redis::RedisSettings;

use crate::fleet::{Pair, Replica, eventually, settings};
use crate::server::Server;

const LIFE: Duration = Duration::from_secs(600);
/// The address of no server.
const NOWHERE: &str = "redis://127.0.0.1:1/";

fn done(exchange: Exchange) -> u64 {
    match exchange {
        Exchange::Done(version) => version,
        Exchange::Conflict(entry) => panic!("a conflict with {entry:?}"),
    }
}

#[tokio::test]
async fn values_without_a_store_are_kept_by_the_replica_alone() {
    let mut pair = Pair::start().await;
    let read = patient(pair.replicas[0].state.records.put("o/begun", "begun".into(), LIFE)).await.unwrap();
    pair.server.kill();
    for replica in &pair.replicas {
        replica.until(StoreStatus::Away).await;
    }
    let [one, two] = pair.replicas.each_ref().map(|replica| &replica.state.records);
    let version = done(one.compare_and_set("o/a", None, "one".into(), LIFE).await.unwrap());
    assert!(matches!(one.compare_and_set("o/a", None, "two".into(), LIFE).await.unwrap(), Exchange::Conflict(Some(_))));
    assert_eq!(one.get("o/a").await.unwrap().unwrap().version, version);
    assert_eq!(two.get("o/a").await.unwrap(), None);
    // A value that was read from Redis can still be changed, by one caller.
    done(one.compare_and_set("o/begun", Some(read), "done".into(), LIFE).await.unwrap());
    let second = one.compare_and_set("o/begun", Some(read), "late".into(), LIFE).await.unwrap();
    assert!(matches!(second, Exchange::Conflict(Some(_))));

    pair.server.restart().await;
    for replica in &pair.replicas {
        replica.until(StoreStatus::Connected).await;
    }
    assert_eq!(patient(one.get("o/a")).await.unwrap().unwrap().version, version, "Redis has no value");
    let moved = patient(one.compare_and_set("o/a", Some(version), "three".into(), LIFE)).await.unwrap();
    assert_eq!(patient(two.get("o/a")).await.unwrap().unwrap().version, done(moved));
    assert!(patient(one.remove("o/begun")).await.unwrap());
    assert_eq!(patient(one.get("o/begun")).await.unwrap(), None);
}

#[tokio::test]
async fn answers_of_the_replicas_memory_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let replica = Replica::new(settings(NOWHERE.into()));
    replica.state.values.get("a").await.unwrap();
    replica.state.values.put("a", "one".into(), LIFE).await.unwrap();
    replica.state.records.get("o/a").await.unwrap();

    let metrics = recorder.handle().render();
    assert!(metrics.contains(r#"polyhost_state_fallback_total{port="values"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"polyhost_state_fallback_total{port="records"} 1"#), "{metrics}");
}

#[tokio::test]
async fn lease_is_unavailable_without_a_store() {
    let replica = Replica::new(settings(NOWHERE.into()));
    let refused = replica.state.leases.acquire("a", LIFE).await.unwrap_err();
    assert_eq!(refused.kind, StateErrorKind::Unavailable);
    assert_eq!(replica.state.replicas.count(), 1);
    assert!(replica.state.replicas.is_first());
}

#[tokio::test]
async fn each_replica_allows_its_share_without_a_store() {
    let mut pair = Pair::start().await;
    for replica in &pair.replicas {
        eventually(async || replica.state.replicas.count() == 2).await;
    }
    pair.server.kill();
    let quota = Quota { requests: 11.try_into().unwrap(), per: Duration::from_secs(36_000) };
    for replica in &pair.replicas {
        replica.until(StoreStatus::Away).await;
        let mut allowed = 0;
        for _ in 0..11 {
            let decision = replica.state.limiters.check("client", quota, NonZeroU32::MIN).await.unwrap();
            allowed += usize::from(decision.is_allowed());
        }
        assert_eq!(allowed, 5, "the half of 11");
        let single = Quota { requests: NonZeroU32::MIN, ..quota };
        assert!(replica.state.limiters.check("client", single, NonZeroU32::MIN).await.unwrap().is_allowed());
    }
}

#[tokio::test]
async fn limits_are_unavailable_without_a_store_if_configured() {
    let replica = Replica::new(RedisSettings { limits: LimitsWithoutStore::Refuse, ..settings(NOWHERE.into()) });
    let quota = Quota { requests: 10.try_into().unwrap(), per: LIFE };
    let refused = replica.state.limiters.check("client", quota, NonZeroU32::MIN).await.unwrap_err();
    assert_eq!(refused.kind, StateErrorKind::Unavailable);
}

#[tokio::test]
async fn rejected_caller_costs_no_round_trip_until_its_time() {
    let mut pair = Pair::start().await;
    let [one, two] = pair.replicas.each_ref().map(|replica| &replica.state.limiters);
    let quota = Quota { requests: 2.try_into().unwrap(), per: Duration::from_secs(72_000) };
    let weight = NonZeroU32::new(2).unwrap();
    assert!(patient(two.check("client", quota, weight)).await.unwrap().is_allowed());
    let first = patient(one.check("client", quota, NonZeroU32::MIN)).await.unwrap();
    pair.server.kill();

    // The server is gone, so the answer can only come from the rejection before.
    let again = one.check("client", quota, NonZeroU32::MIN).await.unwrap();
    assert!(!again.is_allowed() && again.retry_after <= first.retry_after);
    let heavier = one.check("client", quota, weight).await.unwrap();
    assert!(heavier.retry_after > again.retry_after);
    assert_eq!((again.remaining, heavier.remaining), (0, 0));
}

#[tokio::test]
async fn window_counts_the_replicas_own_events_through_an_outage() {
    let mut server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let windows = &replica.state.windows;
    let limit = [WindowLimit { name: "logins", events: 2, window: LIFE }];
    assert!(matches!(patient(windows.take("user", &limit)).await.unwrap(), Taken::Permit(_)));
    server.kill();
    replica.until(StoreStatus::Away).await;
    let Taken::Permit(second) = windows.take("user", &limit).await.unwrap() else { panic!("one more is allowed") };
    assert!(matches!(windows.take("user", &limit).await.unwrap(), Taken::Wait(_)));

    server.restart().await;
    replica.until(StoreStatus::Connected).await;
    assert!(matches!(patient(windows.take("user", &limit)).await.unwrap(), Taken::Wait(_)), "Redis has no events");
    patient(windows.release(second)).await.unwrap();
    assert!(matches!(patient(windows.take("user", &limit)).await.unwrap(), Taken::Permit(_)));
}
