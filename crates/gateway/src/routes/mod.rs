//! The handlers, a file per noun: each takes the request apart, makes one call, and answers.

pub mod accounts;
pub mod callers;
pub mod conversions;
pub mod files;
pub mod folders;
mod listed;
pub mod listings;
pub mod process;
pub mod remote_uploads;
pub mod upload_tickets;
pub mod uploads;

pub use listed::{JobLimit, JobList, Listed};
