//! What a reader of Redis, of the log or of an error learns.

use std::time::Duration;

use polyhost_state::conformance::patient;
use polyhost_state::{Exchange, StoreStatus};
use polyhost_state_redis::{RedisSettings, SealingKey};

use crate::fleet::{Replica, eventually, settings};
use crate::log::Log;
use crate::server::Server;

const LIFE: Duration = Duration::from_secs(600);
const SECRET: &str = "planted-secret";

fn with_keys(server: &Server, keys: &[u8]) -> Replica {
    let keys = keys.iter().map(|byte| SealingKey::new(&[*byte; 32]).unwrap()).collect();
    Replica::new(RedisSettings { keys, ..settings(server.url()) })
}

#[tokio::test]
async fn dump_of_all_data_contains_no_value() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    server.run_line("CONFIG SET rdbcompression no").await;
    for store in [&replica.state.values, &replica.state.records] {
        patient(store.put("o/put", SECRET.into(), LIFE)).await.unwrap();
        let Exchange::Done(version) = patient(store.compare_and_set("o/set", None, SECRET.into(), LIFE)).await.unwrap()
        else {
            panic!("the key was free")
        };
        let repeated = SECRET.repeat(100).into();
        let exchange = patient(store.compare_and_set("o/set", Some(version), repeated, LIFE)).await.unwrap();
        assert!(matches!(exchange, Exchange::Done(_)));
    }

    let keys: Vec<String> = server.run(redis::cmd("KEYS").arg("*")).await;
    assert!(keys.len() >= 5, "{keys:?}");
    for key in keys {
        let dump: Vec<u8> = server.run(redis::cmd("DUMP").arg(&key)).await;
        assert!(!dump.windows(7).any(|part| part == &SECRET.as_bytes()[..7]), "{key}");
    }
}

#[tokio::test]
async fn value_of_a_dropped_key_counts_as_missing() {
    let server = Server::start().await;
    let [old, both, new] = [&[1][..], &[2, 1], &[2]].map(|keys| with_keys(&server, keys));
    for replica in [&old, &both, &new] {
        replica.until(StoreStatus::Connected).await;
    }
    patient(old.state.records.put("o/a", "one".into(), LIFE)).await.unwrap();

    assert!(patient(both.state.records.get("o/a")).await.unwrap().is_some());
    assert_eq!(patient(new.state.records.get("o/a")).await.unwrap(), None);
    let made = patient(new.state.records.compare_and_set("o/a", None, "two".into(), LIFE)).await.unwrap();
    assert!(matches!(made, Exchange::Done(_)));
    assert_eq!(patient(both.state.records.get("o/a")).await.unwrap().unwrap().value, "two");
    assert_eq!(patient(old.state.records.get("o/a")).await.unwrap(), None);
}

#[tokio::test]
async fn value_that_was_copied_to_another_key_counts_as_missing() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let values = &replica.state.values;
    patient(values.put("a", "one".into(), LIFE)).await.unwrap();
    let _: bool = server.run(redis::cmd("COPY").arg("polyhost:1:v:{a}").arg("polyhost:1:v:{b}")).await;

    assert_eq!(patient(values.get("b")).await.unwrap(), None);
}

#[tokio::test]
async fn rejected_password_is_neither_logged_nor_shown() {
    let server = Server::start().await;
    let (log, _guard) = Log::start();
    server.run_line("CONFIG SET requirepass right").await;

    let wrong = Replica::new(settings(format!("redis://:{SECRET}@127.0.0.1:{}/", server.port())));
    eventually(async || log.text().contains("does not answer")).await;
    let error = wrong.state.leases.acquire("a", LIFE).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?} {}", settings(server.url()), log.text());
    assert!(!shown.contains("planted"), "{shown}");
    Replica::connected(format!("redis://:right@127.0.0.1:{}/", server.port())).await;
    assert_eq!(wrong.state.replicas.store(), StoreStatus::Away);
}

#[tokio::test]
async fn reason_of_an_outage_is_logged_once() {
    let server = Server::start().await;
    let (log, _guard) = Log::start();
    // The server speaks no TLS.
    let replica = Replica::new(settings(server.url().replace("redis://", "rediss://")));
    eventually(async || log.text().contains("does not answer")).await;
    drop(replica);
    let lost = Replica::connected(server.url()).await;
    server.run_line("REPLICAOF 127.0.0.1 1").await;
    lost.until(StoreStatus::Away).await;
    for _ in 0..3 {
        let _ = lost.state.leases.acquire("a", LIFE).await;
    }
    server.run_line("REPLICAOF NO ONE").await;
    lost.until(StoreStatus::Connected).await;

    let text = log.text();
    assert_eq!(text.matches("does not answer").count(), 2, "{text}");
    assert_eq!(text.matches("the shared store answers").count(), 2, "{text}");
    assert!(text.contains("READONLY"), "{text}");
}
