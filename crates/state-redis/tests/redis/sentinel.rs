//! A primary with a replica, and a Sentinel that promotes the replica.

use std::time::Duration;

use polyhost_state::conformance::patient;
use polyhost_state::{GenerationList, ScopeKey, StoreStatus};
use redis::{Value, cmd};

use crate::fleet::{Replica, eventually};
use crate::log::Log;
use crate::server::{Server, Settings};

const LIFE: Duration = Duration::from_secs(600);
const PASSWORD: &str = "planted";

struct Watched {
    primary: Server,
    replica: Server,
    sentinel: Server,
}

impl Watched {
    async fn start() -> Self {
        let primary = Server::start().await;
        let replica = Server::start().await;
        replica.run_line(&format!("REPLICAOF 127.0.0.1 {}", primary.port())).await;
        replica.until_replicating().await;
        let sentinel = Server::start_with(|| {
            let monitor = format!("sentinel monitor main 127.0.0.1 {} 1", primary.port());
            let times = ["sentinel down-after-milliseconds main 500", "sentinel failover-timeout main 5000"];
            let lines = [monitor].into_iter().chain(times.map(str::to_owned)).collect();
            Settings { lines, password: Some(PASSWORD), is_sentinel: true }
        })
        .await;
        // A Sentinel learns of a replica from the primary.
        eventually(async || {
            let replicas: Vec<Value> = sentinel.run(cmd("SENTINEL").arg("REPLICAS").arg("main")).await;
            !replicas.is_empty()
        })
        .await;
        Self { primary, replica, sentinel }
    }

    /// Returns the address, with a Sentinel in front that does not answer.
    fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{}/main?sentinel_password={PASSWORD}", self.sentinel.port())
    }
}

fn scopes() -> [ScopeKey; 2] {
    ["files", "tree"].map(|name| ScopeKey::new(&"a".into(), name, ""))
}

async fn current(gateway: &Replica) -> GenerationList {
    patient(gateway.state.generations.current(&scopes())).await.unwrap()
}

async fn promoted(server: &Server) -> bool {
    server.info("replication").await.get("role") == Some("master".to_owned())
}

/// Asserts that a gateway uses the new primary, where all values are that the old one had replicated.
async fn assert_moved(gateway: &Replica, new: &Server, before: &GenerationList) {
    eventually(async || promoted(new).await).await;
    gateway.until(StoreStatus::Connected).await;
    let state = &gateway.state;
    eventually(async || patient(state.values.put("b", "two".into(), LIFE)).await.is_ok() && stored(new, "b").await)
        .await;
    let value = patient(state.values.get("a")).await.unwrap().expect("the value was replicated");
    assert_eq!(value.value, "one");
    let after = current(gateway).await;
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
}

async fn stored(server: &Server, name: &str) -> bool {
    server.run(cmd("EXISTS").arg(format!("polyhost:1:v:{{{name}}}"))).await
}

#[tokio::test]
async fn gateway_follows_the_sentinel_to_the_new_primary() {
    let mut watched = Watched::start().await;
    let (log, _guard) = Log::start();
    let gateway = Replica::connected(watched.url()).await;
    patient(gateway.state.values.put("a", "one".into(), LIFE)).await.unwrap();
    let before = current(&gateway).await;
    eventually(async || stored(&watched.replica, "a").await).await;

    watched.primary.kill();
    gateway.until(StoreStatus::Away).await;
    assert_moved(&gateway, &watched.replica, &before).await;
    assert!(!log.text().contains(PASSWORD));
}

#[tokio::test]
async fn primary_that_froze_and_was_replaced_is_not_used_again() {
    let watched = Watched::start().await;
    let gateway = Replica::connected(watched.url()).await;
    patient(gateway.state.values.put("a", "one".into(), LIFE)).await.unwrap();
    let before = current(&gateway).await;
    eventually(async || stored(&watched.replica, "a").await).await;

    watched.primary.pause();
    gateway.until(StoreStatus::Away).await;
    eventually(async || promoted(&watched.replica).await).await;
    watched.primary.resume();
    assert_moved(&gateway, &watched.replica, &before).await;
}
