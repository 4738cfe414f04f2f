//! The behaviour that every adapter must show, as plain async functions.
//!
//! [`run`] takes a [`Subject`] (a provider, and the little that cannot be asked of it) through every [`Check`]. Each
//! check is a function whose name is the behaviour, and can be called alone. What a provider's profile calls native must
//! work as the bullets of [`polyhost_domain::Provider`] say; what it calls unsupported must be refused without a request.
//!
//! An adapter's test is one call:
//! ```
//! # async fn test(subject: polyhost_conformance::Subject) {
//! let failures = polyhost_conformance::run(&subject).await;
//! assert!(failures.is_empty(), "{failures:#?}");
//! # }
//! ```
//!
//! To write a [`Subject`]: start the site (a simulator), make the adapter twice, with good credentials and with wrong
//! ones, and implement [`Site`] for what was started. [`checks`] lists what is checked; a [`Failure`] reads as a sentence
//! that begins with the behaviour, and ends with what was expected and what came. Whether the subject gives the suite
//! enough to see is shown by wrapping it in each [`faulty::Fault`]: every one that [`faulty::Fault::shows_at`] the
//! subject must make the suite fail.
//!
//! What a capability is named for is checked only where the profile has it; that the others are refused, always. What
//! the suite cannot make happen, and does not check: answers that are lost or garbled, time limits, and whether a ticket
//! takes the bytes.
//!
//! The checks make what they need through the provider, in folders of their own, delete it again, and do not depend on
//! one another. They are not for a real account: they upload, delete and provoke errors.

pub mod account;
mod attempts;
mod body;
mod check;
pub mod closing;
pub mod conversions;
pub mod downloads;
pub mod errors;
mod expect;
pub mod failing_uploads;
mod failure;
pub mod faulty;
pub mod file_changes;
pub mod files;
pub mod folder_changes;
pub mod folders;
pub mod listings;
mod observe;
mod progress;
pub mod remote_uploads;
pub mod root;
mod scratch;
mod subject;
mod suite;
mod unknown;
pub mod unsupported;
pub mod upload_tickets;
pub mod uploads;

pub use check::Check;
pub use failure::Failure;
pub use subject::{KnownFiles, Site, Subject};
pub use suite::{checks, run};
