//! The HTTP service: one API over the accounts of the engine.
//!
//! A request goes through the pipeline to a handler in `routes`. The handler extracts and checks its input
//! (`extract`), makes one call to the engine, and builds the response. [`api`] declares every operation. Only `problem`
//! turns problems into responses.

pub mod access_log;
pub mod admin;
pub mod api;
pub mod app;
mod at_most_once;
mod audit;
mod auth;
mod browsers;
mod context;
mod downloads;
mod execution;
mod extract;
pub mod form;
mod forwarded;
mod from_cache;
mod handler;
mod heads;
mod idempotency;
mod limits;
pub mod measure;
mod openapi;
pub mod operation;
mod origin;
mod permission;
mod pieces;
mod pipeline;
mod problem;
mod record;
mod refusal;
pub mod router;
mod routes;
pub mod routing;
mod server_span;
pub mod service;
pub mod serving;
mod swagger_ui;
