//! Whether an account still has all of its places: so many requests under way at once as may be, and one more that waits.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::CACHE_CONTROL;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::gateway::{ACCOUNTS, MAX_CONCURRENCY, Soaked};
use super::rest::{IN_FLIGHT, WAITING};
use crate::failure::Failure;
use crate::site::Mood;
use crate::transfer::{self, Kind, Target};

/// How long it may take until all are under way. The site keeps them for less than an attempt may take.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a gateway may take until it serves again what it had given up: longer than a circuit is open at a time.
const COMING_BACK: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(20);

/// What was seen while the site kept every request.
#[derive(Debug, Serialize)]
pub(crate) struct Places {
    /// How many requests may be under way, of all accounts together.
    pub(crate) places: usize,
    /// How many were, at the most.
    pub(crate) under_way: f64,
    /// How many waited meanwhile, at the most: one for each account was left over.
    pub(crate) waiting: f64,
    /// How many were answered with a success in the end.
    pub(crate) answered: usize,
    pub(crate) asked: usize,
}

impl Places {
    pub(crate) fn all_there(&self) -> bool {
        self.under_way == self.places as f64 && self.answered == self.asked
    }
}

/// Asks for more than every account has places for, while the site answers nothing; then lets it answer.
///
/// # Errors
/// Where the gateway cannot be reached, or does not come back to the site.
pub(super) async fn all_at_once(gateway: &mut Soaked) -> Result<Places, Failure> {
    come_back(gateway).await?;
    gateway.bring_site(Mood::Holding).await?;
    let mut all = JoinSet::new();
    for (account, _) in ACCOUNTS {
        for file in 1..=MAX_CONCURRENCY + 1 {
            all.spawn(succeeds(target(gateway, account, file)));
        }
    }
    let (asked, places) = (all.len(), ACCOUNTS.len() * MAX_CONCURRENCY);
    let (mut under_way, mut waiting) = (0.0_f64, 0.0_f64);
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && (under_way < places as f64 || waiting < ACCOUNTS.len() as f64) {
        under_way = under_way.max(gateway.metric(IN_FLIGHT).await?);
        waiting = waiting.max(gateway.metric(WAITING).await?);
        sleep(PAUSE).await;
    }
    gateway.bring_site(Mood::Well).await?;
    let answered = all.join_all().await.into_iter().filter(|succeeded| *succeeded).count();
    Ok(Places { places, under_way, waiting, answered, asked })
}

/// Asks for one file of each account until all are there. A circuit that is open stays so until somebody asks.
async fn come_back(gateway: &Soaked) -> Result<(), Failure> {
    let deadline = Instant::now() + COMING_BACK;
    for (account, _) in ACCOUNTS {
        while !succeeds(target(gateway, account, 1)).await {
            if Instant::now() >= deadline {
                return Err(Failure::new(format!("{account} has not come back to a site that is well")));
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

fn target(gateway: &Soaked, account: &str, file: usize) -> Target {
    let path = format!("/v1/accounts/{account}/files/{file}");
    Target { address: gateway.address(), path, kind: Kind::Plain }
}

async fn succeeds(target: Target) -> bool {
    let request = transfer::request(&target, Method::GET).header(CACHE_CONTROL, "no-cache");
    let Ok(request) = request.body(Empty::<Bytes>::new()) else { return false };
    let Ok(response) = transfer::send(&target, request).await else { return false };
    response.status().is_success() && response.into_body().collect().await.is_ok()
}
