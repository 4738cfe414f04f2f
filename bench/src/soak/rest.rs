//! What a gateway holds while it has nothing to do.

use std::fs;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::gateway::Soaked;
use crate::failure::Failure;
use crate::usage;

/// How long a gateway may take to give back what it needs no more, once nobody asks for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it is left alone before it is looked at.
const REST: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

pub(super) const IN_FLIGHT: &str = "polyhost_upstream_in_flight";
pub(super) const WAITING: &str = "polyhost_upstream_waiting";
const SPOOLED: &str = "polyhost_spool_bytes";
const CIRCUITS: &str = "polyhost_upstream_circuits_open";

/// A gateway at rest.
#[derive(Debug, Serialize)]
pub(crate) struct Rest {
    pub(crate) when: String,
    /// `VmRSS`, in bytes.
    pub(crate) memory: u64,
    pub(crate) file_descriptors: usize,
    pub(crate) threads: usize,
    /// Requests to the site that are under way.
    pub(crate) in_flight: f64,
    /// Requests that wait for their turn.
    pub(crate) waiting: f64,
    /// In bytes.
    pub(crate) spooled: f64,
    pub(crate) circuits_open: f64,
}

/// Waits until nothing is under way any more, and a while longer, and looks.
///
/// # Errors
/// Where the gateway has ended.
pub(super) async fn rest(gateway: &mut Soaked, when: &str) -> Result<Rest, Failure> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && gateway.metric(IN_FLIGHT).await? + gateway.metric(WAITING).await? > 0.0 {
        gateway.check()?;
        sleep(PAUSE).await;
    }
    sleep(REST).await;
    gateway.check()?;
    let ids = gateway.ids();
    let count = |what: &str| -> usize {
        let all = ids.iter().filter_map(|id| fs::read_dir(format!("/proc/{id}/{what}")).ok());
        all.map(Iterator::count).sum()
    };
    Ok(Rest {
        when: when.to_owned(),
        memory: usage::memory(&ids),
        file_descriptors: count("fd"),
        threads: count("task"),
        in_flight: gateway.metric(IN_FLIGHT).await?,
        waiting: gateway.metric(WAITING).await?,
        spooled: gateway.metric(SPOOLED).await?,
        circuits_open: gateway.metric(CIRCUITS).await?,
    })
}
