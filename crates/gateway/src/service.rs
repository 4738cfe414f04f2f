//! The services that listeners serve: the API behind its pipeline, and the admin service.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tower::{BoxError, ServiceExt as _};

use crate::app::App;
use crate::pipeline::Pipeline;
use crate::routing::Routes;

/// A service. Clones share everything.
#[derive(Clone)]
pub struct Service(Kind);

#[derive(Clone)]
enum Kind {
    Api(Arc<Pipeline>),
    Admin(Router),
}

impl Service {
    /// Returns the service of a router behind the pipeline. `routes` has the patterns of all its paths.
    #[must_use]
    pub fn api(app: App, router: Router<App>, routes: Routes) -> Self {
        Self(Kind::Api(Arc::new(Pipeline::new(app, router, routes))))
    }

    /// Returns the service of a router without the pipeline.
    #[must_use]
    pub fn admin(router: Router) -> Self {
        Self(Kind::Admin(router))
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    /// A router is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let request = request.map(Body::new);
        match self.0.clone() {
            Kind::Api(pipeline) => Box::pin(async move { Ok(pipeline.handle(request).await) }),
            Kind::Admin(router) => Box::pin(router.oneshot(request)),
        }
    }
}
