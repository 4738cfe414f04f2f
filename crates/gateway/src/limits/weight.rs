//! The weight of a lookup: the number of requests that it counts as. It is roughly the cost at the site and here.
//! docs/api.md documents the weights.

use std::num::NonZeroU32;

/// The number of ids of a lookup that count as one request.
const IDS: usize = 10;

/// Returns the weight of a lookup of `ids` ids in addition to the 1 of the request itself; `None` if there is none.
#[must_use]
pub(crate) fn of_lookup(ids: usize) -> Option<NonZeroU32> {
    let all = u32::try_from(ids.div_ceil(IDS)).unwrap_or(u32::MAX);
    NonZeroU32::new(all.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_counts_once_for_every_ten_ids() {
        let whole = |ids| 1 + of_lookup(ids).map_or(0, NonZeroU32::get);
        assert_eq!([1, 10, 11, 50, 500].map(whole), [1, 1, 2, 5, 50]);
        assert_eq!(whole(0), 1);
    }
}
