//! How many requests of each client are under way. A request is, until the last byte of its answer has gone, or the
//! work that it began has ended, whichever is later.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::response::Response;
use polyhost_listener::Held;

/// How many are under way, by the client's name. Who has none takes no room.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashMap<String, u32>>>);

/// A request's place among those under way. Dropping it gives the place back.
#[derive(Debug)]
pub struct Permit {
    all: UnderWay,
    client: String,
}

impl UnderWay {
    /// Takes a place, if fewer than `most` are taken.
    #[must_use]
    pub(crate) fn enter(&self, client: &str, most: NonZeroU32) -> Option<Permit> {
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
    /// Keeps the place until the answer's last byte has gone.
    #[must_use]
    pub fn hold(self, response: Response) -> Response {
        response.map(|body| Body::new(Held::new(body, self)))
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
    fn a_place_is_free_again_when_its_permit_is_dropped_and_nothing_is_left() {
        let all = UnderWay::default();
        let first = all.enter("web", TWO).unwrap();
        let second = all.enter("web", TWO).unwrap();
        assert!(all.enter("web", TWO).is_none());
        assert!(all.enter("job", TWO).is_some());
        drop(first);
        let third = all.enter("web", TWO);
        assert!(third.is_some() && all.enter("web", TWO).is_none());
        drop((second, third));
        assert!(all.counts().is_empty());
    }

    #[tokio::test]
    async fn a_place_is_held_until_the_answer_has_gone_and_its_length_stays_known() {
        let all = UnderWay::default();
        let held = all.enter("web", NonZeroU32::MIN).unwrap().hold(Response::new(Body::from("ab")));
        assert_eq!(held.body().size_hint().exact(), Some(2));
        assert!(all.enter("web", NonZeroU32::MIN).is_none());
        let whole = held.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(whole, "ab");
        assert!(all.enter("web", NonZeroU32::MIN).is_some());
    }
}
