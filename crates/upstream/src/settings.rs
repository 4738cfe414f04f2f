//! The settings of one account's requests: timeouts, limits and allowed destinations.

use std::time::Duration;

/// The settings of one account's requests. The defaults are those of the configuration's `[upstream]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The longest time to establish a connection, including TLS.
    pub connect_timeout: Duration,
    /// The longest duration of one attempt, from its start to the last byte of the answer. It does not apply to
    /// uploads.
    pub attempt_timeout: Duration,
    /// The longest duration of all attempts of one operation together, including the wait for a turn. It does not apply
    /// to transfers of files.
    pub deadline: Duration,
    /// The longest time from the last byte of an uploaded file to the site's answer.
    pub upload_answer_timeout: Duration,
    /// The longest time without progress in the transfer of a file: the sender sends no byte, or the receiver reads
    /// none.
    pub idle_timeout: Duration,
    /// The maximum number of retries of a request. Only reads, and requests of which no byte was sent, are retried.
    pub retries: u32,
    /// The average rate of the account's requests. 0: unlimited.
    pub requests_per_second: f64,
    /// The maximum number of requests that may be sent at once after a pause.
    pub burst: u32,
    /// The number of consecutive failures that opens the circuit of a site. 0: it never opens.
    pub circuit_failures: u32,
    /// The time for which the circuit of a failing site stays open.
    pub circuit_open: Duration,
    /// The maximum number of requests in flight, including transfers of files.
    pub max_concurrency: u32,
    /// The largest answer that is read, in bytes, after decompression.
    pub max_response: u64,
    /// Whether addresses that a site returns may be private. They always may if the account's own base URL is private
    /// by its text.
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
