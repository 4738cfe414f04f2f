//! A store without room: of its server, of a value, or of an owner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::conformance::patient;
use polyhost_state::{Exchange, ScopeKey, StateErrorKind, StoreStatus};
use tokio::task::JoinSet;

use crate::fleet::{Pair, Replica, eventually};
use crate::server::Server;

const LIFE: Duration = Duration::from_secs(600);

#[tokio::test]
async fn server_without_memory_rejects_writes_and_answers_reads() {
    let pair = Pair::start().await;
    let [one, two] = pair.replicas.each_ref().map(|replica| &replica.state);
    let scopes = [ScopeKey::new(&"a".into(), "files", "")];
    let version = patient(one.values.put("a", "one".into(), LIFE)).await.unwrap();
    let before = patient(two.generations.current(&scopes)).await.unwrap();
    patient(one.generations.current(&scopes)).await.unwrap();
    pair.server.run_line("CONFIG SET maxmemory 1").await;

    let full = patient(one.values.put("a", "two".into(), LIFE)).await.unwrap_err();
    assert_eq!(full.kind, StateErrorKind::Full);
    let full = patient(one.records.compare_and_set("o/a", None, "one".into(), LIFE)).await.unwrap_err();
    assert_eq!(full.kind, StateErrorKind::Full);
    assert_eq!(patient(one.values.get("a")).await.unwrap().unwrap().version, version);
    let refused = patient(one.leases.acquire("a", LIFE)).await.unwrap_err();
    assert_eq!(refused.kind, StateErrorKind::Unavailable);
    patient(one.generations.raise(&scopes)).await.unwrap_err();
    patient(one.generations.current(&scopes)).await.expect_err("its own raise is owed");
    assert_eq!(patient(two.generations.current(&scopes)).await.unwrap(), before);
    assert_eq!(one.replicas.store(), StoreStatus::Connected);

    pair.server.run_line("CONFIG SET maxmemory 0").await;
    eventually(async || patient(two.generations.current(&scopes)).await.unwrap()[0] > before[0]).await;
    patient(one.values.put("a", "two".into(), LIFE)).await.unwrap();
}

#[tokio::test]
async fn value_above_the_size_limit_is_rejected() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let values = &replica.state.values;
    let largest = Bytes::from(vec![b'x'; 1024 * 1024]);
    patient(values.put("a", largest.clone(), LIFE)).await.unwrap();
    let larger = Bytes::from(vec![b'y'; largest.len() + 1]);
    assert_eq!(patient(values.put("a", larger, LIFE)).await.unwrap_err().kind, StateErrorKind::Full);
    assert_eq!(patient(values.get("a")).await.unwrap().unwrap().value, largest);
}

#[tokio::test]
async fn owner_cannot_have_more_than_its_number_of_records() {
    let server = Server::start().await;
    let replica = Replica::connected(server.url()).await;
    let records = &replica.state.records;
    let mut callers = JoinSet::new();
    for caller in 0..20 {
        let records = Arc::clone(records);
        callers.spawn(patient(async move {
            for number in 0..500 {
                records.put(&format!("owner/{caller}-{number}"), "value".into(), LIFE).await.unwrap();
            }
        }));
    }
    callers.join_all().await;
    let full = patient(records.compare_and_set("owner/new", None, "value".into(), LIFE)).await.unwrap_err();
    assert_eq!(full.kind, StateErrorKind::Full);
    patient(records.put("other/new", "value".into(), LIFE)).await.expect("another owner has room");

    patient(records.put("owner/0-7", "replaced".into(), LIFE)).await.expect("a replacement needs no room");
    patient(records.remove("owner/0-7")).await.unwrap();
    let made = patient(records.compare_and_set("owner/new", None, "value".into(), LIFE)).await.unwrap();
    assert!(matches!(made, Exchange::Done(_)));
}
