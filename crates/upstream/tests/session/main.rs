//! Tests of sessions: all callers and all replicas share one login, and there is never one too many.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod budget;
mod logins;
mod renewals;
mod replicas;
mod site;
