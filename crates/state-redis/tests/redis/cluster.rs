//! A Redis Cluster of three primaries: the conformance suite, and failures of a node.

use std::time::Duration;

use polyhost_state::conformance::patient;
use polyhost_state::{ScopeKey, State, StoreStatus};
use polyhost_state_redis::RedisSettings;
use redis::{InfoDict, cmd};

use crate::fleet::{Pair, Replica, eventually, settings};
use crate::log::Log;
use crate::server::{Server, Settings, free_port};

const LIFE: Duration = Duration::from_secs(600);
/// The first slots of the primaries, and the end of the last one's.
const SLOTS: [u32; 4] = [0, 5_461, 10_923, 16_384];

struct Cluster {
    primaries: Vec<Server>,
}

impl Cluster {
    async fn start() -> Self {
        let mut primaries = Vec::new();
        for range in SLOTS.windows(2) {
            let node = node().await;
            node.run_line(&format!("CLUSTER ADDSLOTSRANGE {} {}", range[0], range[1] - 1)).await;
            node.run_line(&format!("CLUSTER SET-CONFIG-EPOCH {}", primaries.len() + 1)).await;
            primaries.push(node);
        }
        let cluster = Self { primaries };
        for node in &cluster.primaries[1..] {
            cluster.meet(node).await;
        }
        for node in &cluster.primaries {
            cluster.until_complete(node, cluster.primaries.len()).await;
        }
        cluster
    }

    fn url(&self) -> String {
        let hosts: Vec<_> = self.primaries.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Adds a node that replicates the first primary.
    async fn add_replica(&self) -> Server {
        let replica = node().await;
        self.meet(&replica).await;
        self.until_complete(&replica, self.primaries.len() + 1).await;
        let id: String = self.primaries[0].run(cmd("CLUSTER").arg("MYID")).await;
        replica.run_line(&format!("CLUSTER REPLICATE {id}")).await;
        replica.until_replicating().await;
        replica
    }

    async fn meet(&self, node: &Server) {
        let first = &self.primaries[0];
        let bus: (String, u16) = first.run(cmd("CONFIG").arg("GET").arg("cluster-port")).await;
        node.run_line(&format!("CLUSTER MEET 127.0.0.1 {} {}", first.port(), bus.1)).await;
    }

    async fn until_complete(&self, node: &Server, nodes: usize) {
        eventually(async || {
            let state: InfoDict = node.run(cmd("CLUSTER").arg("INFO")).await;
            state.get("cluster_state") == Some("ok".to_owned()) && state.get("cluster_known_nodes") == Some(nodes)
        })
        .await;
    }
}

async fn node() -> Server {
    Server::start_with(|| {
        // The bus's port is by default the other one and 10,000, which may be no port.
        let bus = format!("cluster-port {}", free_port());
        let lines = ["cluster-enabled yes", "cluster-node-timeout 2000", &bus].map(str::to_owned).to_vec();
        Settings { lines, ..Settings::default() }
    })
    .await
}

/// Returns scopes of so many owners that each primary has some.
fn scopes() -> Vec<ScopeKey> {
    (0..30).map(|owner: u32| ScopeKey::new(&owner.to_string().into(), "files", "")).collect()
}

async fn current(state: &State) -> Option<Vec<u64>> {
    Some(patient(state.generations.current(&scopes())).await.ok()?.to_vec())
}

/// Asserts that every port works, in all slots.
async fn assert_works(state: &State) {
    for owner in 0..30 {
        let name = format!("{owner}/a");
        let lease = patient(state.leases.acquire(&name, LIFE)).await.unwrap().expect("the lease is free");
        assert!(patient(state.leases.release(lease)).await.unwrap());
        patient(state.values.put(&name, "value".into(), LIFE)).await.unwrap();
        assert_eq!(patient(state.values.get(&name)).await.unwrap().unwrap().value, "value");
    }
    assert!(current(state).await.is_some());
}

// A Cluster needs seconds to start, so the functions of a module share one. Each of them has keys of its own.
macro_rules! in_a_cluster {
    ($module:ident: $($_kind:ident $name:ident)*) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $module() {
            let cluster = Cluster::start().await;
            $(
                let prefix = Some(stringify!($name).to_owned());
                let pair = Pair::of((), || RedisSettings { prefix: prefix.clone(), ..settings(cluster.url()) }).await;
                patient(polyhost_state::conformance::$module::$name(&pair)).await;
            )*
        }
    };
}

polyhost_state::conformance_tests!(in_a_cluster);

#[tokio::test]
async fn promoted_replica_of_a_dead_primary_serves_its_slots() {
    let cluster = Cluster::start().await;
    let replica = cluster.add_replica().await;
    let url = cluster.url();
    let mut pair = Pair::of(cluster, || settings(url.clone())).await;
    let states = [&pair.replicas[0].state, &pair.replicas[1].state];
    let before = current(states[0]).await.unwrap();
    assert_works(states[0]).await;

    pair.server.primaries[0].kill();
    for gateway in &pair.replicas {
        gateway.until(StoreStatus::Away).await;
    }
    replica.run_line("CLUSTER FAILOVER TAKEOVER").await;
    for gateway in &pair.replicas {
        gateway.until(StoreStatus::Connected).await;
        let after = current(&gateway.state).await.unwrap();
        assert!(after.iter().zip(&before).all(|(after, before)| after > before), "{before:?} {after:?}");
        assert_works(&gateway.state).await;
    }
}

#[tokio::test]
async fn failover_without_a_broken_connection_begins_a_new_epoch() {
    let cluster = Cluster::start().await;
    let replica = cluster.add_replica().await;
    let gateway = Replica::connected(cluster.url()).await;
    let before = current(&gateway.state).await.unwrap();
    replica.run_line("CLUSTER FAILOVER").await;
    eventually(async || {
        let after = current(&gateway.state).await;
        after.is_some_and(|after| after.iter().zip(&before).all(|(after, before)| after > before))
    })
    .await;
}

#[tokio::test]
async fn store_is_away_while_a_primary_is_frozen() {
    let cluster = Cluster::start().await;
    let gateway = Replica::connected(cluster.url()).await;
    cluster.primaries[1].pause();
    gateway.until(StoreStatus::Away).await;
    cluster.primaries[1].resume();
    gateway.until(StoreStatus::Connected).await;
    assert_works(&gateway.state).await;
}

#[tokio::test]
async fn node_of_a_cluster_is_not_used_as_a_single_server() {
    let cluster = Cluster::start().await;
    let (log, _guard) = Log::start();
    let gateway = Replica::new(settings(cluster.primaries[0].url()));
    eventually(async || log.text().contains("write redis+cluster:// in its address")).await;
    assert_eq!(gateway.state.replicas.store(), StoreStatus::Away);
}
