//! `bench fleet`: what a shared Redis costs: the processor time of a gateway for each request with and without it, and
//! the operations and the memory of Redis.

mod counts;
mod gateways;
mod redis;
mod report;
mod requests;
mod times;

use std::path::{Path, PathBuf};

use clap::Args;

use self::gateways::{Store, World};
use self::redis::Redis;
use self::report::Report;
use self::times::Candidate;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::progress;
use crate::transfers::{default_polyhost, version, write_json};

/// The options of `bench fleet`.
#[derive(Debug, Args)]
pub(crate) struct Fleet {
    /// The number of rounds; each measures every gateway. 0: no processor times
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(0..=100))]
    rounds: u64,
    /// The number of requests for a cached file in each round; there are fewer of other kinds
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(400..=1_000_000))]
    requests: u64,
    /// The number of requests of each kind whose operations in Redis are counted
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(10..=4000))]
    counted: u64,
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Another polyhost program, such as an earlier version, whose processor time without Redis is compared
    #[arg(long, value_name = "FILE")]
    other: Option<PathBuf>,
    /// Also write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Measures everything and returns the tables to print.
///
/// # Errors
/// Fails if a program does not start or ends, or a request fails.
pub(crate) async fn run(options: Fleet) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(default_polyhost, Ok)?;
    let mut report = Report::new(Machine::this(), version(&polyhost)?);
    let world = World::start().await?;
    let redis = match Redis::version() {
        Some(version) => {
            report.programs.push(version);
            Some(Redis::start(world.folder()).await?)
        }
        None => {
            progress("redis-server is not installed and is left out; on Debian: apt-get install redis-server");
            None
        }
    };
    // Without rounds, no processor times are measured.
    if let Some(most) = times::MOST_REQUESTS.checked_div(options.rounds) {
        let mut all = candidates(&options, &world, &polyhost, redis.as_ref()).await?;
        report.times = times::measure(&mut all, options.rounds, options.requests.min(most)).await?;
    }
    if let Some(redis) = &redis {
        for store in [Store::Eventual, Store::Strict] {
            let (operations, memory) = counts::measure(&world, &polyhost, redis, store, options.counted).await?;
            report.operations.extend(operations);
            // It does not depend on the consistency.
            report.memory = memory;
        }
    }
    write_json(options.json.as_deref(), &report)?;
    Ok(report.to_string())
}

/// Starts the gateways whose processor times are compared.
async fn candidates(
    options: &Fleet,
    world: &World,
    polyhost: &Path,
    redis: Option<&Redis>,
) -> Result<Vec<Candidate>, Failure> {
    let mut all = Vec::new();
    for store in [Store::Memory, Store::Eventual, Store::Strict] {
        if store == Store::Memory || redis.is_some() {
            let process = world.gateway(polyhost, store, redis).await?;
            all.push(Candidate { title: store.title().to_owned(), process });
        }
    }
    if let Some(other) = &options.other {
        let process = world.gateway(other, Store::Memory, None).await?;
        let title = format!("{}, no Redis", other.display());
        all.push(Candidate { title, process });
    }
    Ok(all)
}
