//! Carries a POST with an `Idempotency-Key` out once, and gives its answer again to whoever sends the same request with
//! the same key.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use polyhost_config::Client;
use polyhost_domain::{Error, ErrorKind};
use polyhost_engine::problem::Problem;

use crate::app::App;
use crate::extract::{Access, RequestContext};
use crate::idempotency::{Answer, Begun, Fingerprint, Key, Replayed, Running};
use crate::operation::Operation;
use crate::problem::{Failure, render};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Answers a request of an operation that takes a key. To be done where nobody can cut it in two.
pub(crate) async fn answer(
    app: &App,
    client: &Client,
    operation: &Operation,
    request: Request,
    next: Next,
) -> Response {
    let key = match Key::of(request.headers()) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(problem) => return Failure(problem).into_response(),
    };
    let context = RequestContext::of(&request);
    let (mut parts, body) = request.into_parts();
    // What was answered before is told only to who may ask for it now.
    let access = match Access::of(&mut parts, app, operation.rules).await {
        Ok(access) => access,
        Err(problem) => return Failure(problem).into_response(),
    };
    let request = Request::from_parts(parts, body);
    let (request, fingerprint) = match Fingerprint::take(request, operation, access.user(), app.server()).await {
        Ok(taken) => taken,
        Err(problem) => return Failure(problem).into_response(),
    };
    match app.records().begin(&client.name, &key, fingerprint, &context).await {
        Ok(Begun::Run(running)) => run(running, request, next, &context).await,
        Ok(Begun::Answered(answer)) => replay(answer),
        Err(problem) => Failure(problem).into_response(),
    }
}

async fn run(running: Running, request: Request, next: Next, context: &RequestContext) -> Response {
    let response = running.watch(next.run(request)).await;
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(leaves_all_as_it_was) {
        running.free().await;
        return response;
    }
    let kept = match problem {
        // What the caller is told of it is written where the request's id is known: here, too.
        Some(problem) => {
            Answer::of(render(Failure(problem.clone()).into_response(), &context.path, context.id.as_str())).await
        }
        None => return keep_and_pass_on(running, response, context).await,
    };
    running.finish(kept.ok().as_ref(), context).await;
    response
}

/// Whether the same request is to be carried out when it comes again: nothing was done, or it has not come whole. A
/// connection that broke under an upload is what a caller has a key for; and credentials that the site refuses are
/// mended by others than the caller.
fn leaves_all_as_it_was(problem: &Problem) -> bool {
    let undone = |error: &Error| matches!(error.kind(), ErrorKind::BodyIncomplete | ErrorKind::CredentialsRejected);
    problem.is_retryable() || problem.cause().is_some_and(undone)
}

async fn keep_and_pass_on(running: Running, response: Response, context: &RequestContext) -> Response {
    match Answer::of(response).await {
        Ok(answer) => {
            running.finish(Some(&answer), context).await;
            answer.into_response()
        }
        Err(response) => {
            running.finish(None, context).await;
            *response
        }
    }
}

fn replay(answer: Answer) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response.extensions_mut().insert(Replayed);
    response
}
