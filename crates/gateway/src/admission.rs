//! What is done around the request of a client, in the task that carries it out: it takes its place among those under
//! way, a write gets its line in the audit log, and what has a key is done once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use polyhost_config::Client;
use polyhost_engine::problem::Problem;

use crate::app::App;
use crate::extract::check_body_fields;
use crate::operation::Operation;
use crate::problem::Failure;
use crate::{at_most_once, audit};

/// Lets a client's request in, if there is a place for it.
pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    // What needs no key belongs to nobody.
    let Some(client) = request.extensions().get::<Arc<Client>>().cloned() else { return next.run(request).await };
    let permit = match app.limits().enter(&client) {
        Ok(permit) => permit,
        Err(problem) => return Failure(problem).into_response(),
    };
    let response = match Operation::of(request.extensions()).cloned() {
        Some(operation) => carry_out(&app, client, &operation, request, next).await,
        None => next.run(request).await,
    };
    match permit {
        Some(permit) => permit.hold(response),
        None => response,
    }
}

async fn carry_out(
    app: &App,
    client: Arc<Client>,
    operation: &Arc<Operation>,
    request: Request,
    next: Next,
) -> Response {
    let rules = operation.rules;
    let entry = rules.is_audited.then(|| audit::Entry::begin(&request, Arc::clone(operation), Arc::clone(&client)));
    let response = match check_body(operation, &request) {
        Err(problem) => Failure(problem).into_response(),
        Ok(()) if rules.takes_key => at_most_once::answer(app, &client, operation, request, next).await,
        Ok(()) => next.run(request).await,
    };
    if let Some(entry) = entry {
        entry.finish(&response);
    }
    response
}

/// Refuses a body that its header fields make something that is not supported. It must come before the body is read.
fn check_body(operation: &Operation, request: &Request) -> Result<(), Problem> {
    if operation.takes_body { check_body_fields(request.headers()) } else { Ok(()) }
}
