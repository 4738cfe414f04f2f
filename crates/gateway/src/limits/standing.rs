//! Where a client stands with its rate limit while one of its requests is answered, and the header fields that say so.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use polyhost_engine::problem::{Code, Problem, whole_seconds};
use polyhost_state::{Decision, Limiters, Quota};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Where a client stands. Clones are about the same request.
#[derive(Clone)]
pub struct Standing(Arc<Shared>);

struct Shared {
    limiters: Arc<dyn Limiters>,
    key: String,
    quota: Quota,
    /// What the limiter decided last about this request.
    last: Mutex<Decision>,
}

impl Standing {
    /// Counts a request. `None` where the shared state cannot be reached: then the request is let through, for a limit
    /// that fails is no reason to fail.
    pub(super) async fn begin(
        limiters: Arc<dyn Limiters>,
        client: &str,
        quota: Quota,
        weight: NonZeroU32,
    ) -> (Option<Self>, Result<(), Problem>) {
        let key = format!("client/{client}");
        match limiters.check(&key, quota, weight).await {
            Ok(decision) => {
                let standing = Self(Arc::new(Shared { limiters, key, quota, last: Mutex::new(decision) }));
                (Some(standing), judge(quota, decision))
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a request is not counted");
                (None, Ok(()))
            }
        }
    }

    /// Counts what only the request's body tells that it costs; with what was counted at the beginning never more than
    /// a full bucket holds.
    ///
    /// # Errors
    /// `rate_limited`; what was counted at the beginning stays counted.
    pub async fn charge(&self, weight: NonZeroU32) -> Result<(), Problem> {
        let Shared { limiters, key, quota, last } = &*self.0;
        let Some(most) = NonZeroU32::new(quota.requests.get() - 1) else { return Ok(()) };
        let decided = limiters.check(key, *quota, weight.min(most)).await;
        let Ok(decision) = decided.inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "a request is not counted whole");
        }) else {
            return Ok(());
        };
        *last.lock().unwrap_or_else(PoisonError::into_inner) = decision;
        // When it comes again, its beginning counts again.
        let retry_after = decision.retry_after.map(|wait| wait + quota.interval());
        judge(*quota, Decision { retry_after, ..decision })
    }

    /// Says in an answer where the client stands (draft-ietf-httpapi-ratelimit-headers).
    pub fn describe(&self, headers: &mut HeaderMap) {
        let Quota { requests, per } = self.0.quota;
        let decision = *self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = format!("\"client\";q={requests};w={}", whole_seconds(per));
        let limit = format!("\"client\";r={};t={}", decision.remaining, whole_seconds(decision.reset_after));
        for (name, value) in [(POLICY, policy), (LIMIT, limit)] {
            // What is made of numbers is always a value.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

fn judge(quota: Quota, decision: Decision) -> Result<(), Problem> {
    let Some(wait) = decision.retry_after else { return Ok(()) };
    let (requests, seconds) = (quota.requests, whole_seconds(quota.per));
    let detail = format!("The client may send {requests} requests in {seconds} seconds; some count more than once.");
    Err(Problem::new(Code::RateLimited, detail).retryable().retry_after(wait))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::response::IntoResponse as _;
    use polyhost_state::State;
    use tokio::task::JoinSet;
    use tokio::time::advance;

    use super::*;
    use crate::limits::Limits;
    use crate::problem::Failure;
    use crate::problem::render;
    use polyhost_config::Client;
    use polyhost_engine::callers::Callers;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn client(requests: u32, seconds: u64) -> Client {
        let Callers::Anybody(client) = Callers::anybody() else { panic!("everybody is somebody") };
        let requests = NonZeroU32::new(requests).unwrap();
        Client { rate_limit: Some(Quota { requests, per: Duration::from_secs(seconds) }), ..(*client).clone() }
    }

    fn fields(standing: &Standing) -> (String, String) {
        let mut headers = HeaderMap::new();
        standing.describe(&mut headers);
        let text = |name| headers[name].to_str().unwrap().to_owned();
        (text("ratelimit-policy"), text("ratelimit"))
    }

    #[tokio::test(start_paused = true)]
    async fn every_request_is_told_what_is_left_and_the_one_too_many_when_to_come_back() {
        let limits = Limits::new(State::in_memory().limiters);
        let client = client(3, 60);
        for left in (0..3).rev() {
            let (standing, counted) = limits.count(&client, ONE).await;
            assert!(counted.is_ok());
            let limit = format!("\"client\";r={left};t={}", 20 * (3 - left));
            assert_eq!(fields(&standing.unwrap()), ("\"client\";q=3;w=60".to_owned(), limit));
        }
        let (standing, counted) = limits.count(&client, ONE).await;
        let problem = counted.unwrap_err();
        assert_eq!((problem.code(), problem.is_retryable()), (Code::RateLimited, true));
        assert_eq!(fields(&standing.unwrap()).1, "\"client\";r=0;t=60");

        advance(Duration::from_secs(20)).await;
        assert!(limits.count(&client, ONE).await.1.is_ok());
        assert!(limits.count(&client, ONE).await.1.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_charged_later_counts_in_the_same_answer() {
        let limits = Limits::new(State::in_memory().limiters);
        let (standing, _) = limits.count(&client(10, 60), ONE).await;
        let standing = standing.unwrap();
        let four = NonZeroU32::new(4).unwrap();
        assert!(standing.charge(four).await.is_ok());
        assert_eq!(fields(&standing).1, "\"client\";r=5;t=30");
        assert!(standing.charge(four).await.is_ok());
        assert_eq!(standing.charge(four).await.unwrap_err().code(), Code::RateLimited);
        assert_eq!(fields(&standing).1, "\"client\";r=1;t=54");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_back_when_told_gets_through_whatever_the_request_weighs() {
        for weight in [5, 9, 10, 50] {
            let limits = Limits::new(State::in_memory().limiters);
            let client = client(10, 1000);
            let ask = async || {
                let (standing, counted) = limits.count(&client, ONE).await;
                counted.map(|()| standing.unwrap())?.charge(NonZeroU32::new(weight).unwrap()).await
            };
            assert!(ask().await.is_ok(), "{weight}: the bucket is full");
            let mut refusals = 0;
            while let Err(problem) = ask().await {
                let refused = render(Failure(problem).into_response(), "/v1", "id");
                let told = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                advance(Duration::from_secs(told)).await;
                refusals += 1;
            }
            // The first may be of a bucket so empty that the request was not even looked at.
            assert!((1..=2).contains(&refusals), "{weight}: {refusals}");
        }
    }

    #[tokio::test]
    async fn where_one_request_is_all_there_is_nothing_weighs_more() {
        let limits = Limits::new(State::in_memory().limiters);
        let (standing, _) = limits.count(&client(1, 1000), ONE).await;
        assert!(standing.unwrap().charge(NonZeroU32::new(5).unwrap()).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn sixty_four_at_once_get_exactly_what_the_limit_allows() {
        let limits = Arc::new(Limits::new(State::in_memory().limiters));
        // One request comes back each hour: none while this runs.
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
