//! Checks that an account can still use all of its concurrency limit: as many requests in progress as allowed, and one
//! more that waits.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::CACHE_CONTROL;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::gateway::{ACCOUNTS, GatewayUnderTest, MAX_CONCURRENCY};
use super::idle::{IN_FLIGHT, WAITING};
use crate::failure::Failure;
use crate::site::SiteState;
use crate::transfer::{self, Kind, Target};

/// How long it may take until all requests are in progress. The site holds them for less than an attempt's timeout.
const HOLD_LIMIT: Duration = Duration::from_millis(1_500);
/// How long the gateway may take to serve an account again: longer than a circuit stays open at a time.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What was observed while the site held every request.
#[derive(Debug, Serialize)]
pub(crate) struct Places {
    /// The sum of the concurrency limits of all accounts.
    pub(crate) places: usize,
    /// The highest number of requests in progress.
    pub(crate) under_way: f64,
    /// The highest number of waiting requests. Each account has one more request than its limit.
    pub(crate) waiting: f64,
    /// The number of requests that were answered successfully in the end.
    pub(crate) answered: usize,
    pub(crate) asked: usize,
}

impl Places {
    pub(crate) fn all_there(&self) -> bool {
        self.under_way == self.places as f64 && self.answered == self.asked
    }
}

/// Sends more requests than the accounts' concurrency limits allow while the site holds its answers, and then lets it
/// answer.
///
/// # Errors
/// Fails if the gateway cannot be reached, or does not serve an account again.
pub(super) async fn use_all_at_once(gateway: &mut GatewayUnderTest) -> Result<Places, Failure> {
    wait_until_served(gateway).await?;
    gateway.set_site_state(SiteState::Holding).await?;
    let mut all = JoinSet::new();
    for (account, _) in ACCOUNTS {
        for file in 1..=MAX_CONCURRENCY + 1 {
            all.spawn(succeeds(target(gateway, account, file)));
        }
    }
    let (asked, places) = (all.len(), ACCOUNTS.len() * MAX_CONCURRENCY);
    let (mut under_way, mut waiting) = (0.0_f64, 0.0_f64);
    let deadline = Instant::now() + HOLD_LIMIT;
    while Instant::now() < deadline && (under_way < places as f64 || waiting < ACCOUNTS.len() as f64) {
        under_way = under_way.max(gateway.metric(IN_FLIGHT).await?);
        waiting = waiting.max(gateway.metric(WAITING).await?);
        sleep(POLL_INTERVAL).await;
    }
    gateway.set_site_state(SiteState::Healthy).await?;
    let answered = all.join_all().await.into_iter().filter(|succeeded| *succeeded).count();
    Ok(Places { places, under_way, waiting, answered, asked })
}

/// Requests one file of each account until all succeed. An open circuit closes only after a request.
async fn wait_until_served(gateway: &GatewayUnderTest) -> Result<(), Failure> {
    let deadline = Instant::now() + RECOVERY_TIMEOUT;
    for (account, _) in ACCOUNTS {
        while !succeeds(target(gateway, account, 1)).await {
            if Instant::now() >= deadline {
                return Err(Failure::new(format!(
                    "account {account} is not served {RECOVERY_TIMEOUT:?} after recovery"
                )));
            }
            sleep(POLL_INTERVAL).await;
        }
    }
    Ok(())
}

fn target(gateway: &GatewayUnderTest, account: &str, file: usize) -> Target {
    let path = format!("/v1/accounts/{account}/files/{file}");
    Target { address: gateway.address(), path, kind: Kind::Plain }
}

async fn succeeds(target: Target) -> bool {
    let request = transfer::request(&target, Method::GET).header(CACHE_CONTROL, "no-cache");
    let Ok(request) = request.body(Empty::<Bytes>::new()) else { return false };
    let Ok(response) = transfer::send(&target, request).await else { return false };
    response.status().is_success() && response.into_body().collect().await.is_ok()
}
