//! The status of a client's rate limit during one of its requests, and the header fields that report it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use polyhost_engine::problem::{Code, Problem, whole_seconds};
use polyhost_state::{Decision, Limiters, Quota, StateError};

/// The `Retry-After` of a request that cannot be counted. The gateway tries to reach the shared state more often.
const UNCOUNTED_RETRY_AFTER: Duration = Duration::from_secs(1);

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The status of a client's rate limit during one request. Clones share the same status.
#[derive(Clone)]
pub struct RateLimitStatus(Arc<Shared>);

struct Shared {
    limiters: Arc<dyn Limiters>,
    key: String,
    quota: Quota,
    /// The limiter's last decision about this request.
    last: Mutex<Decision>,
}

impl RateLimitStatus {
    /// Counts a request. The status is `None` if the shared state cannot be reached, and the configuration rejects
    /// requests then.
    pub(super) async fn begin(
        limiters: Arc<dyn Limiters>,
        client: &str,
        quota: Quota,
        weight: NonZeroU32,
    ) -> (Option<Self>, Result<(), Problem>) {
        let key = format!("client/{client}");
        match limiters.check(&key, quota, weight).await {
            Ok(decision) => {
                let rate_limit = Self(Arc::new(Shared { limiters, key, quota, last: Mutex::new(decision) }));
                (Some(rate_limit), judge(quota, decision))
            }
            Err(error) => (None, Err(uncounted(&error))),
        }
    }

    /// Counts the additional weight that is known only from the request's body. Together with the weight counted at the
    /// beginning, this is at most a full bucket; otherwise the request could never succeed.
    ///
    /// # Errors
    /// `rate_limited`; the weight counted at the beginning stays counted. `overloaded` if the request cannot be counted.
    pub async fn charge(&self, weight: NonZeroU32) -> Result<(), Problem> {
        let Shared { limiters, key, quota, last } = &*self.0;
        let Some(most) = NonZeroU32::new(quota.requests.get() - 1) else { return Ok(()) };
        let decided = limiters.check(key, *quota, weight.min(most)).await;
        let decision = decided.map_err(|error| uncounted(&error))?;
        *last.lock().unwrap_or_else(PoisonError::into_inner) = decision;
        // A retry counts its initial weight again, so it must wait one interval more.
        let retry_after = decision.retry_after.map(|wait| wait + quota.interval());
        judge(*quota, Decision { retry_after, ..decision })
    }

    /// Adds the status to the header fields of a response (draft-ietf-httpapi-ratelimit-headers).
    pub fn describe(&self, headers: &mut HeaderMap) {
        let Quota { requests, per } = self.0.quota;
        let decision = *self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = format!("\"client\";q={requests};w={}", whole_seconds(per));
        let limit = format!("\"client\";r={};t={}", decision.remaining, whole_seconds(decision.reset_after));
        for (name, value) in [(POLICY, policy), (LIMIT, limit)] {
            // Cannot fail: the texts consist of fixed words and numbers.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// Returns the problem of a request that cannot be counted.
fn uncounted(error: &StateError) -> Problem {
    tracing::debug!(error = error as &dyn std::error::Error, "a request cannot be counted");
    let detail = "The gateway cannot count the request towards the client's rate limit. Nothing was done.";
    Problem::new(Code::Overloaded, detail).retryable().retry_after(UNCOUNTED_RETRY_AFTER)
}

/// Turns a decision to refuse into the problem `rate_limited`.
fn judge(quota: Quota, decision: Decision) -> Result<(), Problem> {
    let Some(wait) = decision.retry_after else { return Ok(()) };
    let (requests, seconds) = (quota.requests, whole_seconds(quota.per));
    let detail =
        format!("The client may send {requests} requests in {seconds} seconds; some requests count as more than one.");
    Err(Problem::new(Code::RateLimited, detail).retryable().retry_after(wait))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use axum::response::IntoResponse as _;
    use polyhost_state::{Port, State, StateErrorKind};
    use tokio::task::JoinSet;
    use tokio::time::advance;

    use super::*;
    use crate::limits::Limits;
    use crate::problem::Failure;
    use crate::problem::render;
    use polyhost_config::{Callers, Client};
    use polyhost_engine::problem::Occurrence;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn client(requests: u32, seconds: u64) -> Client {
        let Callers::Keyless(client) = Callers::keyless() else { panic!("callers without keys are one client") };
        let requests = NonZeroU32::new(requests).unwrap();
        Client { rate_limit: Some(Quota { requests, per: Duration::from_secs(seconds) }), ..(*client).clone() }
    }

    fn fields(rate_limit: &RateLimitStatus) -> (String, String) {
        let mut headers = HeaderMap::new();
        rate_limit.describe(&mut headers);
        let text = |name| headers[name].to_str().unwrap().to_owned();
        (text("ratelimit-policy"), text("ratelimit"))
    }

    /// A limiter whose store cannot be reached.
    struct Unreachable;

    #[async_trait]
    impl Limiters for Unreachable {
        async fn check(&self, _: &str, _: Quota, _: NonZeroU32) -> Result<Decision, StateError> {
            Err(StateError::new(Port::Limiters, StateErrorKind::Unavailable))
        }
    }

    #[tokio::test]
    async fn request_that_cannot_be_counted_is_rejected() {
        let limits = Limits::new(Arc::new(Unreachable));
        let (status, counted) = limits.count(&client(10, 60), ONE).await;

        assert_eq!(counted.unwrap_err().code(), Code::Overloaded);
        assert!(status.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn status_reports_remaining_requests_and_reset_time() {
        let limits = Limits::new(State::in_memory().limiters);
        let client = client(3, 60);
        for left in (0..3).rev() {
            let (rate_limit, counted) = limits.count(&client, ONE).await;
            assert!(counted.is_ok());
            let limit = format!("\"client\";r={left};t={}", 20 * (3 - left));
            assert_eq!(fields(&rate_limit.unwrap()), ("\"client\";q=3;w=60".to_owned(), limit));
        }
        let (rate_limit, counted) = limits.count(&client, ONE).await;
        let problem = counted.unwrap_err();
        assert_eq!((problem.code(), problem.is_retryable()), (Code::RateLimited, true));
        assert_eq!(fields(&rate_limit.unwrap()).1, "\"client\";r=0;t=60");

        advance(Duration::from_secs(20)).await;
        assert!(limits.count(&client, ONE).await.1.is_ok());
        assert!(limits.count(&client, ONE).await.1.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn later_charge_shows_in_the_same_response() {
        let limits = Limits::new(State::in_memory().limiters);
        let (rate_limit, _) = limits.count(&client(10, 60), ONE).await;
        let rate_limit = rate_limit.unwrap();
        let four = NonZeroU32::new(4).unwrap();
        assert!(rate_limit.charge(four).await.is_ok());
        assert_eq!(fields(&rate_limit).1, "\"client\";r=5;t=30");
        assert!(rate_limit.charge(four).await.is_ok());
        assert_eq!(rate_limit.charge(four).await.unwrap_err().code(), Code::RateLimited);
        assert_eq!(fields(&rate_limit).1, "\"client\";r=1;t=54");
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_long_enough_for_every_weight() {
        for weight in [5, 9, 10, 50] {
            let limits = Limits::new(State::in_memory().limiters);
            let client = client(10, 1000);
            let ask = async || {
                let (rate_limit, counted) = limits.count(&client, ONE).await;
                counted.map(|()| rate_limit.unwrap())?.charge(NonZeroU32::new(weight).unwrap()).await
            };
            assert!(ask().await.is_ok(), "{weight}: the bucket is full");
            let mut refusals = 0;
            while let Err(problem) = ask().await {
                let refused = render(Failure(problem).into_response(), &Occurrence::default());
                let seconds = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                advance(Duration::from_secs(seconds)).await;
                refusals += 1;
            }
            // The first refusal may come from the initial count, before the additional weight is charged.
            assert!((1..=2).contains(&refusals), "{weight}: {refusals}");
        }
    }

    #[tokio::test]
    async fn limit_of_one_request_ignores_additional_weight() {
        let limits = Limits::new(State::in_memory().limiters);
        let (rate_limit, _) = limits.count(&client(1, 1000), ONE).await;
        assert!(rate_limit.unwrap().charge(NonZeroU32::new(5).unwrap()).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn concurrent_requests_never_exceed_the_limit() {
        let limits = Arc::new(Limits::new(State::in_memory().limiters));
        // The limit regains one request an hour: none while this test runs.
        let client = Arc::new(client(100, 100 * 60 * 60));
        let mut callers = JoinSet::new();
        for _ in 0..64 {
            let (limits, client) = (Arc::clone(&limits), Arc::clone(&client));
            callers.spawn(async move {
                let mut allowed = 0;
                for _ in 0..10 {
                    allowed += usize::from(limits.count(&client, ONE).await.1.is_ok());
                    tokio::task::yield_now().await;
                }
                allowed
            });
        }
        assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), 100);
    }
}
