//! The resources that an idle gateway holds.

use std::fs;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::gateway::GatewayUnderTest;
use crate::failure::Failure;
use crate::usage;

/// How long a gateway may take to end its work once no more requests arrive.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long it is idle before it is measured.
const IDLE_TIME: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(super) const IN_FLIGHT: &str = "polyhost_upstream_in_flight";
pub(super) const WAITING: &str = "polyhost_upstream_waiting";
const SPOOLED: &str = "polyhost_spool_bytes";
const CIRCUITS: &str = "polyhost_upstream_circuits_open";

/// The resources of an idle gateway.
#[derive(Debug, Serialize)]
pub(crate) struct IdleState {
    pub(crate) when: String,
    /// `VmRSS`, in bytes.
    pub(crate) memory: u64,
    pub(crate) file_descriptors: usize,
    pub(crate) threads: usize,
    /// The number of requests to the site that are in progress.
    pub(crate) in_flight: f64,
    /// The number of requests that wait for their turn.
    pub(crate) waiting: f64,
    /// The spooled bytes.
    pub(crate) spooled: f64,
    pub(crate) circuits_open: f64,
}

/// Waits until no request is in progress, and a while longer, and reads the resources.
///
/// # Errors
/// Fails if the gateway has ended.
pub(super) async fn measure(gateway: &mut GatewayUnderTest, when: &str) -> Result<IdleState, Failure> {
    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline && gateway.metric(IN_FLIGHT).await? + gateway.metric(WAITING).await? > 0.0 {
        gateway.check()?;
        sleep(POLL_INTERVAL).await;
    }
    sleep(IDLE_TIME).await;
    gateway.check()?;
    let ids = gateway.ids();
    let count = |what: &str| -> usize {
        let all = ids.iter().filter_map(|id| fs::read_dir(format!("/proc/{id}/{what}")).ok());
        all.map(Iterator::count).sum()
    };
    Ok(IdleState {
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
