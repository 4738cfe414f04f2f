//! Tests of the client against a faulty gateway: its answers are late, wrong, missing, or come from a proxy.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails at the first unexpected result"
)]

mod commands;
mod downloads;
mod gateway;
mod listings;
mod uploads;

use std::path::Path;

use polyhost_client::transfer::{Transfer, run};
use polyhost_client::{Argument, Exit, Gateway, Interrupt, Output, Session};

/// Transfers one file or folder at a gateway.
pub(crate) async fn transfer(gateway: Gateway, source: &str, destination: &str, jobs: usize) -> Exit {
    let argument = |text: &str| Argument::parse(Path::new(text).as_os_str()).unwrap();
    let transfer = Transfer { jobs, ..Transfer::new(vec![argument(source)], argument(destination)) };
    run(&Session::new(gateway, Output::Json, Interrupt::default()), &transfer).await
}
