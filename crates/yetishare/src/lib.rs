//! The adapter for sites with YetiShare's File Upload API v2: streamplay.online and similar sites.
//!
//! A login returns a token and invalidates every other token of the user. All calls are POST with the token in the
//! body. The answer's body reports whether a call has succeeded; the HTTP status hardly ever does. The differences
//! between sites are data: [`Quirks`]. The README of this crate lists the endpoints, and the errors in the sites' own
//! documentation.

mod auth;
mod checks;
mod client;
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
