//! Tests of the client against a faulty gateway: its answers are late, wrong, missing, or come from a proxy.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails at the first unexpected result"
)]

mod downloads;
mod gateway;
mod uploads;
