//! How many requests a lookup counts as: about as many as it costs, at the site and here. docs/api.md shows callers the
//! table.

use std::num::NonZeroU32;

/// So many ids of a lookup are one request.
const IDS: usize = 10;

/// What a lookup of so many ids weighs beside the request that it is; `None`: nothing.
#[must_use]
pub(crate) fn of_lookup(ids: usize) -> Option<NonZeroU32> {
    let all = u32::try_from(ids.div_ceil(IDS)).unwrap_or(u32::MAX);
    NonZeroU32::new(all.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_counts_once_for_every_ten_ids() {
        let whole = |ids| 1 + of_lookup(ids).map_or(0, NonZeroU32::get);
        assert_eq!([1, 10, 11, 50, 500].map(whole), [1, 1, 2, 5, 50]);
        assert_eq!(whole(0), 1);
    }
}
