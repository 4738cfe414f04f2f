//! The command-line client: uploads, downloads and listings through the public HTTP API.
//!
//! - [`Gateway`] is a gateway's address with an [`ApiKey`]; every request goes through it.
//! - [`upload`], [`download`] and [`listing`] do the work of one command each, and end with an [`Exit`].
//! - [`Failure`] is a failed operation: the gateway's [`Problem`], or a local one in the same format.
//! - [`Output`] selects the output: lines for people, failures only, or JSON.

mod batch;
mod display;
pub mod download;
mod exit;
mod failure;
mod gateway;
mod interrupt;
mod key;
pub mod listing;
mod problem;
mod progress;
mod report;
mod retry;
mod standard_streams;
pub mod upload;

pub use exit::Exit;
pub use failure::{Failure, FailureKind};
pub use gateway::{Gateway, GatewayError};
pub use interrupt::Interrupt;
pub use key::{ApiKey, KeyError};
pub use problem::Problem;
pub use report::Output;
