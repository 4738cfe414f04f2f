//! Tests against a real `redis-server`, which each test starts for itself and ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "functions that tests share fail as tests do, by panicking"
)]

mod away;
mod cluster;
mod conformance;
mod credit;
mod fleet;
mod full;
mod log;
mod marks;
mod outages;
mod replicas;
mod secrets;
mod sentinel;
mod server;
mod stalls;
