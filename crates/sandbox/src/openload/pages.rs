//! The pages for people that `link` and `embed_link` lead to. They only show that the links are real.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::site::Site;
use crate::serve;

/// The page of a video, or the site's page for what is not there.
pub(crate) async fn video(State(site): State<Arc<Site>>, Path(file): Path<String>) -> Response {
    let name = site.with(|context| context.store.files.get(&file).map(|file| file.name.clone()));
    name.map_or_else(|| serve::error_page(StatusCode::NOT_FOUND), |name| format!("{name}\n").into_response())
}
