//! The pages and pictures of files, and `get/domain`. The pages only show that the links work.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::reply::{Answer, Success};
use super::site::{Context, Site};
use crate::clock::later;
use crate::parameters::Parameters;
use crate::{picture, serve};

/// The path of pictures, followed by the file's code and an ending.
pub(crate) const PICTURES: &str = "/i/";

/// `get/domain` (Byse): the host of embedded players, beside the result.
pub(crate) fn domain(context: &mut Context<'_>, _: &Parameters) -> Answer {
    let host = context.origin.trim_start_matches("http://").trim_start_matches("https://").to_owned();
    Ok(Success::empty().with("embed_domain", host))
}

/// Returns the picture at a path, once it exists.
pub(crate) fn picture_at(site: &Site, path: &str) -> Response {
    let name = path.trim_start_matches(PICTURES).trim_end_matches(".jpg");
    let code = name.get(..name.len().min(12)).unwrap_or_default();
    let exists = site.with(|context| {
        let file = context.store.files.get(code).filter(|file| file.is_video());
        file.is_some_and(|file| later(file.uploaded, context.options.picture_delay) <= context.now)
    });
    match picture::draw(code).filter(|_| exists) {
        Some(jpeg) => ([(CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => serve::error_page(StatusCode::NOT_FOUND),
    }
}

/// Returns the page of the file that a path names: `/CODE`, `/d/CODE`, `/e/CODE`, or `/CODE/NAME`.
pub(crate) fn page_at(site: &Site, path: &str) -> Response {
    let name = site.with(|context| {
        let mut segments = path.split('/').filter_map(|segment| context.store.files.get(segment));
        segments.next().map(|file| file.name.clone())
    });
    name.map_or_else(|| serve::error_page(StatusCode::NOT_FOUND), |name| format!("{name}\n").into_response())
}
