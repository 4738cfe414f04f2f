//! The ports, implemented in the memory of one process.

mod generations;
mod key_value;
mod leases;
mod limiters;
mod windows;

pub use generations::MemoryGenerations;
pub use key_value::MemoryKeyValue;
pub use leases::MemoryLeases;
pub use limiters::MemoryLimiters;
pub use windows::MemoryWindows;

use std::time::Duration;

use tokio::time::Instant;

/// The longest life: no process runs longer, and adding it to the clock cannot overflow.
const LONGEST_LIFE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Returns the time at which something that begins now and lasts `life` ends.
fn end_of(life: Duration) -> Instant {
    Instant::now() + life.min(LONGEST_LIFE)
}
