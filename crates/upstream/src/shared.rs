//! What the clients of all accounts share.

use std::sync::Arc;

use polyhost_state::{Limiters, State};

use crate::addresses::Addresses;

/// What the clients of all accounts share: who may ask how often, and which addresses work. Clones share the same.
#[derive(Clone)]
pub struct Shared {
    pub(crate) limiters: Arc<dyn Limiters>,
    pub(crate) addresses: Addresses,
}

impl Shared {
    /// Shares paces with whoever shares the state; what is known of addresses is this process's own.
    #[must_use]
    pub fn new(state: &State) -> Self {
        Self { limiters: Arc::clone(&state.limiters), addresses: Addresses::default() }
    }
}
