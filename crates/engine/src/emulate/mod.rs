//! What a dialect lacks and can be made from what it has: written once, for every dialect, through the catalogue.

mod cycles;
mod emptiness;
mod find_folder;
mod find_upload;
mod lookup;
mod search;
mod usage;
mod walk;

use std::time::Duration;

pub(crate) use cycles::is_within;
pub use emptiness::is_empty;
pub use find_folder::folder;
pub(crate) use find_upload::{Sought, Stored, find_upload};
pub use lookup::files;
pub use usage::{Usage, usage};

/// The longest that one emulation takes: well below `request_timeout`'s default.
const MAX_TIME: Duration = Duration::from_secs(25);
