//! The shared parts of all adapters: one HTTP client for requests to sites, and lenient decoding of their answers.
//!
//! - [`Client`] sends requests. [`Client::send`] is the single request path. Only it has turns, deadlines, retries, the
//!   circuit breaker, the size limit, redaction and the classification of transport failures.
//! - [`operation()`] groups requests that share one time budget.
//! - [`Client::upload`] streams a file to the site, with an exact `Content-Length`.
//! - [`Client::open`] streams a file from the address that the site has handed out.
//! - [`Session`] holds the one token of a user at a site with sessions. Concurrent callers share one login.
//! - [`Scope`] holds the state that all work for one request shares: its caller, whether a write has started, the time
//!   that it has waited for sites. [`measure`] names the metrics of sites, and [`trace`] has the spans.
//! - [`Dialect`] describes an adapter: its credentials, its quirks, and its constructor.
//! - [`SecretUrl`] is the only place where credentials enter a URL. [`Redactor`] masks them in the texts of sites.
//! - [`decode`] reads JSON as sites write it: numbers as text, `false` for no value, maps in place of lists.

mod addresses;
mod attempts;
mod call;
mod circuit;
mod client;
mod client_span;
pub mod clock;
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
mod hints;
pub mod measure;
mod multipart;
mod outgoing;
mod pace;
mod queue;
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
pub mod trace;
mod traceparent;
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
pub use session::{ActiveGrant, Evidence, Grant, Known, Login, LoginBudget, LoginCeiling, Refusal, Session};
pub use settings::Settings;
pub use shared::{MAX_DECODING, Shared};
pub use traceparent::TraceParent;
pub use waits::Wait;
