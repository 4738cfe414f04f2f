//! Runs a client's request: within its time limit, under its concurrency permit, with an audit log entry, and at most
//! once for each idempotency key.

use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use polyhost_engine::problem::Problem;
use polyhost_engine::progress;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::app::App;
use crate::context::RequestContext;
use crate::extract::check_body_fields;
use crate::handler::Handler;
use crate::operation::Rules;
use crate::problem::Failure;
use crate::{at_most_once, audit};

/// Runs a request, and returns a timeout problem if it takes longer than `request_timeout`. An upload has no time
/// limit: it ends when its bytes stop arriving.
///
/// A request that may change something runs in its own task. The task continues after a timeout response or after the
/// caller disconnects. Otherwise a change that takes two calls could be left half done, or a corrupted copy not
/// deleted.
pub(crate) async fn execute_in_time(
    app: &App,
    context: &RequestContext,
    handler: Handler,
    request: Request,
) -> Response {
    let changes = !request.method().is_safe();
    // On the heap, because the future is large, and each of the futures around it would move it.
    let execution = Box::pin(execute(app.clone(), context.clone(), handler, request));
    let execution = context.scope.clone().run(execution).in_current_span();
    let response = match time_limit(app, context.rules) {
        None => Ok(finish(app.tasks().spawn(execution)).await),
        Some(limit) if changes => timeout(limit, finish(app.tasks().spawn(execution))).await,
        Some(limit) => timeout(limit, execution).await,
    };
    response.unwrap_or_else(|_| Failure(progress::overdue(&context.scope)).into_response())
}

/// Returns the time limit of a request; `None` for an upload.
pub(crate) fn time_limit(app: &App, rules: Rules) -> Option<Duration> {
    (!rules.takes_file).then(|| app.server().request_timeout)
}

/// Waits for the response of a task. Resumes a panic of the task here.
async fn finish(task: JoinHandle<Response>) -> Response {
    match task.await.map_err(JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Unreachable while the process runs: no task is cancelled before it ends.
        Err(Err(_)) => Failure(Problem::internal()).into_response(),
    }
}

/// Runs a request under its client's concurrency permit: audit log, then idempotency, then the handler.
async fn execute(app: App, context: RequestContext, handler: Handler, request: Request) -> Response {
    let permit = match app.limits().acquire(&context.client) {
        Ok(permit) => permit,
        Err(problem) => return Failure(problem).into_response(),
    };
    let entry = context.rules.is_audited.then(|| audit::Entry::begin(&context));
    let response = match check_body(&context, &request) {
        Err(problem) => Failure(problem).into_response(),
        Ok(()) => at_most_once::run(&app, &context, handler, request).await,
    };
    if let Some(entry) = entry {
        entry.finish(&response);
    }
    match permit {
        Some(permit) => permit.hold(response),
        None => response,
    }
}

/// Rejects a body with unsupported header fields, such as `Content-Encoding`, before the body is read.
fn check_body(context: &RequestContext, request: &Request) -> Result<(), Problem> {
    let takes_body = context.operation.as_ref().is_some_and(|operation| operation.takes_body);
    if takes_body { check_body_fields(request.headers()) } else { Ok(()) }
}
