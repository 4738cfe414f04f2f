//! The `polyhost` program: its command line, its commands, and the dialects that it knows.

mod admin;
pub mod cli;
pub mod commands;
mod known;
pub mod metrics;
mod reload;
mod telemetry;

pub use known::KNOWN;
