//! The real program as a process, in front of a simulated site that runs in the test: every route, what it answers, and
//! what arrived at the site. A file for each noun; what only the second dialect can show is in `streamplay`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

mod accounts;
mod audit;
mod bodies;
mod browsers;
mod catalogue;
mod check;
mod client;
mod commands;
mod connections;
mod conversions;
mod crowds;
mod cursors;
mod decoding;
mod denials;
mod events;
mod faults;
mod files;
mod folders;
mod freshness;
mod heads;
mod hostile;
mod idempotency;
mod ids;
mod keyless;
mod keys;
mod ledger;
mod limits;
mod listener;
mod metrics;
mod pages;
mod pairs;
mod pipelining;
mod preconditions;
mod problems;
mod readme;
mod relatives;
mod reload;
mod remote_uploads;
mod requests;
mod rest;
mod revocation;
mod sandbox;
mod secrets;
mod shutdown;
mod site_errors;
mod slow;
mod stalled;
mod streamplay;
mod upload_tickets;
mod uploads;
mod world;
