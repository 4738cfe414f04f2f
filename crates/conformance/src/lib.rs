//! The behaviour that every adapter must show, as plain async functions.
//!
//! [`run`] runs every [`Check`] against a [`Subject`]: a provider, and the facts that the suite cannot get from it.
//! Each check is a function named after the behaviour, and can be called alone. Its doc comment states the behaviour.
//! Capabilities that the profile lists as native must work as the documentation of [`polyhost_domain::Provider`]
//! describes. Capabilities that it lists as unsupported must be refused without a request.
//!
//! An adapter's test is one call:
//! ```
//! # async fn test(subject: polyhost_conformance::Subject) {
//! let failures = polyhost_conformance::run(&subject).await;
//! assert!(failures.is_empty(), "{failures:#?}");
//! # }
//! ```
//!
//! To write a [`Subject`]:
//! - Start the site, which is a simulator.
//! - Create the adapter twice: with good and with wrong credentials.
//! - Implement [`Site`] for the simulator.
//!
//! [`checks`] lists the checks. A [`Failure`] reads as a sentence: the behaviour, the examined value, the expected
//! value and the actual one. To show that the suite can detect every fault of a subject's provider, wrap it in each
//! [`faulty::Fault`]. The suite must fail for every fault that [`faulty::Fault::shows_at`] reports for the subject.
//!
//! The checks of a capability run only if the profile has it. That the other capabilities are refused is always
//! checked. The suite cannot provoke lost or garbled answers or timeouts, and does not send bytes to a ticket's
//! address, so it checks none of these.
//!
//! The checks create their objects through the provider, in folders of their own, and delete them again. They do not
//! depend on one another. They are not for a real account: they upload, delete and provoke errors.

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
