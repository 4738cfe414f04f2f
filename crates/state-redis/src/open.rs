//! The state, put together from its ports.

use std::sync::Arc;

use polyhost_state::{Replicas, State};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::generations::RedisGenerations;
use crate::key_value::{RedisKeyValue, Room};
use crate::leases::RedisLeases;
use crate::limiters::RedisLimiters;
use crate::link::{Keeper, Link};
use crate::marks::RedisMarks;
use crate::replicas::RedisReplicas;
use crate::sealing::Keyring;
use crate::settings::{OpenError, RedisSettings};
use crate::windows::RedisWindows;

/// Returns a state in Redis, at once: a background task connects. Until it has, the state is as without Redis.
///
/// The tasks end when `stop` is cancelled. Then this replica takes its name off the list of replicas.
///
/// # Errors
/// The settings are invalid. A server that does not answer is no error.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn open(settings: RedisSettings, tasks: &TaskTracker, stop: CancellationToken) -> Result<State, OpenError> {
    let servers = settings.servers()?;
    let prefix = settings.prefix().to_owned();
    let keyring = Arc::new(Keyring::new(settings.keys).ok_or(OpenError::NoKey)?);
    let link = Arc::new(Link::default());
    let shared = || Arc::clone(&link);

    let replicas = Arc::new(RedisReplicas::new(shared(), &prefix));
    let generations = Arc::new(RedisGenerations::new(shared(), &prefix, settings.consistency));
    let key_value = |room| Arc::new(RedisKeyValue::new(shared(), Arc::clone(&keyring), &prefix, room));
    let state = State {
        leases: Arc::new(RedisLeases::new(shared(), &prefix)),
        values: key_value(Room::Unlimited),
        records: key_value(Room::ByOwner),
        generations: Arc::clone(&generations) as _,
        limiters: Arc::new(RedisLimiters::new(
            shared(),
            &prefix,
            settings.limits,
            Arc::clone(&replicas) as Arc<dyn Replicas>,
        )),
        windows: Arc::new(RedisWindows::new(shared(), &prefix)),
        marks: Some(Arc::new(RedisMarks::new(shared(), &prefix))),
        replicas: Arc::clone(&replicas) as _,
    };
    tasks.spawn({
        let (generations, stop) = (Arc::clone(&generations), stop.clone());
        async move { generations.poll(stop).await }
    });
    tasks.spawn(Keeper::new(servers, link, generations, replicas).run(stop));
    Ok(state)
}
