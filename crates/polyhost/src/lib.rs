//! The `polyhost` program: its command line, its commands, and its built-in dialects.

mod admin;
pub mod cli;
pub mod commands;
mod known;
pub mod metrics;
mod reload;
mod service_manager;
mod shared_state;
pub mod telemetry;
mod traces;

pub use known::KNOWN;
