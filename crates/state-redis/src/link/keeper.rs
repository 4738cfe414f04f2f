//! The background task that keeps the connection: it connects, pings, and recovers after every outage.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use redis::cmd;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Link, Session};
use crate::failure::Failure;
use crate::generations::RedisGenerations;
use crate::replicas::RedisReplicas;
use crate::servers::{Connection, Servers};

/// The time between two pings.
const PING_INTERVAL: Duration = Duration::from_millis(500);
/// The pings between two signs of life to the other replicas.
const PINGS_PER_HEARTBEAT: u32 = 6;
/// The longest time that the background task waits for one answer. No request waits for it.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The longest time in which the store has to answer before calls are sent to it again.
const PROBE_LIMIT: Duration = Duration::from_millis(100);
const SHORTEST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// The task's parts.
pub(crate) struct Keeper {
    servers: Servers,
    link: Arc<Link>,
    generations: Arc<RedisGenerations>,
    replicas: Arc<RedisReplicas>,
    /// The number of the last session.
    era: u64,
}

impl Keeper {
    pub(crate) fn new(
        servers: Servers,
        link: Arc<Link>,
        generations: Arc<RedisGenerations>,
        replicas: Arc<RedisReplicas>,
    ) -> Self {
        Self { servers, link, generations, replicas, era: 0 }
    }

    /// Keeps the connection until `stop` is cancelled. Then the replica takes its name off the list.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut backoff = SHORTEST_BACKOFF;
        loop {
            let connected = stop.run_until_cancelled(self.servers.connect()).await;
            let failure = match connected {
                Some(Ok(connection)) => {
                    let Some(failure) = stop.run_until_cancelled(self.keep(&connection, &mut backoff)).await else {
                        return self.leave(connection).await;
                    };
                    failure
                }
                Some(Err(failure)) => failure,
                None => return,
            };
            self.end_session(&failure);
            self.link.report_away(&failure);
            let jittered = backoff.mul_f64(rand::rng().random_range(0.5..1.0));
            if stop.run_until_cancelled(sleep(jittered)).await.is_none() {
                return;
            }
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
    }

    /// Pings until the connection is broken, and recovers whenever there is no session. Returns the reason of the end.
    async fn keep(&mut self, connection: &Connection, backoff: &mut Duration) -> Failure {
        let broken = CancellationToken::new();
        let mut ticks = interval(PING_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pings = 0_u32;
        loop {
            tokio::select! {
                () = broken.cancelled() => return Failure::Away,
                _ = ticks.tick() => {}
                // Other replicas use outdated cache entries until the raise is sent.
                () = self.generations.owes(), if self.link.is_connected() => {}
            }
            pings = pings.wrapping_add(1);
            let kept = match self.link.session() {
                Ok(session) => self.refresh(&session, pings.is_multiple_of(PINGS_PER_HEARTBEAT)).await,
                Err(_) => self.recover(connection, &broken).await,
            };
            match kept {
                Ok(()) => *backoff = SHORTEST_BACKOFF,
                Err(failure) => return failure,
            }
        }
    }

    /// Checks that the same servers answer as before, and sends what is due.
    async fn refresh(&self, session: &Session, with_heartbeat: bool) -> Result<(), Failure> {
        let _: String = session.call(&cmd("PING"), ANSWER_LIMIT).await?;
        if session.probe(ANSWER_LIMIT).await? != session.run_id {
            return Err(Failure::Broken("another server answers".into()));
        }
        if with_heartbeat {
            tolerate_full(self.replicas.beat(session, ANSWER_LIMIT).await)?;
        }
        tolerate_full(self.generations.replay(session, ANSWER_LIMIT).await)
    }

    /// Begins a session. No call is sent before the store has all raises of generations that this replica owes it.
    async fn recover(&mut self, connection: &Connection, broken: &CancellationToken) -> Result<(), Failure> {
        let mut session = Session::new(connection.clone(), broken.clone());
        let _: String = session.call(&cmd("PING"), PROBE_LIMIT).await?;
        session.run_id = session.probe(ANSWER_LIMIT).await?;
        let (seconds, micros): (u64, u64) = session.call(&cmd("TIME"), ANSWER_LIMIT).await?;
        session.floor = self.generations.floor_at(seconds * 1_000_000 + micros);
        session.era = self.era + 1;
        if session.era == 1 {
            warn_of_eviction(connection.clone()).await?;
        }
        tolerate_full(self.replicas.beat_after_outage(&session, ANSWER_LIMIT).await)?;
        self.generations.replay(&session, ANSWER_LIMIT).await?;
        self.era = session.era;
        self.generations.begin(&session);
        self.link.begin(session);
        Ok(())
    }

    fn end_session(&self, reason: &Failure) {
        if let Ok(session) = self.link.session() {
            self.link.end(&session, reason);
        }
    }

    /// Takes the replica's name off the list. Without an answer, the name expires.
    async fn leave(&self, connection: Connection) {
        self.link.close();
        let session = Session::new(connection, CancellationToken::new());
        if let Err(reason) = self.replicas.leave(&session, ANSWER_LIMIT).await {
            tracing::debug!(%reason, "the replica stays on the list until its name expires");
        }
    }
}

/// Warns if the server may remove what must stay until it expires, such as leases and the records of requests.
async fn warn_of_eviction(mut connection: Connection) -> Result<(), Failure> {
    let servers = timeout(ANSWER_LIMIT, connection.info("memory")).await.map_err(|_| Failure::TimedOut)??;
    let mut policies = servers.iter().filter_map(|server| server.get::<String>("maxmemory_policy"));
    if let Some(policy) = policies.find(|policy| policy != "noeviction") {
        tracing::warn!(policy, "the shared store may evict data that is in use; set maxmemory-policy to noeviction");
    }
    Ok(())
}

/// A store without memory still answers reads, so its session goes on.
fn tolerate_full(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(Failure::OutOfMemory) => Ok(()),
        outcome => outcome,
    }
}
