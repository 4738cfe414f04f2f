//! Tests of the client against sites that misbehave.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod downloads;
mod requests;
mod site;
mod uploads;
