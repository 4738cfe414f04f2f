//! Reads, changes, uploads and downloads of accounts, for any dialect. This crate serves no HTTP.

pub mod accounts;
pub mod catalogue;
pub mod changes;
pub mod completions;
pub mod downloads;
pub mod emulate;
pub mod entity_tags;
pub mod events;
pub mod health;
mod ids;
mod lacking;
pub mod measure;
pub mod phase;
pub mod preconditions;
pub mod problem;
pub mod progress;
mod removal;
mod retired;
pub mod roster;
pub mod rosters;
mod scopes;
#[cfg(test)]
mod tests;
pub mod uploads;
pub mod users;
