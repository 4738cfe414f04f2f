//! End-to-end tests: the real program as a process, in front of a simulated site that runs in the test. They check
//! every route, its answers, and the requests that arrived at the site. There is a file for each subject; `streamplay`
//! has the tests that need the second dialect.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a failure must fail the test")]

mod access_log;
mod accounts;
mod audit;
mod bodies;
mod browsers;
mod catalogue;
mod check;
mod check_places;
mod client;
mod commands;
mod connections;
mod conversions;
mod cursors;
mod decoding;
mod denials;
mod events;
mod faults;
mod files;
mod fleet;
mod folders;
mod freshness;
mod from_cache;
mod heads;
mod hostile;
mod https;
mod idempotency;
mod ids;
mod init;
mod keyless;
mod keyless_load;
mod keys;
mod ledger;
mod limits;
mod listener;
mod metrics;
mod pages;
mod pipelining;
mod preconditions;
mod problems;
mod proxies;
mod readme;
mod reload;
mod remote_uploads;
mod requests;
mod resource_release;
mod revocation;
mod sandbox;
mod secrets;
mod service_manager;
mod shutdown;
mod similar_sites;
mod site_errors;
mod slow;
mod stalled;
mod streamplay;
mod traces;
mod upload_tickets;
mod uploads;
mod watched_files;
mod world;
mod write_pairs;
mod xfilesharing;
