//! The web pages that links in answers lead to. They only show that the links work.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::rows::File;
use super::site::Site;
use crate::serve;

/// Returns the error page for a download with an invalid token.
pub(crate) async fn error() -> Html<&'static str> {
    Html("<!DOCTYPE html><html><body><h1>Error</h1><p>The download link is invalid or has expired.</p></body></html>\n")
}

/// Returns the page of a folder.
pub(crate) async fn folder(State(site): State<Arc<Site>>, Path((id, _)): Path<(u64, String)>) -> Response {
    let name = site.with(|context| context.store.own_folder(id).ok().map(|folder| folder.name.clone()));
    name.map_or_else(|| serve::error_page(StatusCode::NOT_FOUND), |name| page(&name))
}

/// Returns the page of a file, from which users download.
pub(crate) fn of_file(file: &File) -> Response {
    page(&file.name)
}

fn page(name: &str) -> Response {
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    Html(format!("<!DOCTYPE html><html><body><h1>{name}</h1></body></html>\n")).into_response()
}
