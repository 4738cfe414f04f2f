//! Simulators of the supported sites, in process or on a port.
//!
//! Each module is one kind of site. It is written from that site's own documentation and from the known behaviour of
//! such sites, and uses nothing else of this workspace. A simulator that shared code with an adapter would share its
//! mistakes.
//!
//! - [`openload`] is pstream.net, which uses the OpenLoad dialect.
//! - [`yetishare`] is streamplay.online, a site of the YetiShare script.
//! - [`xfilesharing`] is a site of the XFileSharing family: XVideoSharing, XFileSharing Pro, DoodStream, Byse or VOE.
//! - [`Journal`] is the record of the requests, so that a test can check the requests of an adapter.
//! - [`Clock`] is a simulator's source of time, so that a test need not wait.
//! - [`Sites`] has the options of all simulators, which can be set from text.
//! - `faults` (with the feature `faults`) breaks answers and connections on demand.
//!
//! A simulator stops when its value is dropped. It listens on the given listener and never opens a connection itself.

mod clock;
mod content;
mod copies;
#[cfg(feature = "faults")]
pub mod faults;
mod file_body;
mod front;
mod intercept;
mod journal;
pub mod openload;
mod parameters;
mod picture;
mod progress;
mod protocol;
mod random;
mod range;
mod receive;
mod remote;
mod serve;
mod settings;
mod stored_names;
mod unreadable;
mod upload_reply;
mod watched;
pub mod xfilesharing;
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
