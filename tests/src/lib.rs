//! What the end-to-end tests are made with: the program as a process, a caller that keeps every answer, and the bodies
//! that the API promises.
//!
//! - [`Program`] runs `polyhost` with arguments, and keeps all that it prints.
//! - [`Gateway`] is `polyhost serve` with a [`Configuration`].
//! - [`Caller`] sends requests; what it gets are [`Answer`]s.
//! - [`Form`] is a body of `multipart/form-data`, right or wrong.
//! - [`Raw`] is a connection on which a request goes piece by piece.
//! - [`body`] holds the documented fields of every object, to hold answers against.
//! - [`Metrics`] is the text of `/metrics`, taken apart.
//! - [`wire`] sends bytes that no well-behaved client would.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the support of a test cannot do is a failed test"
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
