//! The kinds of requests that are measured.

use hyper::Method;
use hyper::body::Bytes;

use super::gateways::SESSIONS;
use crate::caller::Sent;
use crate::content;

/// The first of the ids of files.
const FIRST_ID: u64 = 1000;
/// The number of entries of a page.
const PAGE: u64 = 100;
/// The size of an uploaded file, in bytes.
const FILE: u64 = 4096;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file that is cached.
    Hit,
    /// A page of a cached listing.
    Page,
    /// A file that is not cached.
    Miss,
    /// A new folder, with an `Idempotency-Key`.
    KeyedPost,
    /// A new name of a file.
    Rename,
    /// A file of a site with a trash.
    Delete,
    /// A small file.
    Upload,
    /// The first request for an account of a site with sessions.
    Login,
}

impl Kind {
    /// The kinds that are counted.
    pub(super) const ALL: [Self; 8] =
        [Self::Hit, Self::Page, Self::Miss, Self::KeyedPost, Self::Rename, Self::Delete, Self::Upload, Self::Login];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Hit => "a cached file",
            Self::Page => "a cached page of 100 entries",
            Self::Miss => "a file that is not cached",
            Self::KeyedPost => "a new folder, with an `Idempotency-Key`",
            Self::Rename => "a new name of a file",
            Self::Delete => "a deleted file, at a site with a trash",
            Self::Upload => "an upload",
            Self::Login => "the first request of an account with a session",
        }
    }

    /// Returns how many requests of this kind a gateway can get, if `count` are wanted.
    pub(super) fn at_most(self, count: u64) -> u64 {
        // The numbers of requests begin with 1, and 0 is for the first request of all.
        if self == Self::Login { count.min(SESSIONS - 1) } else { count }
    }

    /// Returns a request. Requests with different numbers are for different objects, where the kind needs that.
    pub(super) fn request(self, number: u64) -> Sent {
        let id = FIRST_ID + number;
        match self {
            Self::Hit => Sent::get(format!("/v1/accounts/files/files/{FIRST_ID}")),
            Self::Page => Sent::get(format!("/v1/accounts/files/folders/{PAGE}/items?limit={PAGE}")),
            Self::Miss => Sent::get(format!("/v1/accounts/files/files/{id}")),
            Self::KeyedPost => Sent {
                idempotency_key: Some(format!("key-{number}")),
                ..with_json(
                    Method::POST,
                    "/v1/accounts/files/folders".to_owned(),
                    format!("{{\"name\": \"n{number}\"}}"),
                )
            },
            Self::Rename => {
                let path = format!("/v1/accounts/files/files/{FIRST_ID}");
                with_json(Method::PATCH, path, format!("{{\"name\": \"n{number}.bin\"}}"))
            }
            Self::Delete => Sent { method: Method::DELETE, ..Sent::get(format!("/v1/accounts/trash/files/{id}")) },
            Self::Upload => Sent {
                method: Method::POST,
                path: format!("/v1/accounts/files/files?name=n{number}.bin"),
                body: Some(("video/mp4", content::piece(FILE))),
                idempotency_key: None,
            },
            Self::Login => Sent::get(format!("/v1/accounts/session-{number}/files/{FIRST_ID}")),
        }
    }
}

fn with_json(method: Method, path: String, body: String) -> Sent {
    Sent { method, path, body: Some(("application/json", Bytes::from(body))), idempotency_key: None }
}
