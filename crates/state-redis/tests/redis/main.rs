//! Tests against a real `redis-server`, which each test starts for itself and ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "functions that tests share fail as tests do, by panicking"
)]

mod away;
mod conformance;
mod fleet;
mod full;
mod marks;
mod outages;
mod replicas;
mod secrets;
mod server;
mod stalls;
