//! Faults and the journal over HTTP, for tests that run a simulator in another process. These requests are not
//! recorded, and no rule applies to them.

use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;

use super::{Faults, Rule};
use crate::journal::Journal;

/// Returns the routes: `/_control/faults` adds, lists and removes rules, `/_control/requests` lists and clears the
/// journal.
pub(crate) fn control(faults: &Faults, journal: &Journal) -> Router {
    let (adding, showing, clearing) = (faults.clone(), faults.clone(), faults.clone());
    let faults = post(async move |Json(rule): Json<Rule>| {
        adding.add(rule);
        StatusCode::NO_CONTENT
    })
    .get(async move || Json(showing.rules()))
    .delete(async move || {
        clearing.clear();
        StatusCode::NO_CONTENT
    });
    let (reading, forgetting) = (journal.clone(), journal.clone());
    let requests = get(async move || Json(reading.all())).delete(async move || {
        forgetting.clear();
        StatusCode::NO_CONTENT
    });
    Router::new().route("/_control/faults", faults).route("/_control/requests", requests)
}
