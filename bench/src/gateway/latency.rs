//! The latencies at a fixed rate. The times of the requests do not depend on the answers (an open loop).

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::candidates::{Candidate, Candidates, PREPARED, World};
use super::load::{self, Requests};
use super::rows::Row;
use crate::failure::Failure;
use crate::progress;
use crate::speed::median;
use crate::times::order;

/// The title of the site without a program in front of it.
const SITE: &str = "the site, directly";
/// The time between two requests.
const INTERVAL: Duration = Duration::from_millis(1);
/// The number of requests in a round.
const COUNT: u32 = 3000;
/// The number of requests before those.
const WARM_UP: u64 = 160;

/// The latencies of one candidate.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    pub(super) request: &'static str,
    pub(super) candidate: String,
    /// The percentiles 50 and 99 of each round, in microseconds.
    rounds: Vec<[f64; 2]>,
    /// The same, less those of the server behind the candidate in the same round.
    added: Vec<[f64; 2]>,
}

impl Latency {
    /// Returns the medians of the two percentiles.
    pub(super) fn medians(&self) -> [f64; 2] {
        medians(&self.rounds)
    }

    /// Returns the medians of the two percentiles, less those of the server behind the candidate.
    pub(super) fn added(&self) -> [f64; 2] {
        medians(&self.added)
    }
}

fn medians(rounds: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|place| median(&rounds.iter().map(|round| round[place]).collect::<Vec<_>>()).unwrap_or_default())
}

/// A server whose latencies are measured: its title, its address, and the requests.
type Case = (String, SocketAddr, Requests);

/// Measures hits and misses.
///
/// # Errors
/// Fails if a request fails.
pub(super) async fn measure(world: &World, candidates: &Candidates, rounds: u64) -> Result<Vec<Latency>, Failure> {
    let mut all = Vec::new();
    for row in [Row::Hit, Row::Miss] {
        all.extend(measure_row(row, &cases(row, world, candidates), rounds).await?);
    }
    Ok(all)
}

/// Returns the servers of a row. The one behind the candidates comes first: for hits, the one with prepared answers;
/// for misses, the site.
fn cases(row: Row, world: &World, candidates: &Candidates) -> Vec<Case> {
    let site = row.of_site().map(|requests| (SITE.to_owned(), world.site.address(), requests));
    let case =
        |candidate: &Candidate| Some((candidate.title.clone(), candidate.process.address(), candidate.requests(row)?));
    let mut cases: Vec<Case> = site.into_iter().chain(candidates.all.iter().filter_map(case)).collect();
    cases.sort_by_key(|(title, ..)| title != SITE && title != PREPARED);
    cases
}

async fn measure_row(row: Row, cases: &[Case], rounds: u64) -> Result<Vec<Latency>, Failure> {
    let empty = |(title, ..): &Case| Latency {
        request: row.title(),
        candidate: title.clone(),
        rounds: Vec::new(),
        added: Vec::new(),
    };
    let mut latencies: Vec<Latency> = cases.iter().map(empty).collect();
    for round in 0..rounds {
        progress(format_args!("latencies, {}, round {} of {rounds}", row.title(), round + 1));
        let mut percentiles = vec![[0.0; 2]; cases.len()];
        for turn in order(cases.len(), round) {
            let (title, address, requests) = &cases[turn];
            let failed = format!("latencies, {title}");
            percentiles[turn] = one(*address, requests).await.map_err(Failure::of(failed))?;
        }
        let behind = percentiles.first().copied().unwrap_or_default();
        for (latency, own) in latencies.iter_mut().zip(percentiles) {
            latency.rounds.push(own);
            latency.added.push([own[0] - behind[0], own[1] - behind[1]]);
        }
    }
    Ok(latencies)
}

async fn one(address: SocketAddr, requests: &Requests) -> Result<[f64; 2], Failure> {
    let open = load::connect(address, load::THREADS).await?;
    let open = load::send(open, requests, WARM_UP).await?;
    let sorted = load::send_at(open, requests, INTERVAL, COUNT).await?;
    Ok([percentile(&sorted, 50), percentile(&sorted, 99)])
}

/// Returns a percentile of sorted values: the smallest value that at least this share does not exceed.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 99)), (100.0, 198.0));
        assert_eq!(percentile(&[3.0], 99), 3.0);
        assert_eq!(percentile(&[], 99), 0.0);
    }
}
