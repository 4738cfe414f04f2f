//! The processor time of each candidate for each request. Every round measures all candidates on all rows.

use serde::Serialize;

use super::candidates::Candidate;
use super::load::{self, Requests};
use super::rows::{CONNECTIONS, Row};
use crate::failure::Failure;
use crate::process::Process;
use crate::progress;
use crate::times::{Times, order};
use crate::usage::{Clock, ProcessorTime};

/// The number of requests before the first round.
const WARM_UP: u64 = 320;

/// The processor time of one candidate for the requests of one row.
#[derive(Debug, Serialize)]
pub(super) struct Cost {
    pub(super) request: String,
    pub(super) candidate: String,
    /// The number of requests in each round.
    pub(super) count: u64,
    #[serde(flatten)]
    pub(super) times: Times,
}

/// The requests of one row, at one candidate or gateway.
pub(super) struct Case<'a> {
    pub(super) title: String,
    pub(super) process: &'a Process,
    pub(super) requests: Requests,
    pub(super) connections: u64,
    pub(super) count: u64,
}

/// A row with the candidates that it is measured with. The first one is the gateway.
pub(super) struct Group<'a> {
    pub(super) request: String,
    pub(super) cases: Vec<Case<'a>>,
}

/// Returns the groups of the wanted rows about requests to the candidates.
pub(super) fn groups<'a>(all: &'a [Candidate], rows: &[Row], hits: u64, most_connections: u64) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    for row in Row::REQUESTS.into_iter().filter(|row| rows.contains(row)) {
        groups.push(group(all, row, row.title().to_owned(), load::THREADS, row.count(hits)));
    }
    let connections = CONNECTIONS.into_iter().filter(|_| rows.contains(&Row::Connections));
    for count in connections.map(|count| count.min(most_connections)) {
        let title = format!("{}, connections: {count}", Row::Hit.title());
        groups.push(group(all, Row::Hit, title, count, hits.max(2 * count)));
    }
    groups
}

fn group(all: &[Candidate], row: Row, request: String, connections: u64, count: u64) -> Group<'_> {
    let case = |candidate: &'_ Candidate| Some((candidate.title.clone(), candidate.requests(row)?));
    let with_requests = all.iter().filter_map(|candidate| Some((candidate, case(candidate)?)));
    let cases = with_requests
        .map(|(candidate, (title, requests))| Case { title, process: &candidate.process, requests, connections, count })
        .collect();
    Group { request, cases }
}

/// Measures all groups in rounds.
///
/// # Errors
/// Fails if a request fails.
pub(super) async fn measure(groups: &[Group<'_>], rounds: u64) -> Result<Vec<Cost>, Failure> {
    let empty = |group: &Group<'_>, case: &Case<'_>| Cost {
        request: group.request.clone(),
        candidate: case.title.clone(),
        count: case.count,
        times: Times::default(),
    };
    let mut costs: Vec<Vec<Cost>> =
        groups.iter().map(|group| group.cases.iter().map(|case| empty(group, case)).collect()).collect();
    for case in groups.iter().flat_map(|group| &group.cases) {
        let open = load::connect(case.process.address(), case.connections.min(load::THREADS)).await?;
        load::send(open, &case.requests, WARM_UP).await?;
    }
    for round in 0..rounds {
        progress(format_args!("round {} of {rounds}", round + 1));
        for (group, costs) in groups.iter().zip(&mut costs) {
            let mut spent = vec![ProcessorTime::default(); group.cases.len()];
            for turn in order(group.cases.len(), round) {
                let case = &group.cases[turn];
                let failed = format!("{}, {}", group.request, case.title);
                spent[turn] = one(case).await.map_err(Failure::of(failed))?;
            }
            for (cost, time) in costs.iter_mut().zip(&spent) {
                cost.times.add(*time, spent[0]);
            }
        }
    }
    Ok(costs.into_iter().flatten().collect())
}

/// Returns the processor time for each request, in microseconds. Opening the connections and the first request of each
/// do not count.
async fn one(case: &Case<'_>) -> Result<ProcessorTime, Failure> {
    let open = load::connect(case.process.address(), case.connections).await?;
    let open = load::send(open, &case.requests, case.connections).await?;
    let ids = case.process.ids();
    let before = Clock::read(&ids);
    let open = load::send(open, &case.requests, case.count).await?;
    let spent = Clock::read(&ids).since(&before);
    let threads = open.len() as u64;
    Ok(spent * (1e6 / case.count.next_multiple_of(threads) as f64))
}
