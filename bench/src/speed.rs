//! The speed of each way. Every round measures all ways, so that other activity of the machine affects all of them.

use serde::Serialize;

use crate::failure::Failure;
use crate::progress;
use crate::setup::Setup;
use crate::site::SiteMode;
use crate::transfer::{self, ReadSpeed};
use crate::usage::processor_seconds;
use crate::way::{Direction, Way};

const GIBIBYTE: f64 = (1_u64 << 30) as f64;
const MEBIBYTE: f64 = (1_u64 << 20) as f64;

/// The speed of one way in one direction.
#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    pub(crate) direction: Direction,
    pub(crate) way: Way,
    /// The durations of the transfers in seconds, in the order of the rounds.
    pub(crate) seconds: Vec<f64>,
    /// The median over the rounds.
    pub(crate) mib_per_second: f64,
    pub(crate) slowest_mib_per_second: f64,
    pub(crate) fastest_mib_per_second: f64,
    /// The speed divided by that of another way in the same direction, or `None` if that was not measured.
    pub(crate) of_direct: Option<f64>,
    pub(crate) of_nginx: Option<f64>,
    pub(crate) of_nginx_large_buffers: Option<f64>,
    /// The median processor time, in the kernel and in user space, of the programs between the caller and the site, in
    /// seconds per GiB. `None` if there is no program between them.
    pub(crate) processor_seconds_per_gib: Option<f64>,
}

/// The rounds of one way so far.
struct Rounds {
    direction: Direction,
    way: Way,
    seconds: Vec<f64>,
    processor_seconds: Vec<f64>,
}

/// Sends a file of `size` bytes each way, and compares the received bytes with those that were sent.
///
/// # Errors
/// Fails if a transfer fails or the bytes differ.
pub(crate) async fn verify(setup: &mut Setup, size: u64) -> Result<(), Failure> {
    let expected = transfer::expected(size).await?;
    for (direction, way) in ways() {
        let Some(target) = setup.addresses().target(way, direction, SiteMode::Digesting, size) else { continue };
        progress(format_args!("verifying {} {}", direction.title(), way.title()));
        let outcome = transfer::verify(&target, size, &expected).await;
        setup.check().and(outcome)?;
    }
    Ok(())
}

/// Measures every way in both directions.
///
/// # Errors
/// Fails if a transfer fails.
pub(crate) async fn measure(setup: &mut Setup, size: u64, rounds: usize) -> Result<Vec<Speed>, Failure> {
    let addresses = setup.addresses();
    let reachable =
        |(direction, way): &(Direction, Way)| addresses.target(*way, *direction, SiteMode::Fast, 1).is_some();
    let empty = |(direction, way)| Rounds { direction, way, seconds: Vec::new(), processor_seconds: Vec::new() };
    let mut all: Vec<Rounds> = ways().filter(reachable).map(empty).collect();
    for round in 0..rounds {
        progress(format_args!("round {} of {rounds}", round + 1));
        // Each round starts with another way, so that no way is always first.
        let count = all.len();
        for turn in 0..count {
            one_transfer(setup, &mut all[(round + turn) % count], size).await?;
        }
    }
    Ok(compared(all.into_iter().map(|rounds| rounds.sum_up(size)).collect()))
}

fn compared(speeds: Vec<Speed>) -> Vec<Speed> {
    let all: Vec<_> = speeds.iter().map(|speed| (speed.direction, speed.way, speed.mib_per_second)).collect();
    let compare = |speed: Speed| {
        let of = |way| {
            let other = all.iter().find(|(direction, other, _)| (*direction, *other) == (speed.direction, way));
            other.map(|(_, _, other)| speed.mib_per_second / other)
        };
        let (of_direct, of_nginx) = (of(Way::Direct), of(Way::Nginx));
        Speed { of_direct, of_nginx, of_nginx_large_buffers: of(Way::NginxLargeBuffers), ..speed }
    };
    speeds.into_iter().map(compare).collect()
}

async fn one_transfer(setup: &mut Setup, rounds: &mut Rounds, size: u64) -> Result<(), Failure> {
    let Some(target) = setup.addresses().target(rounds.way, rounds.direction, SiteMode::Fast, size) else {
        return Ok(());
    };
    let processes = setup.processes_between(rounds.way);
    let before = processor_seconds(&processes);
    let took = transfer::run(&target, size, ReadSpeed::Unlimited).await;
    setup.check()?;
    rounds.seconds.push(took?.as_secs_f64());
    if !processes.is_empty() {
        rounds.processor_seconds.push(processor_seconds(&processes) - before);
    }
    Ok(())
}

fn ways() -> impl Iterator<Item = (Direction, Way)> {
    let directions = [Direction::Up, Direction::Down];
    directions.into_iter().flat_map(|direction| Way::all(direction).iter().map(move |way| (direction, *way)))
}

impl Rounds {
    fn sum_up(self, size: u64) -> Speed {
        let speed = |seconds: f64| size as f64 / MEBIBYTE / seconds;
        let slowest = self.seconds.iter().copied().fold(0.0, f64::max);
        let fastest = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        Speed {
            direction: self.direction,
            way: self.way,
            mib_per_second: speed(median(&self.seconds).unwrap_or(f64::INFINITY)),
            slowest_mib_per_second: speed(slowest),
            fastest_mib_per_second: speed(fastest),
            of_direct: None,
            of_nginx: None,
            of_nginx_large_buffers: None,
            processor_seconds_per_gib: median(&self.processor_seconds).map(|seconds| seconds * GIBIBYTE / size as f64),
            seconds: self.seconds,
        }
    }
}

/// Returns the middle value, or the mean of the two in the middle; `None` without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((below + above) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_compared_within_its_direction() {
        let speed = |direction, way, seconds| {
            let rounds = Rounds { direction, way, seconds: vec![seconds], processor_seconds: Vec::new() };
            rounds.sum_up(1 << 20)
        };
        let speeds = compared(vec![
            speed(Direction::Up, Way::Direct, 1.0),
            speed(Direction::Up, Way::Gateway, 4.0),
            speed(Direction::Down, Way::Direct, 1.0),
            speed(Direction::Down, Way::Gateway, 2.0),
        ]);
        let ratios: Vec<_> = speeds.iter().map(|speed| (speed.of_direct, speed.of_nginx)).collect();
        assert_eq!(ratios, [(Some(1.0), None), (Some(0.25), None), (Some(1.0), None), (Some(0.5), None)]);
    }

    #[test]
    fn median_is_the_middle_value() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }
}
