//! The Redis of the measurements, and its counters.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use redis::aio::MultiplexedConnection;
use redis::{Client, cmd};
use serde::Serialize;

use crate::failure::Failure;
use crate::process::{Process, free_address};

/// A running `redis-server`.
pub(super) struct Redis {
    process: Process,
    connection: MultiplexedConnection,
}

/// The counters of Redis at some time, or their difference over some time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Counters {
    /// The reads from connections. A caller that waits for each answer causes one with each round trip.
    pub(super) round_trips: u64,
    /// The calls of each command, including those within scripts.
    pub(super) commands: BTreeMap<String, u64>,
    /// The processor time of Redis, in seconds.
    pub(super) seconds: f64,
}

/// The memory of the keys of a kind.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KeyMemory {
    pub(super) keys: u64,
    /// The fields of hashes and the members of sets.
    pub(super) members: u64,
    /// In bytes.
    pub(super) bytes: u64,
}

impl Redis {
    /// Returns the version of the installed `redis-server`, or `None` if there is none.
    pub(super) fn version() -> Option<String> {
        let output = Command::new("redis-server").arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?;
        Some(format!("Redis {version}"))
    }

    /// Starts an empty server without persistence.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn start(folder: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--save", "", "--appendonly", "no"]).current_dir(folder);
        let process = Process::start("redis-server", &mut command, address, folder).await?;
        let client = Client::open(format!("redis://{address}/")).map_err(failed)?;
        let connection = client.get_multiplexed_async_connection().await.map_err(failed)?;
        Ok(Self { process, connection })
    }

    /// Returns the address of a database.
    pub(super) fn url(&self, database: u8) -> String {
        format!("redis://{}/{database}", self.process.address())
    }

    /// Removes all keys of a database.
    ///
    /// # Errors
    /// Fails if Redis does not answer.
    pub(super) async fn clear(&self, database: u8) -> Result<(), Failure> {
        let mut connection = self.connect(database).await?;
        cmd("FLUSHDB").query_async(&mut connection).await.map_err(failed)
    }

    async fn connect(&self, database: u8) -> Result<MultiplexedConnection, Failure> {
        let client = Client::open(self.url(database)).map_err(failed)?;
        client.get_multiplexed_async_connection().await.map_err(failed)
    }

    /// Returns the counters. Reading them is a round trip itself, which [`Counters::since`] subtracts.
    ///
    /// # Errors
    /// Fails if Redis does not answer.
    pub(super) async fn counters(&self) -> Result<Counters, Failure> {
        let mut connection = self.connection.clone();
        let text: String = cmd("INFO").arg("everything").query_async(&mut connection).await.map_err(failed)?;
        Counters::read(&text).ok_or_else(|| Failure::new("Redis does not report its counters"))
    }

    /// Returns the memory of the keys of a database by the kind of key, which is the third part of its name.
    ///
    /// # Errors
    /// Fails if Redis does not answer.
    pub(super) async fn memory(&self, database: u8) -> Result<BTreeMap<String, KeyMemory>, Failure> {
        let mut connection = self.connect(database).await?;
        let names: Vec<String> = cmd("KEYS").arg("*").query_async(&mut connection).await.map_err(failed)?;
        let mut memory: BTreeMap<String, KeyMemory> = BTreeMap::new();
        for name in names {
            let usage = cmd("MEMORY").arg("USAGE").arg(&name).arg("SAMPLES").arg(0).to_owned();
            // The key may have expired.
            let Some(bytes) = usage.query_async::<Option<u64>>(&mut connection).await.map_err(failed)? else {
                continue;
            };
            let kind: String = cmd("TYPE").arg(&name).query_async(&mut connection).await.map_err(failed)?;
            let count = match &*kind {
                "hash" => cmd("HLEN").arg(&name).query_async(&mut connection).await.map_err(failed)?,
                "zset" => cmd("ZCARD").arg(&name).query_async(&mut connection).await.map_err(failed)?,
                _ => 1,
            };
            let of_kind = memory.entry(kind_of(&name)).or_default();
            *of_kind =
                KeyMemory { keys: of_kind.keys + 1, members: of_kind.members + count, bytes: of_kind.bytes + bytes };
        }
        Ok(memory)
    }
}

impl Counters {
    fn read(info: &str) -> Option<Self> {
        let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let seconds = |name| value(name)?.parse::<f64>().ok();
        Some(Self {
            round_trips: value("total_reads_processed")?.parse().ok()?,
            commands: info.lines().filter_map(calls).collect(),
            seconds: seconds("used_cpu_sys")? + seconds("used_cpu_user")?,
        })
    }

    /// Returns the difference to earlier counters, without the commands that read them.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let calls = |(name, calls): (&String, &u64)| {
            let new = calls - earlier.commands.get(name).copied().unwrap_or_default();
            (new > 0 && name != "info").then(|| (name.clone(), new))
        };
        Self {
            round_trips: (self.round_trips - earlier.round_trips).saturating_sub(1),
            commands: self.commands.iter().filter_map(calls).collect(),
            seconds: self.seconds - earlier.seconds,
        }
    }

    /// Returns the number of all commands, including those within scripts.
    pub(super) fn total(&self) -> u64 {
        self.commands.values().sum()
    }
}

/// Reads a line such as `cmdstat_get:calls=21,usec=17,…`.
fn calls(line: &str) -> Option<(String, u64)> {
    let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(':')?;
    let calls = figures.split(',').find_map(|figure| figure.strip_prefix("calls="))?;
    Some((name.to_owned(), calls.parse().ok()?))
}

/// Returns the kind of a key: `polyhost:1:l:{…}` has the kind `l`.
fn kind_of(name: &str) -> String {
    name.split(':').nth(2).unwrap_or(name).to_owned()
}

fn failed(error: redis::RedisError) -> Failure {
    Failure::of("Redis does not answer")(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_and_subtracted() {
        let counters = |reads, gets, infos| {
            let info = format!(
                "# Stats\r\ntotal_reads_processed:{reads}\r\nused_cpu_sys:1.5\r\nused_cpu_user:{gets}\r\n\
                 cmdstat_get:calls={gets},usec=17,usec_per_call=0.81\r\ncmdstat_info:calls={infos},usec=1\r\n"
            );
            Counters::read(&info).unwrap()
        };
        let delta = counters(12, 5, 2).since(&counters(4, 2, 1));

        assert_eq!(delta.commands, [("get".to_owned(), 3)].into());
        assert_eq!((delta.round_trips, delta.seconds, delta.total()), (7, 3.0, 3));
        assert_eq!(Counters::read("# Stats\r\n"), None);
    }

    #[test]
    fn kind_of_a_key_is_its_third_part() {
        assert_eq!(kind_of("polyhost:1:l:{client/a}:5:1"), "l");
        assert_eq!(kind_of("other"), "other");
    }
}
