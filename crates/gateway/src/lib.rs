//! The HTTP service: one API over the accounts of the engine.
//!
//! A request goes through [`middleware`] to a handler in [`routes`], which takes it apart ([`extract`]), makes one call
//! to the engine, and answers. Problems become responses in [`problem`] alone.

pub mod admin;
mod admission;
pub mod api;
pub mod app;
mod at_most_once;
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
mod openapi;
pub mod operation;
mod permission;
pub mod problem;
mod refusal;
pub mod router;
pub mod routes;
pub mod serving;
