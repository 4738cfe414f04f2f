//! The web pages that `link` and `embed_link` lead to. They only show that the links work.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::site::Site;
use crate::serve;

/// Returns the page of a video, or the site's 404 page.
pub(crate) async fn video(State(site): State<Arc<Site>>, Path(file): Path<String>) -> Response {
    let name = site.with(|context| context.store.files.get(&file).map(|file| file.name.clone()));
    name.map_or_else(|| serve::error_page(StatusCode::NOT_FOUND), |name| format!("{name}\n").into_response())
}
