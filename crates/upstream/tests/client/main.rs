//! Tests of the HTTP client against faulty sites.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod downloads;
mod requests;
mod site;
mod uploads;
