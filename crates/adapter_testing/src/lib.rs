//! The tests that are the same for every adapter. Only the adapters' tests depend on this crate.
//!
//! An adapter's `tests/support` implements [`SimulatedSite`] for its simulator. That trait has everything that differs
//! between dialects: the options, the quirks, the names of four operations, the secrets. No dialect is named here.
//!
//! - [`conformance`] runs the conformance suite at sites with different options and without single capabilities, and
//!   shows that it fails for every fault of the adapter.
//! - [`faults`] breaks the site's answers and connections. [`fault_tests!`] declares the tests.
//! - [`amplification`] measures the memory that reading an answer takes.
//! - [`seeds`] reads the seeds of the adapter's fuzz target.
//! - [`settings`] and [`values`] have what these tests and the adapter's own tests are set up with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate: a test that cannot be set up, or finds what it must not find, has failed"
)]

pub mod amplification;
pub mod conformance;
pub mod faults;
pub mod seeds;
pub mod settings;
mod site;
pub mod values;

pub use site::{SimulatedSite, User};
