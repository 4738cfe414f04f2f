//! Reading answers that are large. A listing of many megabytes takes long to read, and the thread that reads it would
//! else have callers waiting who want nothing of this site.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// The longest answer that is read without further ado, in bytes: to hand a thread's work over is not worth it.
const SHORT: usize = 256 * 1024;

/// Reads an answer of so many bytes. The thread that reads a long one first hands over to another whatever else it has
/// to do; the one thread of a runtime that has no other reads it all the same.
pub(crate) fn read<T>(length: usize, read: impl FnOnce() -> T) -> T {
    if length > SHORT && has_other_threads() { block_in_place(read) } else { read() }
}

fn has_other_threads() -> bool {
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_single_thread_reads_what_there_is() {
        assert_eq!(read(usize::MAX, || "read"), "read");
    }
}
