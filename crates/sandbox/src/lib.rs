//! The upstreams, simulated faithfully, in process or on a port.
//!
//! Each module is one kind of site, written from that site's own documentation and from how such sites are known to
//! behave, and from nothing else in this workspace: a simulator that shared code with an adapter could not disagree
//! with it.
//!
//! - [`openload`] is pstream.net, which speaks the OpenLoad dialect.
//! - [`yetishare`] is streamplay.online, a site of the YetiShare script.
//! - [`Journal`] is the record of what arrived, so that a test can say what was sent, and what was not.
//! - [`Clock`] is where a simulator takes the time from, so that a test need not wait.
//! - [`Sites`] is the options of all of them, which can be set by text.
//! - `faults` (with the feature `faults`) breaks answers and connections on demand.
//!
//! A simulator stops when its value is dropped. It listens where it is told and never opens a connection itself.

mod clock;
mod content;
mod copies;
#[cfg(feature = "faults")]
pub mod faults;
mod front;
mod intercept;
mod journal;
pub mod openload;
mod protocol;
mod receive;
mod remote;
mod serve;
mod settings;
mod stored_names;
mod unreadable;
mod upload_reply;
mod watched;
pub mod yetishare;

pub use clock::{Clock, ManualClock};
pub use copies::Copies;
#[cfg(feature = "faults")]
pub use faults::{Fault, Faults, Garbage, HangUp, Rest, Rule};
pub use intercept::{Intercept, InterceptAnswer, RedirectTarget};
pub use journal::{Ended, Journal, Received, ReceivedUpload};
pub use settings::{InvalidSetting, Sites};
pub use stored_names::StoredNames;
pub use unreadable::Unreadable;
pub use upload_reply::{ReplyShape, ReplySize, UploadReply};
