//! Bodies, on their way up and down, at both sites: of every size, in every form, cut at every stage, stalled, refused in
//! the middle, and answered late or not at all.

mod chunked;
mod downloads;
mod early;
mod expect;
mod file_names;
mod forms;
mod legs_down;
mod legs_up;
mod meaning;
mod patience;
mod reconciling;
mod sizes;
pub(crate) mod world;
