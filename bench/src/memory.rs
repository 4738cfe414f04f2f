//! The memory of transfers. Each case uses newly started programs that have carried one small file in each direction.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::failure::Failure;
use crate::progress;
use crate::setup::Setup;
use crate::site::SiteMode;
use crate::transfer::{self, ReadSpeed};
use crate::usage::{self, MemorySampler};
use crate::way::{Direction, Way};

const MEBIBYTE: u64 = 1 << 20;
/// The size of the file that is sent before a case, so that the case does not include creating sessions and
/// connections.
const WARM_UP: u64 = MEBIBYTE;
/// How long a program is idle before its memory at rest is read.
const REST: Duration = Duration::from_millis(500);
/// The speed of a slow caller in bytes per second.
const SLOW: f64 = 16.0 * MEBIBYTE as f64;

/// The limit above rest, in bytes, for one transfer.
const GOAL_FOR_ONE: u64 = 32 * MEBIBYTE;
/// The limit above rest, in bytes, for many parallel transfers.
const GOAL_FOR_MANY: u64 = 100 * MEBIBYTE;

/// The transfers of one measurement.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Case {
    pub(crate) direction: Direction,
    pub(crate) count: usize,
    /// The size of each file in bytes.
    pub(crate) size: u64,
    pub(crate) receiver: Receiver,
}

/// The speed of the receiver: the site for uploads, the caller for downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Receiver {
    Fast,
    Slow,
}

/// The memory of one program in one case, in bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) way: Way,
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) at_rest: u64,
    pub(crate) peak_of_first_half: u64,
    pub(crate) peak_of_second_half: u64,
    pub(crate) above_rest: u64,
    /// The limit. Only the gateway has one.
    pub(crate) goal: Option<u64>,
}

/// Measures the gateway and nginx in every case.
///
/// # Errors
/// Fails if a transfer fails.
pub(crate) async fn measure(
    setup: &mut Setup,
    nginx: Option<&Path>,
    size: u64,
    (count, size_of_many): (usize, u64),
) -> Result<Vec<Memory>, Failure> {
    let mut all = Vec::new();
    for case in cases(size, count, size_of_many) {
        setup.restart(nginx).await?;
        for way in [Way::Gateway, Way::Nginx, Way::NginxLargeBuffers] {
            all.extend(measure_case(setup, way, case).await?);
        }
    }
    Ok(all)
}

fn cases(size: u64, many: usize, size_of_many: u64) -> Vec<Case> {
    let directions = [Direction::Up, Direction::Down];
    let sizes = [(1, size, Receiver::Fast), (many, size_of_many, Receiver::Fast), (many, size_of_many, Receiver::Slow)];
    let cases = sizes
        .into_iter()
        .flat_map(|(count, size, receiver)| directions.map(|direction| Case { direction, count, size, receiver }));
    cases.collect()
}

/// Measures one case, or returns `None` if the way has no program between caller and site.
async fn measure_case(setup: &mut Setup, way: Way, case: Case) -> Result<Option<Memory>, Failure> {
    let (mode, read_speed) = match (case.receiver, case.direction) {
        (Receiver::Slow, Direction::Up) => (SiteMode::Slow, ReadSpeed::Unlimited),
        (Receiver::Slow, Direction::Down) => (SiteMode::Fast, ReadSpeed::Slow(SLOW)),
        (Receiver::Fast, _) => (SiteMode::Fast, ReadSpeed::Unlimited),
    };
    let addresses = setup.addresses();
    let Some(target) = addresses.target(way, case.direction, mode, case.size) else { return Ok(None) };
    progress(format_args!("memory: {} {}, {} in parallel", way.title(), case.direction.title(), case.count));
    for direction in [Direction::Up, Direction::Down] {
        if let Some(target) = addresses.target(way, direction, mode, WARM_UP) {
            transfer::run(&target, WARM_UP, ReadSpeed::Unlimited).await?;
        }
    }
    tokio::time::sleep(REST).await;
    let ids = setup.processes_between(way);
    let at_rest = usage::memory(&ids);
    let sampler = MemorySampler::start(ids);
    let outcome = transfer::parallel(&target, case.size, case.count, read_speed).await;
    let peaks = sampler.stop()?;
    setup.check().and(outcome)?;
    let goal = if case.count == 1 { GOAL_FOR_ONE } else { GOAL_FOR_MANY };
    Ok(Some(Memory {
        way,
        case,
        at_rest,
        peak_of_first_half: peaks.first_half,
        peak_of_second_half: peaks.second_half,
        above_rest: peaks.most().saturating_sub(at_rest),
        goal: way.is_gateway().then_some(goal),
    }))
}
