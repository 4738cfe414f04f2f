//! Request bodies that keep being read after an early answer. Closing a connection while the caller still sends resets
//! it, and the caller loses the answer. So the rest of the body is read for a while, and discarded.

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

use crate::GuardedBody;
use crate::activity::UnderWay;

/// The time limit for reading the rest of a body.
const LINGER_LIMIT: Duration = Duration::from_secs(30);
/// The longest pause in the rest of a body.
const LINGER_IDLE_LIMIT: Duration = Duration::from_secs(5);

/// The body of a request. The request counts as under way until its body is dropped.
pub type RequestBody = Lingering<GuardedBody<Incoming, Arc<UnderWay>>>;

/// A body whose rest is read and discarded after this is dropped.
#[derive(Debug)]
pub struct Lingering<B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'static> {
    /// `None` once the body has ended.
    body: Option<B>,
    /// Whether the caller sends the body, or is going to.
    is_sent: bool,
}

/// Wraps the body of a request, so that the request counts as under way until the body is dropped.
pub(crate) fn lingering(request: Request<Incoming>, under_way: Arc<UnderWay>) -> Request<RequestBody> {
    // A caller that waits for `100 Continue` sends nothing before it.
    let is_sent_unasked = !request.headers().contains_key(EXPECT);
    request.map(|body| Lingering { body: Some(GuardedBody::new(body, under_way)), is_sent: is_sent_unasked })
}

impl<B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'static> Body for Lingering<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.is_sent = true;
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
        let rest = self.body.take().filter(|body| self.is_sent && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            runtime.spawn(timeout(LINGER_LIMIT, discard(rest)));
        }
    }
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut rest: B) {
    while let Ok(Some(Ok(_))) = timeout(LINGER_IDLE_LIMIT, rest.frame()).await {}
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    /// Returns the number of pieces of a body that are read after it was dropped.
    async fn read_after_drop(read: usize, is_sent: bool) -> usize {
        let taken: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&taken);
        let pieces = stream::iter((0..5).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")))
        }));
        let mut body = Lingering { body: Some(StreamBody::new(pieces)), is_sent };
        for _ in 0..read {
            body.frame().await.unwrap().unwrap();
        }
        drop(body);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        taken.load(Ordering::Relaxed) - read
    }

    #[tokio::test]
    async fn rest_of_a_sent_body_is_read_and_no_other_requested() {
        assert_eq!(read_after_drop(0, true).await, 5);
        assert_eq!(read_after_drop(2, true).await, 3);
        assert_eq!(read_after_drop(2, false).await, 3);
        assert_eq!(read_after_drop(0, false).await, 0);
    }
}
