//! Rejects requests without a valid API key, and limits the number of wrong keys from an address.
//!
//! A valid key is accepted from every address, even after many wrong ones. Many callers may share one address, for
//! instance behind a proxy, and none of them may lock out the others. Keys of 256 random bits cannot be guessed; the
//! limit only reduces noise.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use polyhost_engine::problem::{Code, Problem};
use polyhost_listener::AddressBlock;
use polyhost_state::{Limiters, Quota};

use crate::auth::KeyFault;

/// The number of wrong keys that an address may try before it gets `rate_limited`.
const ATTEMPTS: Quota = Quota { requests: NonZeroU32::new(100).unwrap(), per: Duration::from_secs(60) };

/// Returns the problem for a request without a valid key, and counts a wrong key for its address.
pub(super) async fn reject(limiters: &dyn Limiters, fault: KeyFault, address: Option<IpAddr>) -> Problem {
    let detail = match fault {
        KeyFault::Missing => "The request has no API key.",
        KeyFault::Unknown => "The request's API key is unknown.",
        KeyFault::Expired => "The request's API key has expired.",
    };
    let unauthenticated = Problem::new(Code::Unauthenticated, detail);
    // A request without any key is not an attempt to guess one.
    let Some(address) = address.filter(|_| fault != KeyFault::Missing) else { return unauthenticated };
    let key = format!("failed-authentication/{}", AddressBlock::of(address));
    match limiters.check(&key, ATTEMPTS, NonZeroU32::MIN).await.map(|decision| decision.retry_after) {
        Ok(Some(wait)) => {
            let detail = "Too many requests with a wrong API key came from this address. Retry later with a valid key.";
            Problem::new(Code::RateLimited, detail).retryable().retry_after(wait)
        }
        Ok(None) => unauthenticated,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a failed authentication is not counted");
            unauthenticated
        }
    }
}

#[cfg(test)]
mod tests {
    use polyhost_state::State;
    use tokio::time::advance;

    use super::*;

    async fn code(limiters: &dyn Limiters, fault: KeyFault, address: &str) -> Code {
        reject(limiters, fault, Some(address.parse().unwrap())).await.code()
    }

    #[tokio::test(start_paused = true)]
    async fn address_with_too_many_wrong_keys_must_wait() {
        let limiters = State::in_memory().limiters;
        for _ in 0..ATTEMPTS.requests.get() {
            assert_eq!(code(&*limiters, KeyFault::Unknown, "192.0.2.1").await, Code::Unauthenticated);
        }
        assert_eq!(code(&*limiters, KeyFault::Unknown, "192.0.2.1").await, Code::RateLimited);
        assert_eq!(code(&*limiters, KeyFault::Expired, "::ffff:192.0.2.1").await, Code::RateLimited);
        assert_eq!(code(&*limiters, KeyFault::Missing, "192.0.2.1").await, Code::Unauthenticated);
        assert_eq!(code(&*limiters, KeyFault::Unknown, "192.0.2.2").await, Code::Unauthenticated);
        advance(ATTEMPTS.interval()).await;
        assert_eq!(code(&*limiters, KeyFault::Unknown, "192.0.2.1").await, Code::Unauthenticated);
        assert_eq!(code(&*limiters, KeyFault::Unknown, "192.0.2.1").await, Code::RateLimited);
    }
}
