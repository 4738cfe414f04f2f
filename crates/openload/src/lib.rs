//! The adapter for sites with the OpenLoad dialect: pstream.net and similar sites.
//!
//! The query of every call contains login and key, and the status of an answer is in its body. The differences between
//! sites are data: [`Quirks`]. The README of this crate lists the endpoints, and the errors in the sites' own
//! documentation.

mod auth;
mod client;
mod config;
mod convert;
mod dialect;
mod documented;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod listing;
mod lookup;
mod named;
mod profile;
mod provider;
mod remote_uploads;
mod uploads;
mod wire;

pub use config::{Config, Credentials, ProgressScale, Quirks, RemoteHeaders};
pub use dialect::DIALECT;
pub use provider::Openload;
