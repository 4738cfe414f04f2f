//! The gateway: one HTTP API over the adapters.
//!
//! A request goes through [`middleware`] to a handler in [`routes`], which takes it apart, makes one call (to
//! [`catalogue`], [`emulate`], [`changes`], [`uploads`] or an account's site) and answers. Problems become answers in
//! [`problem`] alone.

pub mod accounts;
pub mod admin;
mod admission;
pub mod app;
pub mod audit;
pub mod auth;
mod browsers;
pub mod catalogue;
pub mod changes;
pub mod completions;
pub mod downloads;
pub mod emulate;
pub mod entity_tags;
pub mod events;
pub mod extract;
mod heads;
pub mod health;
pub mod idempotency;
mod ids;
mod lacking;
pub mod limits;
pub mod measure;
pub mod middleware;
pub mod openapi;
pub mod operation;
mod permission;
pub mod preconditions;
pub mod problem;
pub mod progress;
mod refusal;
mod retired;
pub mod roster;
pub mod router;
pub mod routes;
pub mod serving;
pub mod uploads;
pub mod users;
