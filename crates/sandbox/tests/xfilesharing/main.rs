//! Tests of the simulated sites of the XFileSharing family over HTTP, function by function and option by option.

#![allow(clippy::unwrap_used, reason = "a test and its support code may fail by panicking")]

mod access;
mod account;
mod byse;
mod dood;
mod downloads;
mod encodings;
mod envelope;
#[cfg(feature = "faults")]
mod faults;
mod file_changes;
mod files;
mod folders;
mod listings;
mod names;
mod remote_uploads;
mod support;
mod uploads;
mod voe;
mod xfs_uploads;
