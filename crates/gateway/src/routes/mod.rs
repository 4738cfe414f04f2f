//! The handlers, a file per noun: each takes the request apart, makes one call, and answers.

pub mod accounts;
pub mod cache;
pub mod cached;
pub mod callers;
pub mod conditions;
pub mod conversions;
pub mod downloads;
pub mod events;
pub mod files;
pub mod folders;
mod job_limit;
pub mod listings;
pub mod paths;
pub mod process;
pub mod remote_uploads;
pub mod upload_tickets;
pub mod uploads;

pub use job_limit::JobLimit;
