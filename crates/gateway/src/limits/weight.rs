//! How many requests a request counts as: about as many as it costs, at the sites and here. The table is told to callers
//! in docs/api.md.

use std::num::NonZeroU32;

use crate::operation::Operation;

const READ: NonZeroU32 = NonZeroU32::MIN;
const WRITE: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// What takes many calls: an upload, with all its bytes, and a walk through a folder's listings.
const LARGE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// So many ids of a lookup are one request.
const IDS: usize = 10;

/// The weight of a request by what is known before its body is read.
#[must_use]
pub fn of_operation(operation: Option<&Operation>) -> NonZeroU32 {
    match operation {
        Some(operation) if matches!(operation.id.as_str(), "upload_file" | "get_folder_usage") => LARGE,
        Some(operation) if operation.writes => WRITE,
        _ => READ,
    }
}

/// What a lookup of so many ids weighs beside the request that it is; `None`: nothing.
#[must_use]
pub fn of_lookup(ids: usize) -> Option<NonZeroU32> {
    let all = u32::try_from(ids.div_ceil(IDS)).unwrap_or(u32::MAX);
    NonZeroU32::new(all.saturating_sub(READ.get()))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn an_upload_weighs_more_than_a_change_and_a_change_more_than_a_read() {
        let weight = |method, path: &str| {
            let operation = Operation::at(&method, &format!("/v1/accounts/{{account}}/{path}"));
            assert!(operation.is_some(), "{method} {path}");
            of_operation(operation).get()
        };
        assert_eq!(weight(Method::GET, "files/{id}"), 1);
        assert_eq!(weight(Method::POST, "files/lookup"), 1);
        assert_eq!(weight(Method::DELETE, "files/{id}"), 2);
        assert_eq!(weight(Method::POST, "folders"), 2);
        assert_eq!(weight(Method::POST, "files"), 5);
        assert_eq!(weight(Method::GET, "folders/{id}/usage"), 5);
        assert_eq!(of_operation(None).get(), 1);
    }

    #[test]
    fn a_lookup_counts_once_for_every_ten_ids() {
        let whole = |ids| 1 + of_lookup(ids).map_or(0, NonZeroU32::get);
        assert_eq!([1, 10, 11, 50, 500].map(whole), [1, 1, 2, 5, 50]);
        assert_eq!(whole(0), 1);
    }
}
