//! The service that answers the requests of a connection.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response};
use hyper::body::{Body, Incoming};
use tower::{BoxError, Service, ServiceExt as _, service_fn};

use crate::activity::{Activity, Answering, UnderWay};
use crate::places::Place;
use crate::request_body::lingering;
use crate::streams::TrackedBody;
use crate::{GuardedBody, Peer, RequestBody};

/// A service that can answer requests.
pub trait Answers<B>:
    Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<B, S> Answers<B> for S where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// The body of an answer.
pub trait AnswerBody: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static> AnswerBody for B {}

/// An answer that counts as unfinished until its body is dropped.
pub(crate) type Answer<B> = Response<GuardedBody<TrackedBody<B>, (Answering, Arc<UnderWay>)>>;

/// Wraps the service for one connection. It counts the requests and answers. It adds to each request its peer, the
/// place of the connection, and the ambiguity of the head.
pub(crate) fn observed<S: Answers<B>, B: AnswerBody>(
    service: S,
    peer: Peer,
    place: &Arc<Place>,
    activity: &Arc<Activity>,
) -> impl Service<Request<Incoming>, Response = Answer<B>, Error = Infallible, Future = impl Future + Send + 'static>
+ Clone
+ Send
+ 'static {
    let (activity, place) = (Arc::clone(activity), Arc::clone(place));
    service_fn(move |request: Request<Incoming>| {
        let (under_way, answering, ambiguity) = activity.begin();
        let version = request.version();
        let mut request = lingering(request, Arc::clone(&under_way));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(&place));
        if let Some(ambiguity) = ambiguity {
            request.extensions_mut().insert(ambiguity);
        }
        let (answer, activity) = (service.clone().oneshot(request), Arc::clone(&activity));
        async move {
            let mut answer = answer.await?;
            activity.announce_end(version, answer.headers_mut());
            if is_event_stream(answer.headers()) {
                activity.set_endless();
            }
            Ok(answer.map(|body| GuardedBody::new(TrackedBody::new(body), (answering, under_way))))
        }
    })
}

/// Returns whether an answer continues until its caller disconnects.
#[must_use]
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/event-stream"))
}
