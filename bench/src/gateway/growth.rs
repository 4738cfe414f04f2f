//! Gateways with many accounts and with many cached files: the memory for each, and the requests for them.

use std::path::Path;

use serde::Serialize;

use super::candidates::{World, rested};
use super::costs::{Case, Group};
use super::load::{self, Numbers, Requests};
use super::rows::{HIT, Row};
use crate::failure::Failure;
use crate::process::Process;
use crate::progress;

/// The first of the ids of the many files. No other request has such an id.
const FIRST_ID: u64 = 100_000_000;

/// The number of cached files.
pub(super) const MANY_FILES: u64 = 1_000_000;

/// The memory of many objects.
#[derive(Debug, Serialize)]
pub(super) struct Growth {
    pub(super) object: &'static str,
    pub(super) count: u64,
    /// In bytes.
    pub(super) each: u64,
}

/// A gateway that has many objects.
pub(super) struct Grown {
    row: Row,
    process: Process,
    requests: Requests,
    pub(super) growth: Growth,
}

/// Starts a gateway and lets it cache the objects of a row: a file of each account, or many files. The memory for
/// accounts is the difference to another gateway, which has one.
///
/// # Errors
/// Fails if it does not start, or a request fails.
pub(super) async fn start(world: &World, polyhost: &Path, gateway: &Process, row: Row) -> Result<Grown, Failure> {
    let (object, count, accounts) = match row {
        Row::Files => ("cached file", MANY_FILES, 1),
        _ => ("account, after one request", 1000, 1000),
    };
    progress(row.title());
    let process = world.gateway(polyhost, accounts).await?;
    let open = load::connect(process.address(), load::THREADS).await?;
    let requests = match row {
        Row::Files => Requests::get("/v1/accounts/a0/files/{}", Numbers::Cycle { first: FIRST_ID, count }),
        _ => Requests::get("/v1/accounts/a{}/files/1000", Numbers::Cycle { first: 0, count }),
    };
    // The connections exist before the memory is read.
    let open = load::send(open, &Requests::get(HIT, Numbers::None), load::THREADS).await?;
    let before = rested(if row == Row::Files { &process } else { gateway }).await;
    let open = load::send(open, &requests, count).await?;
    let each = rested(&process).await.saturating_sub(before) / count;
    drop(open);
    Ok(Grown { row, process, requests, growth: Growth { object, count, each } })
}

/// Returns the group of a gateway that has many objects. The first case is the gateway that has one.
pub(super) fn group<'a>(grown: &'a Grown, gateway: &'a Process, hits: u64) -> Group<'a> {
    let case = |title: &str, process, requests| Case {
        title: title.to_owned(),
        process,
        requests,
        connections: load::THREADS,
        count: hits,
    };
    let cases = vec![
        case("gateway with one", gateway, Requests::get(HIT, Numbers::None)),
        case("gateway with all", &grown.process, grown.requests.clone()),
    ];
    Group { request: grown.row.title().to_owned(), cases }
}
