//! Tests of request and response bodies at both sites: of every size, in every framing, cut at every stage, stalled,
//! refused in the middle, and answered late or not at all.

mod body_fields;
mod chunked;
mod cut_downloads;
mod cut_uploads;
mod downloads;
mod early;
mod expect;
mod file_names;
mod forms;
mod reconciling;
mod sizes;
mod timeouts;
pub(crate) mod world;
