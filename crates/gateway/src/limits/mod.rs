//! The limits of clients: rate limits, and limits of concurrent requests.
//!
//! The counts are stored by the client's name, apart from the client itself, so that a reload of the configuration does
//! not reset them.

mod concurrency;
mod rate_limit;
mod unauthenticated;
mod weight;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use polyhost_state::Limiters;

pub(crate) use concurrency::{ConcurrentRequests, Permit};
pub(crate) use rate_limit::RateLimitStatus;
pub(crate) use weight::of_lookup;

use crate::auth::KeyFault;
use polyhost_config::Client;
use polyhost_engine::problem::{Code, Problem};

/// The `Retry-After` for a client at its concurrency limit. The time until one of its requests ends is not known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The limits of all clients.
pub struct Limits {
    limiters: Arc<dyn Limiters>,
    concurrency: ConcurrentRequests,
}

impl Limits {
    /// Creates the limits. Rate limits are counted in the shared state; concurrent requests in this process.
    #[must_use]
    pub fn new(limiters: Arc<dyn Limiters>) -> Self {
        Self { limiters, concurrency: ConcurrentRequests::default() }
    }

    /// Counts a request towards a client's rate limit. The status is returned even if the request is refused; it is
    /// `None` if the client has no limit, or the request cannot be counted.
    ///
    /// # Errors
    /// `rate_limited`; `overloaded` if the shared state cannot be reached and the configuration rejects requests then.
    pub async fn count(&self, client: &Client, weight: NonZeroU32) -> (Option<RateLimitStatus>, Result<(), Problem>) {
        let Some(quota) = client.rate_limit else { return (None, Ok(())) };
        RateLimitStatus::begin(Arc::clone(&self.limiters), &client.name, quota, weight).await
    }

    /// Acquires a concurrency permit for a request of a client; `None` if the client has no concurrency limit. The
    /// request counts until the permit is dropped.
    ///
    /// # Errors
    /// `rate_limited`
    pub fn acquire(&self, client: &Client) -> Result<Option<Permit>, Problem> {
        let Some(most) = client.max_concurrency else { return Ok(None) };
        let permit = self.concurrency.acquire(&client.name, most);
        permit.map(Some).ok_or_else(|| {
            let detail = format!("The client has reached its limit of {most} concurrent requests. Retry later.");
            Problem::new(Code::RateLimited, detail).retryable().retry_after(RETRY_AFTER)
        })
    }

    /// Returns the problem for a request without a valid API key.
    pub async fn reject_unauthenticated(&self, fault: KeyFault, address: Option<IpAddr>) -> Problem {
        unauthenticated::reject(&*self.limiters, fault, address).await
    }
}
