//! How much memory transfers take: each case with programs that were just started, and have done a little of everything.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::failure::Failure;
use crate::progress;
use crate::site::Manner;
use crate::stage::Stage;
use crate::transfer::{self, Appetite};
use crate::usage::{self, Watch};
use crate::way::{Direction, Way};

const MEBIBYTE: u64 = 1 << 20;
/// What is sent before a case begins, so that sessions and connections are no part of it.
const WARM_UP: u64 = MEBIBYTE;
/// How long a program is left alone before its memory at rest is read.
const REST: Duration = Duration::from_millis(500);
/// How fast a slow caller reads, in bytes per second.
const SLOW: f64 = 16.0 * MEBIBYTE as f64;

/// Above rest, for one transfer.
const GOAL_FOR_ONE: u64 = 32 * MEBIBYTE;
/// Above rest, for many side by side.
const GOAL_FOR_MANY: u64 = 100 * MEBIBYTE;

/// What is transferred while memory is watched.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Case {
    pub(crate) direction: Direction,
    pub(crate) count: usize,
    /// Of each file, in bytes.
    pub(crate) size: u64,
    pub(crate) receiver: Receiver,
}

/// How fast bytes are taken at their end: by the site upwards, by the caller downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Receiver {
    Fast,
    Slow,
}

/// What was seen of the memory of one program in one case; all in bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) way: Way,
    #[serde(flatten)]
    pub(crate) case: Case,
    pub(crate) at_rest: u64,
    pub(crate) peak_of_first_half: u64,
    pub(crate) peak_of_second_half: u64,
    pub(crate) above_rest: u64,
    /// Only the gateway has one.
    pub(crate) goal: Option<u64>,
}

/// Watches the gateway and nginx in every case.
///
/// # Errors
/// Where a transfer fails.
pub(crate) async fn measure(
    stage: &mut Stage,
    nginx: Option<&Path>,
    size: u64,
    (count, size_of_many): (usize, u64),
) -> Result<Vec<Memory>, Failure> {
    let mut all = Vec::new();
    for case in cases(size, count, size_of_many) {
        stage.renew(nginx).await?;
        for way in [Way::Gateway, Way::Nginx, Way::NginxLargeBuffers] {
            all.extend(watch(stage, way, case).await?);
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

/// `None`: nobody is on the way.
async fn watch(stage: &mut Stage, way: Way, case: Case) -> Result<Option<Memory>, Failure> {
    let (manner, appetite) = match (case.receiver, case.direction) {
        (Receiver::Slow, Direction::Up) => (Manner::Slow, Appetite::Any),
        (Receiver::Slow, Direction::Down) => (Manner::Fast, Appetite::Slow(SLOW)),
        (Receiver::Fast, _) => (Manner::Fast, Appetite::Any),
    };
    let addresses = stage.addresses();
    let Some(target) = addresses.target(way, case.direction, manner, case.size) else { return Ok(None) };
    progress(format_args!("memory: {} {}, {} side by side", way.title(), case.direction.title(), case.count));
    for direction in [Direction::Up, Direction::Down] {
        if let Some(target) = addresses.target(way, direction, manner, WARM_UP) {
            transfer::run(&target, WARM_UP, Appetite::Any).await?;
        }
    }
    tokio::time::sleep(REST).await;
    let ids = stage.between(way);
    let at_rest = usage::memory(&ids);
    let watch = Watch::start(ids);
    let outcome = transfer::side_by_side(&target, case.size, case.count, appetite).await;
    let seen = watch.stop()?;
    stage.check().and(outcome)?;
    let goal = if case.count == 1 { GOAL_FOR_ONE } else { GOAL_FOR_MANY };
    Ok(Some(Memory {
        way,
        case,
        at_rest,
        peak_of_first_half: seen.first_half,
        peak_of_second_half: seen.second_half,
        above_rest: seen.most().saturating_sub(at_rest),
        goal: way.is_gateway().then_some(goal),
    }))
}
