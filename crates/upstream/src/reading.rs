//! Parsing of large answers. A listing of many megabytes takes long to parse. Without this module it would block the
//! thread, and with it callers that do not use this site.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// The longest answer that is parsed in place, in bytes. For such an answer, moving the thread's other work costs more.
const SHORT: usize = 256 * 1024;

/// Runs `read` on an answer of `length` bytes. For a long one, the thread first hands its other tasks to another
/// thread. In a runtime with a single thread it runs in place.
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
    async fn single_threaded_runtime_reads_in_place() {
        assert_eq!(read(usize::MAX, || "read"), "read");
    }
}
