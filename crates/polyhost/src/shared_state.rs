//! The state that replicas share: in Redis if the configuration has one, else in the memory of this process.

use std::sync::Arc;

use polyhost_config::{Config, Fault, RedisConfig};
use polyhost_state::{LeasesOrAlone, State};
use polyhost_state_redis::{RedisSettings, SealingKey, open};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::commands::CommandError;

/// The shared state, and the tasks that connect it.
pub(crate) struct SharedState {
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl SharedState {
    /// Opens the state of a configuration. Redis is connected in the background.
    ///
    /// # Errors
    /// If the address of Redis is invalid.
    pub(crate) fn open(config: &Config) -> Result<Self, CommandError> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let state = match &config.state.redis {
            None => State::in_memory_with(usize::try_from(config.server.max_idempotency).unwrap_or(usize::MAX)),
            Some(redis) => {
                let state = open(settings(redis), &tasks, stop.clone());
                let state = state.map_err(|error| CommandError::failed("cannot use [state]", error))?;
                State { leases: Arc::new(LeasesOrAlone::new(state.leases)), ..state }
            }
        };
        Ok(Self { state, tasks, stop })
    }

    /// Returns the state.
    #[must_use]
    pub(crate) fn state(&self) -> State {
        self.state.clone()
    }

    /// Takes this replica off the list of replicas, and closes the connections.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Returns the fault of the address of Redis in a configuration. Connects to nothing.
pub(crate) fn fault(config: &Config) -> Option<Fault> {
    let error = settings(config.state.redis.as_ref()?).check().err()?;
    Some(Fault::new("[state] redis_url", error))
}

fn settings(config: &RedisConfig) -> RedisSettings {
    RedisSettings {
        url: config.url.clone(),
        keys: config.encryption_keys.iter().filter_map(|key| SealingKey::new(key.expose_secret())).collect(),
        consistency: config.consistency,
        limits: config.limits_without_store,
        prefix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KNOWN;

    #[test]
    fn wrong_address_is_explained_without_its_secrets() {
        for (url, expected) in [
            ("http://planted@redis", "must begin with redis://"),
            ("planted", "must begin with redis://"),
            ("redis://planted@one,two", "has several hosts"),
            ("redis+sentinel://:planted@one,two", "must name the primary"),
        ] {
            let key = "A".repeat(43) + "=";
            let text = format!("[state]\nredis_url = \"{url}\"\nencryption_key = \"{key}\"");
            let fault = fault(&Config::examine(&text, &KNOWN).unwrap()).unwrap().to_string();
            assert!(fault.contains("[state] redis_url") && fault.contains(expected), "{fault}");
            assert!(!fault.contains("planted"), "{fault}");
        }
    }
}
