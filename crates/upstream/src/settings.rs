//! How long, how much and where to: the limits of one account's requests.

use std::time::Duration;

/// The limits of one account's requests. The defaults are those of the configuration's `[upstream]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long a connection may take to be made, TLS included.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from its start to the last byte of the answer. Not for uploads.
    pub attempt_timeout: Duration,
    /// How long all attempts of one operation may take together, and the wait for a place before them. Not for
    /// bodies that flow.
    pub deadline: Duration,
    /// How long a site may work on an uploaded file after its last byte before it answers.
    pub upload_answer_timeout: Duration,
    /// How long a file on its way may stand still: no byte from whoever sends it, or none taken by whoever gets it.
    pub idle_timeout: Duration,
    /// How often a request is sent again at most: reads, and what was never sent.
    pub retries: u32,
    /// How often the account asks its site, on average. 0: as often as it likes.
    pub requests_per_second: f64,
    /// How many requests may go at once after a pause.
    pub burst: u32,
    /// How many requests in a row have to fail for a site to be left alone. 0: it never is.
    pub circuit_failures: u32,
    /// For how long a site is left alone that fails.
    pub circuit_open: Duration,
    /// How many requests may be under way at once, transfers of files included.
    pub max_concurrency: u32,
    /// The longest answer that is read, in bytes, after decompression.
    pub max_response: u64,
    /// Whether addresses that a site hands out may be private. They may in any case where the account's own base URL
    /// is private by its text.
    pub allow_private_networks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(25),
            upload_answer_timeout: Duration::from_secs(15 * 60),
            idle_timeout: Duration::from_secs(30),
            retries: 2,
            requests_per_second: 20.0,
            burst: 64,
            circuit_failures: 10,
            circuit_open: Duration::from_secs(15),
            max_concurrency: 32,
            max_response: 64 * 1024 * 1024,
            allow_private_networks: false,
        }
    }
}
