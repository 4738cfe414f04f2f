//! Bodies that are answered before they have come whole. To close a connection on a caller who still sends resets it,
//! and the answer is lost; so the rest is taken for a while, and thrown away.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::timeout;

/// How long the rest of a body is taken.
const LONGEST: Duration = Duration::from_secs(30);
/// How long is waited for more of it.
const IDLE: Duration = Duration::from_secs(5);

/// Takes the rest of a body that is answered early.
pub(crate) async fn linger(request: Request, next: Next) -> Response {
    // Who waits to be told to go on sends nothing before that.
    let comes_unasked = !request.headers().contains_key(EXPECT);
    let request = request.map(|body| Body::new(Lingering { body: Some(body), comes: comes_unasked }));
    next.run(request).await
}

struct Lingering {
    /// None, once it has ended.
    body: Option<Body>,
    /// Whether the caller sends it, or will.
    comes: bool,
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

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
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.comes && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, discard(rest)));
        }
    }
}

async fn discard(mut rest: Body) {
    while let Ok(Some(Ok(_))) = timeout(IDLE, rest.frame()).await {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;

    use super::*;

    /// How many pieces of a body were taken after it was dropped.
    async fn taken_after(touch: usize, comes: bool) -> usize {
        let taken: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&taken);
        let pieces = stream::iter((0..5).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(b"a"))
        }));
        let mut body = Lingering { body: Some(Body::from_stream(pieces)), comes };
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
