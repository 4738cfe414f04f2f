//! `bench soak`: a gateway in front of a site that fails at random, under a load of everything, in bouts; and after each
//! of them a rest, in which all must be given back that was taken.

mod gateway;
mod load;
mod places;
mod report;
mod rest;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::site::Mood;
use crate::transfers::{beside, version, write_json};
use crate::{progress, stage};
use gateway::Soaked;
use report::Report;

/// How long nothing is asked in the end. Connections that nobody uses are closed after 90 seconds, but looked for only
/// every 90 seconds; and an account that was slowed down has its usual pace again.
const LET_GO: Duration = Duration::from_secs(200);

/// How long the gateway is asked for everything while the site is well, so that what it keeps for good is there.
const WARM_UP: Duration = Duration::from_secs(5);

/// `bench soak`
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How long the site is in trouble, all bouts together, in seconds
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    seconds: u64,
    /// In how many bouts, with a rest after each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    bouts: u32,
    /// How many callers there are, each with one request at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    callers: u16,
    /// The gateway's program [default: polyhost, beside this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Write the figures to a file as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Soaks a gateway, and answers the tables to be printed.
///
/// # Errors
/// Where a program does not start or ends, or does not come to rest.
pub(crate) async fn run(options: Soak) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(beside, Ok)?;
    let machine = Machine::this();
    let programs = vec![version(&polyhost)?];
    let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
    let site = stage::start_site(folder.path()).await?;
    let mut gateway = Soaked::start(&polyhost, site.address(), folder.path()).await?;

    let mut rests = vec![rest::rest(&mut gateway, "just started").await?];
    progress("a little of everything, with nothing in its way");
    load::bout(&gateway, usize::from(options.callers), WARM_UP).await;
    rests.push(rest::rest(&mut gateway, "before any trouble").await?);
    let mut outcomes = load::Outcomes::default();
    for bout in 1..=options.bouts {
        progress(format_args!("bout {bout} of {}", options.bouts));
        gateway.bring_site(Mood::Troubled).await?;
        let time = Duration::from_secs(options.seconds) / options.bouts;
        outcomes.add(load::bout(&gateway, usize::from(options.callers), time).await);
        gateway.bring_site(Mood::Well).await?;
        rests.push(rest::rest(&mut gateway, &format!("after bout {bout}")).await?);
    }
    progress(format_args!("nothing, for {LET_GO:?}"));
    sleep(LET_GO).await;
    rests.push(rest::rest(&mut gateway, "at the end").await?);
    progress("every place at once");
    let places = places::all_at_once(&mut gateway).await?;
    let report =
        Report { machine, programs, seconds: options.seconds, callers: options.callers, outcomes, rests, places };
    write_json(options.json.as_deref(), &report)?;
    Ok(report.to_string())
}
