//! The HTTP service: one API over the accounts of the engine.
//!
//! A request goes through [`middleware`] to a handler in `routes`, which takes it apart (`extract`), makes one call to
//! the engine, and answers. [`api`] declares every operation. Problems become responses in `problem` alone.

pub mod admin;
mod admission;
pub mod api;
pub mod app;
mod at_most_once;
mod audit;
mod auth;
mod browsers;
mod downloads;
mod extract;
pub mod form;
mod heads;
mod idempotency;
mod limits;
pub mod measure;
pub mod middleware;
mod openapi;
pub mod operation;
mod permission;
mod problem;
mod refusal;
pub mod router;
mod routes;
pub mod serving;
