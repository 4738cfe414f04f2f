//! The shared state of several replicas in Redis: the ports of `polyhost-state`.
//!
//! | port | in Redis | without Redis |
//! |---|---|---|
//! | `Leases` | a token that expires | unavailable: the caller decides |
//! | `KeyValue` | sealed values | this replica's memory |
//! | `Generations` | a hash for each owner | unknown; raises are owed, and sent later |
//! | `Limiters` | a bucket for each key | this replica's share, or unavailable |
//! | `Windows` | a sorted set for each limit | this replica's own events |
//! | `Marks` | a sorted set for each owner | unavailable: this replica's marks stay its own |
//! | `Replicas` | a sorted set of ids | the last view |
//!
//! No call waits longer than its request's patience. After three time-outs within a second, no call waits until the
//! background task has found that Redis answers again.

mod failure;
mod fallback;
mod generations;
mod key_value;
mod leases;
mod limiters;
mod link;
mod marks;
mod open;
mod replicas;
mod sealing;
mod servers;
mod settings;
mod times;
mod windows;

pub use open::open;
pub use sealing::SealingKey;
pub use settings::{OpenError, RedisSettings};
