//! The state that replicas of the gateway may have to share, as six small ports.
//!
//! | port | purpose |
//! |---|---|
//! | [`Leases`] | one replica at a time does something, such as logging in to an account |
//! | [`KeyValue`] | small values with a time to live, changed by compare-and-set: sessions, idempotency records |
//! | [`Generations`] | numbers that only rise, which show whether a cached answer is out of date |
//! | [`Limiters`] | rate limits |
//! | [`Windows`] | limits that hold in every window of time, such as the login budget |
//! | [`Marks`] | short texts that replicas share, such as the ids of deleted files |
//!
//! A port has only guarantees that a store shared by many processes can give. So code written against it also works
//! with more than one replica. This crate has the implementation in the memory of one process, [`State::in_memory`];
//! `polyhost-state-redis` has the shared one. The feature `conformance` has the tests of both.
//!
//! All times are tokio's, so that a test with paused time controls when something expires.

mod alone;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod generations;
mod key_value;
mod leases;
mod limiters;
mod marks;
mod memory;
mod patience;
mod replicas;
mod settings;
mod state;
mod windows;

pub use alone::LeasesOrAlone;
pub use error::{Port, StateError, StateErrorKind};
pub use generations::{GenerationList, Generations, ScopeKey};
pub use key_value::{Entry, Exchange, KeyValue};
pub use leases::{Lease, Leases};
pub use limiters::{Decision, Limiters, Quota};
pub use marks::{MARK_LIFE, Marks};
pub use memory::{MemoryGenerations, MemoryKeyValue, MemoryLeases, MemoryLimiters, MemoryWindows};
pub use patience::{PATIENCE, Patience};
pub use replicas::{Replicas, SingleReplica, StoreStatus};
pub use settings::{Consistency, LimitsWithoutStore};
pub use state::State;
pub use windows::{Taken, WindowLimit, WindowPermit, Windows};
