//! Tests of the simulated pstream.net over HTTP, endpoint by endpoint and option by option.

#![allow(clippy::unwrap_used, reason = "a test and its support code may fail by panicking")]

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
