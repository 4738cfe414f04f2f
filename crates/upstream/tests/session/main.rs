//! What a session promises: one login however many ask, however many replicas there are, and never one too many.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod budget;
mod logins;
mod renewals;
mod site;
