//! What the clients of all accounts share.

use std::sync::Arc;

use polyhost_state::{Limiters, State};
use tokio_util::task::TaskTracker;

use crate::addresses::Addresses;
use crate::room::Memory;
use crate::tls::Tls;

/// How much memory the answers of sites may take that are read at once, in bytes, unless told otherwise.
pub const MAX_DECODING: u64 = 512 << 20;

/// What the clients of all accounts share: who may ask how often, which addresses work, the memory for answers,
/// and the TLS configuration. Clones share the same.
#[derive(Clone)]
pub struct Shared {
    pub(crate) limiters: Arc<dyn Limiters>,
    pub(crate) addresses: Addresses,
    pub(crate) memory: Memory,
    pub(crate) tls: Tls,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// Shares paces with whoever shares the state; what is known of addresses is this process's own.
    #[must_use]
    pub fn new(state: &State) -> Self {
        let memory = Memory::new(MAX_DECODING);
        let limiters = Arc::clone(&state.limiters);
        Self { limiters, addresses: Addresses::default(), memory, tls: Tls::default(), tasks: TaskTracker::new() }
    }

    /// The same, with the logins that are under way among these tasks.
    #[must_use]
    pub fn with_tasks(self, tasks: TaskTracker) -> Self {
        Self { tasks, ..self }
    }

    /// The same, with this much memory for answers that are read at once, in bytes.
    #[must_use]
    pub fn with_max_decoding(self, bytes: u64) -> Self {
        Self { memory: Memory::new(bytes), ..self }
    }
}
