//! `bench soak`: a gateway in front of a site that fails at random, under a mixed load. The load comes in bouts. After
//! each bout the gateway is idle, and must release all resources that it took.

mod gateway;
mod idle;
mod load;
mod places;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::site::SiteState;
use crate::transfers::{default_polyhost, version, write_json};
use crate::{progress, setup};
use gateway::GatewayUnderTest;
use report::Report;

/// How long the gateway is idle at the end. Unused connections are closed after 90 seconds, but checked only every 90
/// seconds. After this time an account that was slowed down also has its usual rate again.
const IDLE_TIME: Duration = Duration::from_secs(200);

/// How long the load runs while the site is healthy, so that the gateway allocates what it keeps permanently.
const WARM_UP: Duration = Duration::from_secs(5);

/// The options of `bench soak`.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How long the site fails, over all bouts, in seconds
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    seconds: u64,
    /// The number of bouts, each followed by an idle time
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    bouts: u32,
    /// The number of callers, each with one request at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    callers: u16,
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "FILE")]
    polyhost: Option<PathBuf>,
    /// Also write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the soak test and returns the tables to print.
///
/// # Errors
/// Fails if a program does not start, ends, or does not become idle.
pub(crate) async fn run(options: Soak) -> Result<String, Failure> {
    let polyhost = options.polyhost.clone().map_or_else(default_polyhost, Ok)?;
    let machine = Machine::this();
    let programs = vec![version(&polyhost)?];
    let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
    let site = setup::start_site(folder.path()).await?;
    let mut gateway = GatewayUnderTest::start(&polyhost, site.address(), folder.path()).await?;

    let mut rests = vec![idle::measure(&mut gateway, "just started").await?];
    progress("warm-up, with a healthy site");
    load::bout(&gateway, usize::from(options.callers), WARM_UP).await;
    rests.push(idle::measure(&mut gateway, "before any failure").await?);
    let mut outcomes = load::Outcomes::default();
    for bout in 1..=options.bouts {
        progress(format_args!("bout {bout} of {}", options.bouts));
        gateway.set_site_state(SiteState::Failing).await?;
        let time = Duration::from_secs(options.seconds) / options.bouts;
        outcomes.add(load::bout(&gateway, usize::from(options.callers), time).await);
        gateway.set_site_state(SiteState::Healthy).await?;
        rests.push(idle::measure(&mut gateway, &format!("after bout {bout}")).await?);
    }
    progress(format_args!("idle for {IDLE_TIME:?}"));
    sleep(IDLE_TIME).await;
    rests.push(idle::measure(&mut gateway, "at the end").await?);
    progress("using every place at once");
    let places = places::use_all_at_once(&mut gateway).await?;
    let report =
        Report { machine, programs, seconds: options.seconds, callers: options.callers, outcomes, rests, places };
    write_json(options.json.as_deref(), &report)?;
    Ok(report.to_string())
}
