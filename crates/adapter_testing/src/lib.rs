//! The tests that are the same for every adapter. Only the adapters' tests depend on this crate.
//!
//! An adapter's `tests/support` implements [`SimulatedSite`] for its simulator. The trait has everything that differs
//! between dialects: the options, the quirks, the names of four operations and the secrets. This crate names no
//! dialect.
//!
//! - [`conformance`] runs the conformance suite at sites with different options and without single capabilities. It
//!   proves that the suite fails for every fault of the adapter.
//! - [`faults`] breaks the site's answers and connections. [`fault_tests!`] declares the tests.
//! - [`amplification`] measures the memory that decoding an answer takes.
//! - [`seeds`] checks the seeds of the adapter's fuzz target.
//! - [`settings`] and [`values`] create the inputs of these tests and of the adapter's own tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate, and they fail by panicking"
)]

pub mod amplification;
pub mod conformance;
pub mod faults;
pub mod seeds;
pub mod settings;
mod site;
pub mod values;

pub use site::{SimulatedSite, User};
