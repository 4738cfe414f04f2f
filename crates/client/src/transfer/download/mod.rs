//! Downloads of single files. An interrupted one is resumed.

mod destination;
mod digests;
mod fetch;
mod part;
mod resume;
mod safe_name;
mod target;

use super::decide::Existing;
pub(super) use fetch::{Download, Downloads};
pub(super) use safe_name::{MAX_LENGTH, safe_name};
