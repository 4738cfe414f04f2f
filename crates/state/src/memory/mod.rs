//! The ports in the memory of one process.

mod generations;
mod key_value;
mod leases;
mod limiters;

pub use generations::MemoryGenerations;
pub use key_value::MemoryKeyValue;
pub use leases::MemoryLeases;
pub use limiters::MemoryLimiters;

use std::time::Duration;

use tokio::time::Instant;

/// Longer than any process lives, and short enough that adding it to the clock cannot overflow.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// When something that begins now and lasts `life` is over.
fn end_of(life: Duration) -> Instant {
    Instant::now() + life.min(FOREVER)
}
