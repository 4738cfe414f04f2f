//! What the adapters share: the one way to a site, and the means to read what sites really answer.
//!
//! - [`Client`] sends. [`Client::send`] is the single request path: turns, deadlines, retries, the circuit breaker, the
//!   size limit, redaction and the classification of transport failures are there, and nowhere else.
//! - [`operation()`] is what requests are a part of that share a budget of time.
//! - [`Client::upload`] sends a file as it arrives, with an exact length.
//! - [`Client::open`] fetches a file as it is asked for, from wherever the site says that it is.
//! - [`Session`] is the one token of a user at a site that has sessions, got once however many need it.
//! - [`Scope`] is what the work for one request shares: its caller, whether a write has started, how long it has waited
//!   for sites. [`measure`] names the metrics of sites.
//! - [`Dialect`] is an adapter as a value: its credentials, its quirks, and how it is built.
//! - [`SecretUrl`] is the only place where credentials enter a URL; [`Redactor`] keeps them out of what sites say.
//! - [`decode`] reads JSON as sites write it: numbers as text, `false` for nothing, maps for lists.

mod addresses;
mod attempts;
mod call;
mod circuit;
mod client;
mod coding;
mod connections;
pub mod decode;
mod destination;
mod dialect;
mod download;
mod failure;
mod fingerprint;
mod flight;
mod flow;
mod foreign;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod header;
mod line;
pub mod measure;
mod multipart;
mod outgoing;
mod pace;
mod reading;
mod redact;
mod reply;
mod room;
mod scope;
mod secret_url;
mod session;
mod settings;
mod shared;
mod tls;
mod turns;
mod uplink;
mod upload;
mod waits;

pub use attempts::Verdict;
pub use call::{Call, CallKind};
pub use circuit::CircuitState;
pub use client::Client;
pub use connections::BuildError;
pub use dialect::{Dialect, Quirk, QuirkKind, QuirkValue, Quirks, Site};
pub use fingerprint::fingerprint;
pub use flight::Flight;
pub use multipart::FilePart;
pub use pace::LONGEST_QUIET;
pub use redact::Redactor;
pub use reply::Reply;
pub use scope::{Scope, operation, wait};
pub use secret_url::SecretUrl;
pub use session::{Evidence, Grant, Held, Known, Login, LoginBudget, LoginCeiling, Refusal, Session};
pub use settings::Settings;
pub use shared::{MAX_DECODING, Shared};
pub use waits::Wait;
