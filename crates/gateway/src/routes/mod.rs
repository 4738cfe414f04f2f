//! The handlers, one file per resource. Each extracts its input, makes one call to the engine, and builds the response.

pub(crate) mod accounts;
pub(crate) mod cache;
pub(crate) mod cached;
pub(crate) mod callers;
pub(crate) mod conditions;
pub(crate) mod conversions;
pub(crate) mod downloads;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod folders;
mod job_limit;
pub(crate) mod listings;
pub(crate) mod paths;
pub(crate) mod process;
pub(crate) mod remote_uploads;
pub(crate) mod upload_tickets;
pub(crate) mod uploads;

pub(crate) use job_limit::JobLimit;
