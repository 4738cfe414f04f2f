//! The adapter for sites of the XFileSharing and XVideoSharing scripts, and their relatives: DoodStream, Byse, VOE.
//!
//! Every call contains the account's key, and errors arrive under HTTP 200. The families of sites are data:
//! [`Flavour`]. The README of this crate lists the endpoints, and the traps of these sites.

mod client;
mod config;
mod conversions;
mod convert;
mod dialect;
mod envelope;
mod error;
mod files;
mod flavour;
mod folders;
mod link;
mod listing;
mod named;
mod names;
mod profile;
mod provider;
mod remote_uploads;
mod request;
mod uploads;
mod wire;

pub use config::{Config, Quirks};
pub use dialect::DIALECT;
pub use flavour::Flavour;
pub use names::NameForm;
pub use provider::Xfilesharing;
