//! Replicas that share a server.

use std::time::Duration;

use polyhost_state::conformance::Fleet;
use polyhost_state::{Consistency, LimitsWithoutStore, State, StoreStatus};
use polyhost_state_redis::{RedisSettings, SealingKey, open};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::Server;

/// A state as one replica has it.
pub(crate) struct Replica {
    pub(crate) state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Two replicas and their server, or several servers.
pub(crate) struct Pair<S = Server> {
    pub(crate) server: S,
    pub(crate) replicas: [Replica; 2],
}

impl Replica {
    /// Returns a replica that is connected.
    pub(crate) async fn connected(url: String) -> Self {
        let replica = Self::new(settings(url));
        replica.until(StoreStatus::Connected).await;
        replica
    }

    pub(crate) fn new(settings: RedisSettings) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let state = open(settings, &tasks, stop.clone()).unwrap();
        Self { state, tasks, stop }
    }

    /// Waits until the store has a status.
    pub(crate) async fn until(&self, status: StoreStatus) {
        eventually(async || self.state.replicas.store() == status).await;
    }

    /// Stops the replica, and waits until all of its tasks have ended.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let server = Server::start().await;
        let url = server.url();
        Self::of(server, || settings(url.clone())).await
    }
}

impl<S> Pair<S> {
    /// Returns two replicas with the same settings that are connected.
    pub(crate) async fn of(server: S, settings: impl Fn() -> RedisSettings) -> Self {
        let replicas = [Replica::new(settings()), Replica::new(settings())];
        for replica in &replicas {
            replica.until(StoreStatus::Connected).await;
        }
        Self { server, replicas }
    }
}

impl<S: Sync> Fleet for Pair<S> {
    const GRAIN: Duration = Duration::from_millis(300);

    fn replicas(&self) -> [&State; 2] {
        self.replicas.each_ref().map(|replica| &replica.state)
    }

    async fn advance(&self, time: Duration) {
        // Redis expires values to the millisecond.
        sleep(time + Duration::from_millis(5)).await;
    }
}

pub(crate) fn settings(url: String) -> RedisSettings {
    RedisSettings {
        url: url.into(),
        keys: vec![SealingKey::new(&[7; 32]).unwrap()],
        consistency: Consistency::default(),
        limits: LimitsWithoutStore::default(),
        prefix: None,
    }
}

/// Waits until a condition holds, as long as that takes. A test that waits forever fails by its own time limit.
pub(crate) async fn eventually(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        sleep(Duration::from_millis(10)).await;
    }
}
