//! Emulations: operations that a dialect lacks, built from those that it has. Each is written once for all dialects, on
//! top of the catalogue.

mod cycles;
mod delete_tree;
mod emptiness;
mod find_folder;
mod find_upload;
mod lookup;
mod search;
mod usage;
mod walk;

use std::time::Duration;

pub(crate) use cycles::is_within;
pub(crate) use delete_tree::delete_tree;
pub use emptiness::is_empty;
pub use find_folder::folder;
pub(crate) use find_upload::{FileSearch, Stored, find_upload};
pub use lookup::files;
pub use usage::{Usage, usage};

/// The time limit of one emulation, well below the default of `request_timeout`.
const MAX_TIME: Duration = Duration::from_secs(25);
