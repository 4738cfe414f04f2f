//! The adapter for sites that speak YetiShare's File Upload API v2: streamplay.online and its relatives.
//!
//! A login gives a token, which ends every other token of the user; all calls are POST with the token in the body, and
//! whether one has succeeded is told by its body and hardly ever by its HTTP status. What differs from site to site is
//! data: [`Quirks`]. The README of this crate says which endpoints are used and where the sites' own documentation
//! cannot be trusted.

mod auth;
mod checks;
mod client;
mod clock;
mod config;
mod convert;
mod dialect;
mod documented;
mod downloads;
mod envelope;
mod error;
mod folders;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod listing;
mod profile;
mod provider;
mod remote_uploads;
mod request;
mod uploads;
mod wire;
mod words;

pub use config::{Config, Credentials, Quirks};
pub use dialect::DIALECT;
pub use provider::Yetishare;
