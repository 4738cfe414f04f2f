//! Requests of nobody who is known. Whoever tries one wrong key after the other is told to stop.
//!
//! Good keys are let in from everywhere, however many wrong ones have come from there: behind one address there may be
//! many callers, all of them behind a proxy say, and none of them shall be able to lock out the rest. Keys of 256
//! random bits are not found by trying; what is limited is the noise.

use std::num::NonZeroU32;
use std::time::Duration;

use polyhost_engine::problem::{Code, Problem};
use polyhost_listener::Peer;
use polyhost_state::{Limiters, Quota};

use crate::auth::KeyFault;

/// How many wrong keys an address may try.
const ATTEMPTS: Quota = Quota { requests: NonZeroU32::new(100).unwrap(), per: Duration::from_secs(60) };

pub(super) async fn turn_away(limiters: &dyn Limiters, fault: KeyFault, peer: Option<Peer>) -> Problem {
    let detail = match fault {
        KeyFault::Missing => "The request has no API key.",
        KeyFault::Unknown => "The request's API key is not known.",
        KeyFault::Expired => "The request's API key has expired.",
    };
    let unauthenticated = Problem::new(Code::Unauthenticated, detail);
    // Who shows no key tries none.
    let Some(address) = peer.filter(|_| fault != KeyFault::Missing) else { return unauthenticated };
    let key = format!("failed-authentication/{address}");
    match limiters.check(&key, ATTEMPTS, NonZeroU32::MIN).await.map(|decision| decision.retry_after) {
        Ok(Some(wait)) => {
            let detail = "Too many requests with a wrong API key have come from this address.";
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
        let peer = Peer::at(address.parse().unwrap());
        turn_away(limiters, fault, Some(peer)).await.code()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_tries_so_many_wrong_keys_and_then_waits() {
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
