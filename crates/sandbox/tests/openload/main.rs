//! The simulated pstream.net, asked over real HTTP, endpoint by endpoint and option by option.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, and its shared parts as well")]

mod account;
mod conversions;
mod copies;
#[cfg(feature = "faults")]
mod faults;
mod files;
mod folders;
mod journal;
mod options;
mod remote_uploads;
mod seed;
mod splash;
mod support;
#[cfg(feature = "faults")]
mod transfers;
mod uploads;
