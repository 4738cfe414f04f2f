//! The processor time of gateways for each request. Every round measures all gateways with each kind of request.

use serde::Serialize;
use tokio::task::JoinSet;

use super::gateways::Client;
use super::requests::Kind;
use crate::caller::Caller;
use crate::failure::Failure;
use crate::process::Process;
use crate::progress;
use crate::times::{Times, order};
use crate::usage::{self, ProcessorTime};

/// The number of connections of the callers.
const CALLERS: u64 = 16;

/// A gateway that is measured.
pub(super) struct Candidate {
    pub(super) title: String,
    pub(super) process: Process,
}

/// The processor time for requests of a kind at one gateway.
#[derive(Debug, Serialize)]
pub(super) struct RequestTimes {
    pub(super) request: String,
    pub(super) gateway: String,
    #[serde(flatten)]
    pub(super) times: Times,
}

/// The requests that are measured, and how many are sent for a hundred of the first kind.
const CASES: [(Kind, Client, u64); 6] = [
    (Kind::Hit, Client::Unlimited, 100),
    (Kind::Hit, Client::Limited, 100),
    (Kind::Page, Client::Unlimited, 100),
    (Kind::Page, Client::Limited, 100),
    (Kind::Miss, Client::Limited, 50),
    (Kind::KeyedPost, Client::Limited, 5),
];

/// The most requests of the first kind in all rounds together: a client may have 10,000 records of keys.
pub(super) const MOST_REQUESTS: u64 = 180_000;

/// Measures all gateways. The first one is the one that the others are compared with.
///
/// # Errors
/// Fails if a gateway ends, or a request fails.
pub(super) async fn measure(all: &mut [Candidate], rounds: u64, requests: u64) -> Result<Vec<RequestTimes>, Failure> {
    for candidate in &*all {
        warm_up(&candidate.process).await?;
    }
    let empty_of_case = |case| all.iter().map(move |gateway| empty(case, gateway));
    let mut times: Vec<RequestTimes> = CASES.into_iter().flat_map(empty_of_case).collect();
    for round in 0..rounds {
        progress(format_args!("round {} of {rounds}", round + 1));
        for (place, (kind, client, share)) in CASES.into_iter().enumerate() {
            let count = (requests * share / 100 / CALLERS).max(1) * CALLERS;
            let mut row = vec![ProcessorTime::default(); all.len()];
            for turn in order(all.len(), round) {
                let candidate = &mut all[turn];
                // The numbers of the requests of before are those of cached objects and used keys.
                let first = 1 + (round + 1) * count;
                row[turn] = one(&candidate.process, kind, client, first, count).await?;
                candidate.process.check()?;
            }
            for (column, time) in row.iter().enumerate() {
                times[place * all.len() + column].times.add(*time, row[0]);
            }
        }
    }
    Ok(times)
}

fn empty((kind, client, _): (Kind, Client, u64), candidate: &Candidate) -> RequestTimes {
    let limit = if client == Client::Unlimited { ", without a limit" } else { "" };
    RequestTimes {
        request: format!("{}{limit}", kind.title()),
        gateway: candidate.title.clone(),
        times: Times::default(),
    }
}

async fn warm_up(gateway: &Process) -> Result<(), Failure> {
    for (kind, client, _) in CASES {
        one(gateway, kind, client, 1, CALLERS).await?;
    }
    Ok(())
}

/// Sends requests over [`CALLERS`] connections. Returns the processor time for each, in microseconds.
async fn one(gateway: &Process, kind: Kind, client: Client, first: u64, count: u64) -> Result<ProcessorTime, Failure> {
    let before = usage::processor_time(&gateway.ids());
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let mut caller = Caller::connect(gateway.address()).await?.with_key(client.key());
        callers.spawn(async move {
            for number in (first + number..first + count).step_by(CALLERS as usize) {
                caller.send(&kind.request(number)).await?;
            }
            Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.map_err(Failure::of("a caller ended early"))??;
    }
    let spent = usage::processor_time(&gateway.ids()) - before;
    Ok(spent * (1e6 / count as f64))
}
