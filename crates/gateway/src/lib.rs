//! The gateway: one HTTP API over the adapters.
//!
//! A request goes through [`middleware`] to a handler in [`routes`], which takes it apart, makes one call (to
//! [`catalogue`], [`emulate`], [`changes`], [`uploads`] or an account's site) and answers. Problems become answers in
//! [`problem`] alone.

pub mod admin;
mod admission;
pub mod app;
pub mod audit;
pub mod auth;
mod browsers;
pub mod downloads;
pub mod extract;
pub mod form;
mod heads;
pub mod idempotency;
pub mod limits;
pub mod measure;
pub mod middleware;
pub mod openapi;
pub mod operation;
mod permission;
pub mod problem;
mod refusal;
pub mod router;
pub mod routes;
pub mod serving;
