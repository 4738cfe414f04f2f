//! The resources that the clients of all accounts share.

use std::sync::Arc;

use polyhost_state::{Limiters, State};
use tokio_util::task::TaskTracker;

use crate::addresses::Addresses;
use crate::hints::Hints;
use crate::room::Memory;
use crate::tls::Tls;

/// The default limit on the memory of all answers that are read concurrently, in bytes.
pub const MAX_DECODING: u64 = 512 << 20;

/// The resources that the clients of all accounts share: the rate limiters, the circuit breakers and retry budgets of
/// addresses, the hints of other replicas, the memory for answers, the TLS configuration and the background tasks.
/// Clones share them.
#[derive(Clone)]
pub struct Shared {
    pub(crate) limiters: Arc<dyn Limiters>,
    pub(crate) addresses: Addresses,
    pub(crate) hints: Hints,
    pub(crate) memory: Memory,
    pub(crate) tls: Tls,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// Creates the shared resources. Rate limits are shared with all processes that use the same state. Circuit
    /// breakers and slow-downs of accounts belong to this process; processes exchange hints about them. Retry budgets
    /// belong to this process only.
    ///
    /// # Panics
    /// If other processes share the state, outside of a tokio runtime.
    #[must_use]
    pub fn new(state: &State) -> Self {
        let memory = Memory::new(MAX_DECODING);
        let (limiters, addresses) = (Arc::clone(&state.limiters), Addresses::default());
        let hints = Hints::start(state.marks.clone(), addresses.clone());
        Self { limiters, addresses, hints, memory, tls: Tls::default(), tasks: TaskTracker::new() }
    }

    /// Returns the same resources with this tracker for background tasks, such as logins.
    #[must_use]
    pub fn with_tasks(self, tasks: TaskTracker) -> Self {
        Self { tasks, ..self }
    }

    /// Returns the same resources with this memory limit for answers that are read concurrently, in bytes.
    #[must_use]
    pub fn with_max_decoding(self, bytes: u64) -> Self {
        Self { memory: Memory::new(bytes), ..self }
    }
}
