//! The servers at an address: one server, the primary that Sentinels name, or a Cluster.

mod address;
mod connection;

use std::time::Duration;

use redis::cluster::ClusterClient;
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, RedisResult};
use tokio::time::timeout;

pub(crate) use self::connection::Connection;
use crate::failure::Failure;

/// The longest time until a connection is made. Some Sentinels or nodes of a Cluster may be dead; each of them costs up
/// to the client's own limit of a second.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);

/// The servers, not connected yet.
pub(crate) enum Servers {
    Single(Box<Client>),
    Sentinel(Box<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

impl Servers {
    /// Connects. Sentinels are asked anew for the primary, and a Cluster for its nodes.
    pub(crate) async fn connect(&mut self) -> Result<Connection, Failure> {
        timeout(CONNECT_LIMIT, self.open()).await.map_err(|_| Failure::TimedOut)?.map_err(Failure::from)
    }

    async fn open(&mut self) -> RedisResult<Connection> {
        // Each call has its own limit.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        Ok(match self {
            Self::Single(client) => {
                Connection::Single(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Self::Sentinel(client) => Connection::Single(client.get_async_connection_with_config(&config).await?),
            Self::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        })
    }
}
