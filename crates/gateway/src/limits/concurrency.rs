//! The number of concurrent requests of each client. A request counts until the last byte of its response is sent and
//! the work that it started has ended.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::response::Response;
use polyhost_listener::GuardedBody;

/// The number of concurrent requests by the client's name. Clients without any have no entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConcurrentRequests(Arc<Mutex<HashMap<String, u32>>>);

/// The permit of one request. Dropping it releases the request's place.
#[derive(Debug)]
pub struct Permit {
    all: ConcurrentRequests,
    client: String,
}

impl ConcurrentRequests {
    /// Acquires a permit if the client has fewer than `most` concurrent requests.
    #[must_use]
    pub(crate) fn acquire(&self, client: &str, most: NonZeroU32) -> Option<Permit> {
        let mut counts = self.counts();
        let count = counts.get(client).copied().unwrap_or_default();
        if count >= most.get() {
            return None;
        }
        counts.insert(client.to_owned(), count + 1);
        Some(Permit { all: self.clone(), client: client.to_owned() })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Attaches the permit to a response, so that it is released after the last byte of the body is sent.
    #[must_use]
    pub fn hold(self, response: Response) -> Response {
        response.map(|body| Body::new(GuardedBody::new(body, self)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;

    use super::*;

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    #[test]
    fn dropped_permit_frees_its_place_and_the_entry() {
        let all = ConcurrentRequests::default();
        let first = all.acquire("web", TWO).unwrap();
        let second = all.acquire("web", TWO).unwrap();
        assert!(all.acquire("web", TWO).is_none());
        assert!(all.acquire("job", TWO).is_some());
        drop(first);
        let third = all.acquire("web", TWO);
        assert!(third.is_some() && all.acquire("web", TWO).is_none());
        drop((second, third));
        assert!(all.counts().is_empty());
    }

    #[tokio::test]
    async fn permit_is_held_until_the_body_is_sent() {
        let all = ConcurrentRequests::default();
        let held = all.acquire("web", NonZeroU32::MIN).unwrap().hold(Response::new(Body::from("ab")));
        assert_eq!(held.body().size_hint().exact(), Some(2));
        assert!(all.acquire("web", NonZeroU32::MIN).is_none());
        let whole = held.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(whole, "ab");
        assert!(all.acquire("web", NonZeroU32::MIN).is_some());
    }
}
