//! Support for the end-to-end tests: the program as a process, an HTTP client that records every response, and checks
//! of the documented objects.
//!
//! - [`Program`] runs `polyhost` with arguments, and captures its output.
//! - [`Gateway`] is `polyhost serve` with a [`Configuration`].
//! - [`Caller`] sends requests and returns [`Answer`]s.
//! - [`Form`] builds a body of `multipart/form-data`, well-formed or malformed.
//! - [`Raw`] is a connection on which a request is sent piece by piece.
//! - [`body`] checks the documented fields of every object.
//! - [`Metrics`] is the parsed text of `/metrics`.
//! - [`wire`] sends bytes that no well-behaved client would.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure in the support code must fail the test"
)]

mod answer;
pub mod body;
mod caller;
mod configuration;
mod form;
mod gateway;
mod metrics;
mod program;
mod raw;
mod record;
pub mod wire;

pub use answer::Answer;
pub use caller::Caller;
pub use configuration::{Configuration, key_sha256};
pub use form::Form;
pub use gateway::Gateway;
pub use metrics::Metrics;
pub use program::{Ended, Program};
pub use raw::{Piece, Raw};
pub use record::Record;
