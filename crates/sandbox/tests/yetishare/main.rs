//! Tests of the simulated streamplay.online over HTTP, endpoint by endpoint and option by option.

#![allow(clippy::unwrap_used, reason = "a test and its support code may fail by panicking")]

mod account;
mod downloads;
mod envelope;
#[cfg(feature = "faults")]
mod faults;
mod files;
mod folder_changes;
mod folders;
mod options;
mod parameters;
mod remote_uploads;
mod seed;
mod sessions;
mod support;
#[cfg(feature = "faults")]
mod transfers;
mod upload_refusals;
mod uploads;
