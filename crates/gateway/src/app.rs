//! The state that all requests share: the accounts, the clients, the catalogue and the phase of the process.

use std::sync::Arc;

use polyhost_config::{Callers, Config, ServerConfig};
use polyhost_engine::catalogue::Catalogue;
use polyhost_engine::completions::Completions;
use polyhost_engine::events::Events;
use polyhost_engine::phase::Phase;
use polyhost_engine::roster::Resources;
use polyhost_engine::rosters::Rosters;
use polyhost_engine::uploads::Spool;
use polyhost_state::{Replicas, State};
use polyhost_upstream::BuildError;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::idempotency::Records;
use crate::limits::Limits;

/// The state that all requests share. Clones are cheap and refer to the same state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    server: ServerConfig,
    limits: Limits,
    records: Records,
    replicas: Arc<dyn Replicas>,
    rosters: Rosters,
    catalogue: Catalogue,
    spool: Spool,
    completions: Arc<Completions>,
    events: Events,
    phase: watch::Sender<Phase>,
    tasks: TaskTracker,
}

impl App {
    /// Creates the app of a configuration. The replicas of a gateway share `state`.
    ///
    /// # Errors
    /// If an HTTP client cannot be built.
    pub fn new(config: &Config, callers: Callers, state: State) -> Result<Self, BuildError> {
        let (completions, tasks, phase) =
            (Arc::<Completions>::default(), TaskTracker::new(), watch::Sender::new(Phase::Ready));
        Ok(Self(Arc::new(Shared {
            server: config.server.clone(),
            limits: Limits::new(Arc::clone(&state.limiters)),
            records: Records::new(&state, config.server.request_timeout),
            replicas: Arc::clone(&state.replicas),
            rosters: Rosters::new(config, callers, Resources::new(&config.server, state, &tasks), tasks.clone())?,
            catalogue: Catalogue::new(&config.cache, tasks.clone()),
            spool: Spool::new(config.server.spool_dir.clone(), config.server.max_spool),
            events: Events::new(Arc::clone(&completions), tasks.clone(), phase.subscribe()),
            completions,
            phase,
            tasks,
        })))
    }

    /// Returns the settings of `[server]`.
    #[must_use]
    pub fn server(&self) -> &ServerConfig {
        &self.0.server
    }

    /// Returns the source of the current roster: the accounts and the clients.
    #[must_use]
    pub fn rosters(&self) -> &Rosters {
        &self.0.rosters
    }

    /// Returns the rate limits and concurrency limits of the clients.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Returns the records of requests with an `Idempotency-Key`.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.0.records
    }

    /// Returns the view of the other replicas.
    #[must_use]
    pub fn replicas(&self) -> &dyn Replicas {
        &*self.0.replicas
    }

    /// Returns the catalogue, which caches the sites' answers.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Returns the spool, which stores upload bodies that cannot be streamed to the site as they arrive.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.0.spool
    }

    /// Returns the remote uploads that are known to have succeeded.
    #[must_use]
    pub fn completions(&self) -> &Completions {
        &self.0.completions
    }

    /// Returns the source of events about remote uploads and conversions.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Returns the tracker of tasks that run to their end even if their caller disconnects. The process waits for them
    /// before it exits.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Returns the phase of the process.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.phase.borrow()
    }

    /// Sets the phase to draining: the process is about to end.
    pub fn drain(&self) {
        self.0.phase.send_replace(Phase::Draining);
    }
}
