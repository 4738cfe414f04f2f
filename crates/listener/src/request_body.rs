//! Bodies that are answered before they have come whole. To close a connection on a caller who still sends resets it,
//! and the answer is lost; so the rest is taken for a while, and thrown away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

use crate::Held;
use crate::activity::UnderWay;

/// How long the rest of a body is taken.
const LONGEST: Duration = Duration::from_secs(30);
/// How long is waited for more of it.
const IDLE: Duration = Duration::from_secs(5);

/// The body of a request, which is under way for as long as its body comes.
pub type RequestBody = Lingering<Held<Incoming, Arc<UnderWay>>>;

/// A body whose rest is taken for a while when this is dropped.
#[derive(Debug)]
pub struct Lingering<B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'static> {
    /// None, once it has ended.
    body: Option<B>,
    /// Whether the caller sends it, or will.
    comes: bool,
}

/// The request with a body that counts as under way, too.
pub(crate) fn lingering(request: Request<Incoming>, under_way: Arc<UnderWay>) -> Request<RequestBody> {
    // Who waits to be told to go on sends nothing before that.
    let comes_unasked = !request.headers().contains_key(EXPECT);
    request.map(|body| Lingering { body: Some(Held::new(body, under_way)), comes: comes_unasked })
}

impl<B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'static> Body for Lingering<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.comes = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let next = Pin::new(body).poll_frame(context);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'static> Drop for Lingering<B> {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.comes && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, discard(rest)));
        }
    }
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut rest: B) {
    while let Ok(Some(Ok(_))) = timeout(IDLE, rest.frame()).await {}
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    /// How many pieces of a body were taken after it was dropped.
    async fn taken_after(touch: usize, comes: bool) -> usize {
        let taken: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&taken);
        let pieces = stream::iter((0..5).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")))
        }));
        let mut body = Lingering { body: Some(StreamBody::new(pieces)), comes };
        for _ in 0..touch {
            body.frame().await.unwrap().unwrap();
        }
        drop(body);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        taken.load(Ordering::Relaxed) - touch
    }

    #[tokio::test]
    async fn the_rest_of_a_body_that_comes_is_taken_and_none_is_asked_for() {
        assert_eq!(taken_after(0, true).await, 5);
        assert_eq!(taken_after(2, true).await, 3);
        assert_eq!(taken_after(2, false).await, 3);
        assert_eq!(taken_after(0, false).await, 0);
    }
}
