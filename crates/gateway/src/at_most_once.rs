//! Runs a POST with an `Idempotency-Key` at most once. Repeats the first response when the client sends the same
//! request with the same key again.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use polyhost_domain::{Error, ErrorKind};
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{PATIENCE, Patience};

use crate::app::App;
use crate::context::RequestContext;
use crate::extract::{Access, Grantee};
use crate::handler::Handler;
use crate::idempotency::{Answer, Begun, Fingerprint, Key, Replayed, Running};
use crate::operation::Operation;
use crate::problem::{Failure, render};
use crate::server_span::name_account;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Runs a request; at most once, if it has an `Idempotency-Key`. Not cancellation safe: run it in its own task.
pub(crate) async fn run(app: &App, context: &RequestContext, handler: Handler, request: Request) -> Response {
    let operation = match &context.operation {
        Some(operation) if operation.rules.takes_key => operation,
        _ => return handler.run(request).await,
    };
    match begin(app, context, operation, request).await {
        Ok(Start::WithoutKey(request)) => handler.run(request).await,
        Ok(Start::First(running, request)) => run_first(app, running, handler, request, &context.occurrence).await,
        Ok(Start::Repeated(answer)) => replay(answer),
        Err(problem) => Failure(problem).into_response(),
    }
}

/// The handling of a request, as its idempotency key decides.
enum Start {
    /// The request has no key: run it.
    WithoutKey(Request),
    /// The key is new: run the request and record its response.
    First(Running, Request),
    /// The key has a recorded response: repeat it.
    Repeated(Answer),
}

async fn begin(app: &App, context: &RequestContext, operation: &Operation, request: Request) -> Result<Start, Problem> {
    let Some(key) = Key::of(request.headers())? else { return Ok(Start::WithoutKey(request)) };
    // Check the access first: a response is repeated only to a client that still has the permission for the request.
    let access = Access::of(request.uri().path(), Grantee::from(context))?;
    let (request, fingerprint) = Fingerprint::take(request, operation, access.user(), app.server()).await?;
    let begun = app.records().begin(&context.client.name, &key, fingerprint, &context.occurrence).await?;
    if !matches!(begun, Begun::Run(_)) {
        // Without the handler, no extractor does so.
        name_account(context.scope.trace(), &access);
    }
    Ok(match begun {
        Begun::Run(running) => Start::First(running, request),
        Begun::Answered(answer) => Start::Repeated(answer),
        Begun::Settled(answer) => {
            // The ended process did not invalidate what its write may have changed. The caller checks the site now.
            app.catalogue().purge(&access.account).await;
            Start::Repeated(answer)
        }
    })
}

async fn run_first(
    app: &App,
    mut running: Running,
    handler: Handler,
    request: Request,
    occurrence: &Occurrence,
) -> Response {
    let response = running.renew_lease_during(handler.run(request)).await;
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(permits_retry) {
        within_patience(app, running.free()).await;
        return response;
    }
    let (recorded, response) = match problem {
        // Render the problem now: its body names the first request's id, and a repeated response keeps that id.
        Some(problem) => {
            let rendered = render(Failure(problem.clone()).into_response(), occurrence);
            (Answer::of(rendered).await.ok(), response)
        }
        None => match Answer::of(response).await {
            Ok(answer) => (Some(answer.clone()), answer.into_response()),
            Err(response) => (None, *response),
        },
    };
    let occurrence = occurrence.clone();
    within_patience(app, async move { running.finish(recorded.as_ref(), &occurrence).await }).await;
    response
}

/// Writes the end of a request to the store. Does so in the background if the request has already waited long for the
/// store: a write in the little time that is left would often fail. Until it is done, the same request conflicts.
async fn within_patience(app: &App, write: impl Future<Output = ()> + Send + 'static) {
    if Patience::current().left() < PATIENCE / 2 {
        app.tasks().spawn(Patience::default().scope(write));
    } else {
        write.await;
    }
}

/// Returns whether a retry with the same key runs the request again instead of repeating the problem.
///
/// This is so if nothing was done, or if the body did not arrive whole: callers use keys because an upload's connection
/// may break, and a reload may cut an upload off. It is also so if the site rejects the account's credentials, since the
/// operator corrects those and not the caller.
fn permits_retry(problem: &Problem) -> bool {
    let is_retryable =
        |error: &Error| matches!(error.kind(), ErrorKind::BodyIncomplete | ErrorKind::CredentialsRejected);
    let was_cut_off = problem.code() == Code::Forbidden;
    was_cut_off || problem.is_retryable() || problem.cause().is_some_and(is_retryable)
}

fn replay(answer: Answer) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response.extensions_mut().insert(Replayed);
    response
}
