//! The command-line client: files and folders of accounts through the public HTTP API.
//!
//! - [`Session`] has what the steps of one command share: a [`Gateway`] with an [`ApiKey`], the [`Output`] and the
//!   [`Interrupt`].
//! - [`verbs`] and [`transfer`] do the work of the commands, and end with an [`Exit`].
//! - [`Argument`] and [`Location`] are the files and folders that users name.
//! - [`Failure`] is a failed operation: the gateway's [`Problem`], or a local one in the same format.

mod connect;
mod digest;
mod display;
mod exit;
mod failure;
mod folder;
mod gateway;
mod hint;
mod interrupt;
mod item;
mod key;
mod location;
mod misnamed;
mod pace;
mod problem;
mod progress;
mod report;
mod retry;
mod session;
mod settings;
mod standard_streams;
mod target;
pub mod transfer;
mod tree;
pub mod verbs;
mod waits;
mod walk;

pub use connect::{ConnectError, connect, connect_for_login, parse_server};
pub use exit::Exit;
pub use failure::{Failure, FailureKind};
pub use gateway::{Gateway, GatewayError};
pub use interrupt::Interrupt;
pub use key::{ApiKey, KeyError, KeySource};
pub use location::{Argument, Location, LocationError};
pub use problem::Problem;
pub use report::Output;
pub use session::Session;
pub use settings::{Settings, SettingsError};
