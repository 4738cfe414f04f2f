//! The rows of the tables: kinds of requests, and further measurements.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::load::{Numbers, Requests};

/// The path of the cached file.
pub(super) const HIT: &str = "/v1/accounts/a0/files/1000";
/// The path of the cached page.
pub(super) const PAGE: &str = "/v1/accounts/a0/folders/100/items?limit=100";
/// The numbers of connections of the row about them.
pub(super) const CONNECTIONS: [u64; 3] = [1, 100, 10_000];

/// A row, or a group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Row {
    /// A cached file
    Hit,
    /// A cached page of 100 entries
    Page,
    /// A file that is not cached
    Miss,
    /// A cached file that the caller has already
    NotModified,
    /// A listing of a site with the YetiShare dialect
    Listing,
    /// A file of a site with the YetiShare dialect
    Lookup,
    /// A cached file, over 1, 100 and 10,000 connections
    Connections,
    /// The latencies at 1,000 requests a second
    Latency,
    /// A cached file, with 1,000 accounts
    Accounts,
    /// A cached file, with 1,000,000 cached files (only with --large)
    Files,
    /// The system calls of requests
    SystemCalls,
}

impl Row {
    /// The rows of one request of a kind.
    pub(super) const REQUESTS: [Self; 6] =
        [Self::Hit, Self::Page, Self::Miss, Self::NotModified, Self::Listing, Self::Lookup];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Hit => "hit: one file",
            Self::Page => "hit: a page of 100",
            Self::Miss => "miss: one file",
            Self::NotModified => "hit: 304, not modified",
            Self::Listing => "miss: a listing of 100, YetiShare",
            Self::Lookup => "miss: one file, YetiShare",
            Self::Connections => "connections",
            Self::Latency => "latency",
            Self::Accounts => "hit: one file of each of 1,000 accounts",
            Self::Files => "hit: each of 1,000,000 files",
            Self::SystemCalls => "system calls",
        }
    }

    /// Returns the number of requests in a round, for a number of requests for one cached file.
    pub(super) fn count(self, hits: u64) -> u64 {
        match self {
            Self::Page | Self::Miss | Self::Lookup => hits / 2,
            Self::Listing => hits / 20,
            _ => hits,
        }
    }

    /// Returns the requests to a gateway. Those of [`Self::NotModified`] lack the entity tag.
    pub(super) fn of_gateway(self) -> Option<Requests> {
        Some(match self {
            Self::Hit | Self::NotModified => Requests::get(HIT, Numbers::None),
            Self::Page => Requests::get(PAGE, Numbers::None),
            Self::Miss => Requests::get("/v1/accounts/a0/files/{}", Numbers::Fresh),
            Self::Listing => Requests::get("/v1/accounts/plays/folders/{}100/items?limit=100", Numbers::Fresh),
            Self::Lookup => Requests::get("/v1/accounts/plays/files/{}", Numbers::Fresh),
            Self::Connections | Self::Latency | Self::Accounts | Self::Files | Self::SystemCalls => return None,
        })
    }

    /// Returns the requests to the site for the same objects, as a proxy passes them on.
    pub(super) fn of_site(self) -> Option<Requests> {
        let path = match self {
            Self::Miss => "/openload/v1/file/info?login=bench&key=bench&file={}",
            Self::Listing => "/yetishare/api/v2/folder/listing?parent_folder_id={}100",
            Self::Lookup => "/yetishare/api/v2/file/info?file_id={}",
            _ => return None,
        };
        Some(Requests::get(path, Numbers::Fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_row_has_requests() {
        assert!(Row::REQUESTS.iter().all(|row| row.of_gateway().is_some()));
        assert_eq!(Row::Miss.count(100), 50);
    }
}
