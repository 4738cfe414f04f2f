//! Parallel work whose results are reported as soon as each is finished.

use futures_util::{Stream, StreamExt as _, stream};

/// Runs futures, at most `jobs` at once. Yields each result when it is ready, in the order of completion.
pub(crate) fn in_parallel<W: Future>(jobs: usize, works: impl Iterator<Item = W>) -> impl Stream<Item = W::Output> {
    stream::iter(works).buffer_unordered(jobs.max(1))
}
