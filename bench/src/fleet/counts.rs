//! What Redis does for each request, and the memory that it needs for each object.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use super::gateways::{Client, Store, World};
use super::redis::{Counters, KeyMemory, Redis};
use super::requests::Kind;
use crate::caller::Caller;
use crate::failure::Failure;
use crate::progress;

/// The time for which an idle gateway is observed.
const IDLE: Duration = Duration::from_secs(12);
/// The pause before Redis' counters are read, so that work after the last answer is counted.
const REST: Duration = Duration::from_millis(200);

/// The requests before the memory is read.
const HITS: u64 = 500;

/// What Redis did.
#[derive(Debug, Serialize)]
pub(super) struct Operations {
    pub(super) request: String,
    pub(super) gateway: &'static str,
    /// The number of requests, or of seconds.
    pub(super) count: u64,
    pub(super) counters: Counters,
}

/// The memory of Redis for the objects of a kind.
#[derive(Debug, Serialize)]
pub(super) struct Stored {
    pub(super) what: &'static str,
    pub(super) memory: KeyMemory,
}

/// Counts what Redis does for requests of each kind at a new gateway, one request after the other. Then reads the
/// memory of what these requests have stored.
///
/// # Errors
/// Fails if a program does not start, or a request fails.
pub(super) async fn measure(
    world: &World,
    polyhost: &Path,
    redis: &Redis,
    store: Store,
    count: u64,
) -> Result<(Vec<Operations>, Vec<Stored>), Failure> {
    redis.clear(store.database()).await?;
    let gateway = world.gateway(polyhost, store, Some(redis)).await?;
    let mut counted = Vec::new();
    for client in [Client::Unlimited, Client::Limited] {
        let mut caller = Caller::connect(gateway.address()).await?.with_key(client.key());
        // The first use of a script sends its text.
        for kind in Kind::ALL {
            caller.send(&kind.request(0)).await?;
        }
        if client == Client::Unlimited {
            progress(format_args!("an idle gateway, {}", store.title()));
            counted.push(idle(redis, store).await?);
        }
        for kind in kinds(client) {
            progress(format_args!("{count} times {}, {}", kind.title(), store.title()));
            // Requests of both clients are for different objects.
            let first = if client == Client::Limited { 1 } else { 1 + count };
            counted.push(requests(&mut caller, redis, store, *kind, client, (first, kind.at_most(count))).await?);
        }
    }
    // The count of a client's requests expires soon after them.
    let mut caller = Caller::connect(gateway.address()).await?.with_key(Client::Limited.key());
    for _ in 0..HITS {
        caller.send(&Kind::Hit.request(0)).await?;
    }
    Ok((counted, memory(redis, store.database()).await?))
}

/// Returns the kinds of requests of a client. Without a limit, only reads are counted.
fn kinds(client: Client) -> &'static [Kind] {
    match client {
        Client::Unlimited => &[Kind::Hit],
        Client::Limited => &Kind::ALL,
    }
}

async fn idle(redis: &Redis, store: Store) -> Result<Operations, Failure> {
    // Polls of what was in use end after a second.
    sleep(Duration::from_secs(2)).await;
    let before = redis.counters().await?;
    sleep(IDLE).await;
    let counters = redis.counters().await?.since(&before);
    Ok(Operations {
        request: "an idle gateway, each second".to_owned(),
        gateway: store.title(),
        count: IDLE.as_secs(),
        counters,
    })
}

async fn requests(
    caller: &mut Caller,
    redis: &Redis,
    store: Store,
    kind: Kind,
    client: Client,
    (first, count): (u64, u64),
) -> Result<Operations, Failure> {
    // A cached answer may be out of date because of the requests of another kind.
    caller.send(&kind.request(first)).await?;
    sleep(REST).await;
    let before = redis.counters().await?;
    for number in first + 1..first + count {
        caller.send(&kind.request(number)).await?;
    }
    sleep(REST).await;
    let counters = redis.counters().await?.since(&before);
    let limit = if client == Client::Unlimited { ", without a limit" } else { "" };
    Ok(Operations { request: format!("{}{limit}", kind.title()), gateway: store.title(), count: count - 1, counters })
}

/// Returns the memory of Redis for the objects of each kind.
async fn memory(redis: &Redis, database: u8) -> Result<Vec<Stored>, Failure> {
    let mut by_kind: BTreeMap<String, KeyMemory> = redis.memory(database).await?;
    let known = [
        ("l", "client or account with a rate limit"),
        ("g", "scope of the cache that a write has invalidated"),
        ("r", "answer for an `Idempotency-Key`"),
        ("n", "the same, in the index of its client"),
        ("t", "lease, or the number of an earlier one"),
        ("m", "mark of a deleted object, of which it has two"),
        ("v", "session, or unfinished upload"),
        ("w", "limit of the login budget of a user"),
    ];
    let stored = |(kind, what)| by_kind.remove(kind).map(|memory| Stored { what, memory });
    Ok(known.into_iter().filter_map(stored).collect())
}
