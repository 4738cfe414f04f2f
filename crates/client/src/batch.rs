//! Several pieces of work side by side, each told of as soon as it is over.

use futures_util::{Stream, StreamExt as _, stream};

/// Does pieces of work, at most `jobs` at once, and gives what comes of each in the order in which they end.
pub(crate) fn side_by_side<W: Future>(jobs: usize, works: impl Iterator<Item = W>) -> impl Stream<Item = W::Output> {
    stream::iter(works).buffer_unordered(jobs.max(1))
}
