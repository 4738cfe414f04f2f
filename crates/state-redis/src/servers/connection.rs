//! A connection to one server, or to all nodes of a Cluster.

use std::collections::{BTreeSet, HashMap};

use aws_lc_rs::digest::{SHA256, digest};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{Cmd, FromRedisValue, InfoDict, Pipeline, RedisFuture, Value, cmd};

use crate::failure::Failure;

/// The number of slots of every Cluster.
const SLOTS: u64 = 16_384;

/// A connection that all callers share.
#[derive(Clone)]
pub(crate) enum Connection {
    Single(MultiplexedConnection),
    /// Calls go to the primary of their keys' slot. PING goes to all primaries.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Returns a section of INFO, of each primary.
    pub(crate) async fn info(&mut self, section: &str) -> Result<Vec<InfoDict>, Failure> {
        let mut request = cmd("INFO");
        request.arg(section);
        match self {
            Self::Single(connection) => Ok(vec![request.query_async(connection).await?]),
            Self::Cluster(connection) => {
                let primaries = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                let answers = connection.route_command(request, primaries).await?;
                let answers: HashMap<String, InfoDict> = parse(answers)?;
                Ok(answers.into_values().collect())
            }
        }
    }

    /// Returns a text that changes with the processes that serve the data: another process may have lost writes.
    ///
    /// # Errors
    /// `Rejected` if the server cannot serve all keys, or is a node of a Cluster although the address names one server.
    pub(crate) async fn run_id(&mut self) -> Result<String, Failure> {
        let servers = self.info("server").await?;
        let mode: Option<String> = servers.first().and_then(|server| server.get("redis_mode"));
        if matches!(self, Self::Single(_)) && mode.as_deref() == Some("cluster") {
            return Err(Failure::Rejected(
                "the server is a node of a Cluster; write redis+cluster:// in its address".into(),
            ));
        }
        let run_ids: Option<BTreeSet<String>> = servers.iter().map(|server| server.get("run_id")).collect();
        let run_ids = run_ids.ok_or_else(|| Failure::Rejected("no run id".into()))?;
        if let Self::Cluster(connection) = self {
            check_slots(connection, run_ids.len()).await?;
        }
        let texts: Vec<_> = run_ids.into_iter().collect();
        Ok(match &texts[..] {
            [text] => text.clone(),
            texts => hex::encode(digest(&SHA256, texts.concat().as_bytes())),
        })
    }
}

/// Checks that primaries serve all slots, and that as many answered as there are.
async fn check_slots(connection: &mut ClusterConnection, answered: usize) -> Result<(), Failure> {
    // Each range has its first slot, its last slot, and its nodes, of which the first one is the primary.
    let ranges: Vec<Vec<Value>> = cmd("CLUSTER").arg("SLOTS").query_async(connection).await?;
    let (mut served, mut primaries) = (0, BTreeSet::new());
    for range in ranges {
        let mut range = range.into_iter();
        let mut next = || range.next().ok_or_else(Failure::unknown_answer);
        let (first, last): (u64, u64) = (parse(next()?)?, parse(next()?)?);
        // A node has its host, its port, and its id.
        let primary: Vec<Value> = parse(next()?)?;
        served += last.saturating_add(1).saturating_sub(first);
        primaries.insert(parse::<String>(primary.into_iter().nth(2).ok_or_else(Failure::unknown_answer)?)?);
    }
    if served == SLOTS && primaries.len() == answered {
        Ok(())
    } else {
        Err(Failure::Rejected("a part of the Cluster does not answer".into()))
    }
}

fn parse<T: FromRedisValue>(value: Value) -> Result<T, Failure> {
    T::from_redis_value(value).map_err(|_| Failure::unknown_answer())
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
