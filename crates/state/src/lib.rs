//! What replicas of the gateway may have to share, as four small ports.
//!
//! | port | what it is for |
//! |---|---|
//! | [`Leases`] | one replica at a time does something, such as logging in to an account |
//! | [`KeyValue`] | small values with a time to live, changed by compare-and-set: sessions, records of idempotency keys |
//! | [`Generations`] | numbers that only rise, by which a cached answer is known to be out of date |
//! | [`Limiters`] | who may ask how often |
//!
//! A port promises only what a store shared by many processes can keep, so that code written against it stays right
//! when there is more than one replica. Here every port is kept in the memory of one process: [`State::in_memory`].
//!
//! Time is tokio's, so that a test under paused time decides what expires when.

mod error;
mod generations;
mod key_value;
mod leases;
mod limiters;
mod memory;
mod state;

pub use error::{Port, StateError, StateErrorKind};
pub use generations::Generations;
pub use key_value::{Entry, Exchange, KeyValue};
pub use leases::{Lease, Leases};
pub use limiters::{Decision, Limiters, Quota};
pub use memory::{MemoryGenerations, MemoryKeyValue, MemoryLeases, MemoryLimiters};
pub use state::State;
