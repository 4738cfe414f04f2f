//! What is done around the request of a client, in the task that carries it out: it takes its place among those under
//! way, a write gets its line in the audit log, and what has a key is done once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::auth::Client;
use crate::operation::Operation;
use crate::{audit, idempotency};

/// Lets a client's request in, if there is a place for it.
pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    // What needs no key belongs to nobody.
    let Some(client) = request.extensions().get::<Arc<Client>>().cloned() else { return next.run(request).await };
    let permit = match app.limits().enter(&client) {
        Ok(permit) => permit,
        Err(problem) => return problem.into_response(),
    };
    let response = match Operation::of(&request) {
        Some(operation) if operation.writes || operation.takes_key => {
            write(&app, client, operation, request, next).await
        }
        _ => next.run(request).await,
    };
    match permit {
        Some(permit) => permit.hold(response),
        None => response,
    }
}

async fn write(
    app: &App,
    client: Arc<Client>,
    operation: &'static Operation,
    request: Request,
    next: Next,
) -> Response {
    let entry = operation.writes.then(|| audit::Entry::begin(&request, operation, Arc::clone(&client)));
    let response = if operation.takes_key {
        idempotency::answer(app, &client, operation, request, next).await
    } else {
        next.run(request).await
    };
    if let Some(entry) = entry {
        entry.finish(&response);
    }
    response
}
