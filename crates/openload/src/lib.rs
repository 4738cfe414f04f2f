//! The adapter for sites that speak the OpenLoad dialect: pstream.net and its relatives.
//!
//! Login and key go into the query of every call, and the status of the answer is inside its body. What differs
//! from site to site is data: [`Quirks`]. The README of this crate says which endpoints are used and where the
//! sites' own documentation cannot be trusted.

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
