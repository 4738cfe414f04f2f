//! The permission of a client's request, checked for as long as its bodies flow.
//!
//! An upload or download in progress ends if a reload removes the client, its key, its account or its scope, or if the
//! key expires.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use polyhost_config::{Client, KeyHash};
use polyhost_domain::AccountName;
use polyhost_engine::problem::{Code, Problem};
use polyhost_listener::is_event_stream;

use crate::app::App;
use crate::audit;
use crate::auth::expired;
use crate::operation::Rules;

/// The largest response body, in bytes, that is sent whole even if the permission ends. Such a body is in memory, or
/// nearly so.
const SMALL: u64 = 64 * 1024;

/// The permission that one request of a client needs.
#[derive(Clone, Copy)]
pub(crate) struct Permission<'a> {
    pub(crate) app: &'a App,
    pub(crate) client: &'a Arc<Client>,
    pub(crate) key: Option<KeyHash>,
    pub(crate) path: &'a str,
    pub(crate) rules: Rules,
}

/// The permission for a body in progress. It does not hold the context: its roster would keep every account in use.
struct Granted {
    app: App,
    client: Arc<Client>,
    key: Option<KeyHash>,
    account: Option<AccountName>,
    rules: Rules,
}

impl Granted {
    /// Returns whether the current configuration still grants the permission.
    fn holds(&self) -> bool {
        let roster = self.app.rosters().current();
        let Some(client) = roster.callers().with_key(self.key) else { return false };
        let has_account = |name| client.accounts.includes(name) && roster.accounts().contains_key(name);
        client.name == self.client.name
            && self.rules.scope.is_none_or(|scope| client.scopes.contains(&scope))
            && self.account.as_ref().is_none_or(has_account)
    }

    /// Resolves when the permission ends.
    async fn ended(self) {
        let mut exchanges = self.app.rosters().exchanges();
        let lost = async { while self.holds() && exchanges.changed().await.is_ok() {} };
        tokio::select! {
            () = lost => {}
            () = expired(&self.client) => {}
        }
    }
}

impl Permission<'_> {
    /// Wraps the body of an upload so that reading it fails once the permission ends.
    pub(crate) fn guard_request(&self, request: Request) -> Request {
        if self.rules.takes_file { request.map(|body| self.revocable(body)) } else { request }
    }

    /// Wraps a long response body so that it breaks off once the permission ends. Event streams are left alone: they
    /// check the permission themselves and end cleanly.
    pub(crate) fn guard_response(&self, response: Response) -> Response {
        let is_short = response.body().size_hint().upper().is_some_and(|length| length <= SMALL);
        if is_short || is_event_stream(response.headers()) {
            return response;
        }
        response.map(|body| self.revocable(body))
    }

    fn revocable(&self, body: Body) -> Body {
        let Self { app, client, key, path, rules } = *self;
        let account = audit::account(path).parse().ok();
        let granted = Granted { app: app.clone(), client: Arc::clone(client), key, account, rules };
        Body::new(RevocableBody { body, ended: Box::pin(granted.ended()) })
    }
}

/// A body that breaks off with a [`Problem`] when its permission ends.
struct RevocableBody<F> {
    body: Body,
    ended: Pin<Box<F>>,
}

impl<F: Future<Output = ()>> HttpBody for RevocableBody<F> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.body.is_end_stream() {
            return Poll::Ready(None);
        }
        if self.ended.as_mut().poll(context).is_ready() {
            // Drops the rest of the body now, without waiting for the caller to read it.
            self.body = Body::empty();
            let detail = "The client lost its permission while the body was transferred.";
            return Poll::Ready(Some(Err(axum::Error::new(Problem::new(Code::Forbidden, detail)))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn guarded_body_breaks_off_when_its_permission_ends() {
        let (ends, ended) = oneshot::channel::<()>();
        let pieces = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"a")));
        let ended = Box::pin(async { drop(ended.await) });
        let mut body = RevocableBody { body: Body::from_stream(pieces), ended };
        assert!(body.frame().await.unwrap().is_ok());
        drop(ends);
        assert!(body.frame().await.unwrap().is_err());
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn guarded_body_ends_cleanly_while_permission_lasts() {
        let mut body = RevocableBody { body: Body::from("a"), ended: Box::pin(std::future::pending()) };
        assert_eq!(body.size_hint().exact(), Some(1));
        assert!(body.frame().await.unwrap().is_ok());
        body.ended = Box::pin(std::future::pending());
        assert!(body.frame().await.is_none());
    }
}
