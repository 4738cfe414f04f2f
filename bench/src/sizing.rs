//! `bench sizing`: the memory that a gateway needs for each account, connection, download and cached file, and the
//! processor time for each request.
//!
//! Each case uses a newly started gateway, because a program may keep memory that it has allocated once.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::caller::{Caller, Sent};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{Process, free_address};
use crate::transfers::{default_polyhost, version, write_json};
use crate::{progress, setup, usage};

/// How long the gateway is idle before its memory is read.
const REST: Duration = Duration::from_secs(1);
/// The number of connections of the callers that measure requests.
const CALLERS: u64 = 16;
/// The size of a file that is downloaded, in bytes.
const FILE: u64 = 64 << 20;
/// The first of the ids of the files that are cached.
const FIRST_ID: u64 = 1000;

/// The options of `bench sizing`.
#[derive(Debug, Args)]
pub(crate) struct Sizing {
    /// The numbers of accounts and of idle connections
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(2..=5000))]
    many: u64,
    /// The number of downloads whose caller reads nothing
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1000))]
    downloads: u64,
    /// The number of files
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1000..=1_000_000))]
    files: u64,
    /// The number of requests for one cached file
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    requests: u64,
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Also write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The figures of one run.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    programs: Vec<String>,
    /// The memory of a gateway with one account, in bytes.
    at_rest: u64,
    memory: Vec<Memory>,
    requests: Vec<Requests>,
}

/// The memory of many objects of a kind.
#[derive(Debug, Serialize)]
struct Memory {
    kind: &'static str,
    count: u64,
    /// In bytes.
    each: u64,
}

/// The cost of requests of a kind.
#[derive(Debug, Serialize)]
struct Requests {
    kind: &'static str,
    count: u64,
    /// The processor time of the gateway for each, in microseconds.
    microseconds: f64,
    /// Requests in a second, by the clock. The callers and the site use the same machine.
    per_second: f64,
}

/// The site, and the gateways in front of it.
struct World {
    site: Process,
    polyhost: PathBuf,
    folder: TempDir,
}

/// Measures everything and returns the tables to print.
///
/// # Errors
/// Fails if a program does not start or ends, or a request fails.
pub(crate) async fn run(options: Sizing) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(default_polyhost, Ok)?;
    let (machine, programs) = (Machine::this(), vec![version(&polyhost)?]);
    let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
    let site = setup::start_site(folder.path()).await?;
    let world = World { site, polyhost, folder };
    let at_rest = {
        let gateway = world.gateway(1).await?;
        Caller::connect(gateway.address()).await?.get(&file(FIRST_ID)).await?;
        rested(&gateway).await
    };
    let memory = vec![
        world.accounts(options.many, at_rest).await?,
        world.connections(options.many).await?,
        world.downloads(options.downloads).await?,
        world.files(options.files).await?,
    ];
    let requests = vec![world.hits(options.requests).await?, world.misses(options.files).await?];
    let report = Report { machine, programs, at_rest, memory, requests };
    write_json(options.json.as_deref(), &report)?;
    Ok(report.to_string())
}

impl World {
    async fn gateway(&self, accounts: u64) -> Result<Process, Failure> {
        let address = free_address()?;
        let path = self.folder.path().join(format!("gateway-{}.toml", address.port()));
        fs::write(&path, configuration(address, self.site.address(), accounts))
            .map_err(Failure::of("cannot write a configuration"))?;
        let mut command = Command::new(&self.polyhost);
        command.args(["serve", "--no-auth", "--config"]).arg(path);
        Process::start("gateway", &mut command, address, self.folder.path()).await
    }

    async fn accounts(&self, count: u64, at_rest: u64) -> Result<Memory, Failure> {
        progress(format_args!("{count} accounts"));
        let gateway = self.gateway(count).await?;
        let mut caller = Caller::connect(gateway.address()).await?;
        for account in 0..count {
            caller.get(&format!("/v1/accounts/a{account}/files/{FIRST_ID}")).await?;
        }
        Ok(each("account, after one request", count, rested(&gateway).await, at_rest))
    }

    async fn connections(&self, count: u64) -> Result<Memory, Failure> {
        progress(format_args!("{count} idle connections"));
        let gateway = self.gateway(1).await?;
        let before = rested(&gateway).await;
        let mut idle = Vec::new();
        for _ in 0..count {
            let mut caller = Caller::connect(gateway.address()).await?;
            caller.get("/livez").await?;
            idle.push(caller);
        }
        Ok(each("idle connection, after one request", count, rested(&gateway).await, before))
    }

    async fn downloads(&self, count: u64) -> Result<Memory, Failure> {
        progress(format_args!("{count} downloads"));
        let gateway = self.gateway(1).await?;
        Caller::connect(gateway.address()).await?.get(&content(FIRST_ID)).await?;
        let before = rested(&gateway).await;
        let mut open = Vec::new();
        for _ in 0..count {
            let mut caller = Caller::connect(gateway.address()).await?;
            let body = caller.begin(&Sent::get(content(FILE))).await?;
            open.push((caller, body));
        }
        Ok(each("download whose caller reads nothing", count, rested(&gateway).await, before))
    }

    async fn files(&self, count: u64) -> Result<Memory, Failure> {
        progress(format_args!("{count} cached files"));
        let gateway = self.gateway(1).await?;
        get_all(gateway.address(), FIRST_ID..FIRST_ID + 1000).await?;
        let before = rested(&gateway).await;
        get_all(gateway.address(), FIRST_ID + 1000..FIRST_ID + 1000 + count).await?;
        Ok(each("cached file", count, rested(&gateway).await, before))
    }

    async fn hits(&self, count: u64) -> Result<Requests, Failure> {
        let gateway = self.gateway(1).await?;
        let path = file(FIRST_ID);
        Caller::connect(gateway.address()).await?.get(&path).await?;
        let mut callers = JoinSet::new();
        measured("one cached file", count, &gateway, async {
            for _ in 0..CALLERS {
                let (mut caller, path) = (Caller::connect(gateway.address()).await?, path.clone());
                callers.spawn(async move {
                    for _ in 0..count / CALLERS {
                        caller.get(&path).await?;
                    }
                    Ok(())
                });
            }
            ended(callers).await
        })
        .await
    }

    async fn misses(&self, count: u64) -> Result<Requests, Failure> {
        let gateway = self.gateway(1).await?;
        get_all(gateway.address(), FIRST_ID..FIRST_ID + CALLERS).await?;
        let ids = FIRST_ID + CALLERS..FIRST_ID + CALLERS + count;
        measured("a file that is not cached", count, &gateway, get_all(gateway.address(), ids)).await
    }
}

/// Gets files over [`CALLERS`] connections.
async fn get_all(address: SocketAddr, ids: Range<u64>) -> Result<(), Failure> {
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let mut caller = Caller::connect(address).await?;
        let ids = (ids.start + number..ids.end).step_by(CALLERS as usize);
        callers.spawn(async move {
            for id in ids {
                caller.get(&file(id)).await?;
            }
            Ok(())
        });
    }
    ended(callers).await
}

async fn ended(mut callers: JoinSet<Result<(), Failure>>) -> Result<(), Failure> {
    while let Some(caller) = callers.join_next().await {
        caller.map_err(Failure::of("a caller ended early"))??;
    }
    Ok(())
}

async fn measured(
    kind: &'static str,
    count: u64,
    gateway: &Process,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<Requests, Failure> {
    progress(format_args!("{count} requests: {kind}"));
    let (began, before) = (Instant::now(), usage::processor_seconds(&gateway.ids()));
    work.await?;
    let (took, seconds) = (began.elapsed(), usage::processor_seconds(&gateway.ids()) - before);
    let count_as_float = count as f64;
    let (microseconds, per_second) = (seconds * 1e6 / count_as_float, count_as_float / took.as_secs_f64());
    Ok(Requests { kind, count, microseconds, per_second })
}

/// Returns the memory of an idle gateway.
async fn rested(gateway: &Process) -> u64 {
    sleep(REST).await;
    usage::memory(&gateway.ids())
}

fn each(kind: &'static str, count: u64, after: u64, before: u64) -> Memory {
    Memory { kind, count, each: after.saturating_sub(before) / count }
}

fn file(id: u64) -> String {
    format!("/v1/accounts/a0/files/{id}")
}

fn content(id: u64) -> String {
    format!("/v1/accounts/plays/files/{id}/content")
}

/// Returns the configuration: accounts of pstream.net, and one of streamplay.online for downloads. Limits that would
/// hold back the callers are raised. All other settings have their defaults.
fn configuration(listen: SocketAddr, site: SocketAddr, accounts: u64) -> String {
    let head = format!(
        "[server]\nlisten = \"{listen}\"\nmax_connections_per_address = 10000\n\n\
         [upstream]\nrequests_per_second = 0.0\nmax_concurrency = 1024\n\n[cache]\nfile_ttl = \"1h\"\n\n"
    );
    let account = |number| setup::pstream_account(&format!("a{number}"), site, &format!("bench{number}"));
    head + &setup::streamplay_account("plays", site, &"k".repeat(64)) + &(0..accounts).map(account).collect::<String>()
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let size = |bytes: u64| bytesize::ByteSize::b(bytes).display().iec();
        writeln!(f, "{}; {}.\n", self.machine, self.programs.join(", "))?;
        writeln!(f, "Memory at rest, with one account: {}.\n", size(self.at_rest))?;
        writeln!(f, "| memory for each | measured with | |\n|---|---:|---:|")?;
        for Memory { kind, count, each } in &self.memory {
            writeln!(f, "| {kind} | {count} | {} |", size(*each))?;
        }
        writeln!(f, "\n| request | count | processor time | in a second |\n|---|---:|---:|---:|")?;
        for Requests { kind, count, microseconds, per_second } in &self.requests {
            writeln!(f, "| {kind} | {count} | {microseconds:.1} µs | {per_second:.0} |")?;
        }
        Ok(())
    }
}
