//! `file/getsplash`, and the thumbnail that it leads to. Each request draws the image.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::call::Call;
use super::reply::{Answer, Refusal};
use super::rows::Condition;
use super::site::{Context, Site};
use crate::{content, picture, serve};

/// `file/getsplash`: the result is the URL itself.
pub(crate) fn address(context: &mut Context<'_>, call: &Call) -> Answer {
    let file = context.store.own_file(call.required("file")?)?;
    match file.condition {
        Condition::Sound => Ok(Value::String(format!("{}/i/{}/{}", context.origin, file.id, picture_name(&file.id)))),
        Condition::Broken => Err(Refusal::server_error()),
        Condition::Blocked => Err(Refusal::legal()),
    }
}

fn picture_name(id: &str) -> String {
    let name: String = content::sha1_of(id.as_bytes()).chars().take(8).collect();
    format!("{name}.jpg")
}

/// Returns the image. It needs no credentials.
pub(crate) async fn picture(State(site): State<Arc<Site>>, Path((file, picture)): Path<(String, String)>) -> Response {
    let exists = site.with(|context| context.store.files.contains_key(&file));
    if !exists || picture != picture_name(&file) {
        return serve::error_page(StatusCode::NOT_FOUND);
    }
    match picture::draw(&file) {
        Some(jpeg) => ([(CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => serve::error_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
