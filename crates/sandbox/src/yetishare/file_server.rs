//! The file server: it sends the bytes of a file to a client with a download token for it.

use std::io;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, LOCATION, RANGE,
    SET_COOKIE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;

use super::links;
use super::options::{DeadLinks, Options, Redirects};
use super::pages;
use super::rows::File;
use super::site::Site;
use crate::file_body::{body, disposition, length_of};
use crate::random::random_text;
use crate::range::{self, Requested};
use crate::serve;

/// The target of a download with an invalid token.
const ERROR_PAGE: &str = "/error.html";

#[derive(Debug, Deserialize)]
pub(crate) struct Ticket {
    download_token: Option<String>,
}

/// `/{short}`: sends the file if the URL has a token, and otherwise its page. `~` begins the other pages of a file.
pub(crate) async fn file(
    State(site): State<Arc<Site>>,
    Path(short_url): Path<String>,
    Query(ticket): Query<Ticket>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Redirects::To(address) = site.with(|context| context.store.redirects.clone())
        && ticket.download_token.is_some()
    {
        return redirect(&address);
    }
    serve_file(&site, &short_url, ticket, &method, &headers).await
}

/// The same URL followed by the file's name, which has no effect.
pub(crate) async fn named_file(
    state: State<Arc<Site>>,
    Path((short_url, _)): Path<(String, String)>,
    ticket: Query<Ticket>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    file(state, Path(short_url), ticket, method, headers).await
}

/// `/hop/{left}/{short}`: redirects this many times, and then sends the file.
pub(crate) async fn hop(
    State(site): State<Arc<Site>>,
    Path((left, short_url)): Path<(u32, String)>,
    Query(ticket): Query<Ticket>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let token = ticket.download_token.as_deref().unwrap_or_default();
    match left.checked_sub(1) {
        Some(left) => redirect(&format!("/hop/{left}/{short_url}?download_token={token}")),
        None => serve_file(&site, &short_url, ticket, &method, &headers).await,
    }
}

/// Returns the answer to an invalid token.
async fn dead_link(kind: DeadLinks) -> Response {
    match kind {
        DeadLinks::Redirect => redirect(ERROR_PAGE),
        DeadLinks::Page => pages::error().await.into_response(),
        DeadLinks::Status(status) => serve::error_page(StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND)),
    }
}

fn redirect(address: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, address)]).into_response()
}

async fn serve_file(site: &Site, short_url: &str, ticket: Ticket, method: &Method, headers: &HeaderMap) -> Response {
    let (short_url, is_plain) =
        short_url.split_once('~').map_or((short_url, true), |(short_url, _)| (short_url, false));
    let Some(file) = site.with(|context| links::by_short_url(context, short_url).cloned()) else {
        return serve::error_page(StatusCode::NOT_FOUND);
    };
    let Some(token) = ticket.download_token.filter(|_| is_plain) else { return pages::of_file(&file) };
    let is_good = site.with(|context| {
        let is_good = links::use_token(context, &token, file.id) && file.is_listed();
        if let Some(file) = context.store.files.get_mut(&file.id).filter(|_| is_good && method == Method::GET) {
            file.accessed = Some(context.now);
            file.downloads += u64::from(!headers.contains_key(RANGE));
        }
        is_good
    });
    if !is_good {
        return dead_link(site.options().dead_links).await;
    }
    send(site.options(), &file, headers).await.unwrap_or_else(|_| serve::error_page(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn send(options: &Options, file: &File, headers: &HeaderMap) -> io::Result<Response> {
    let length = length_of(&file.content).await?;
    let wanted = wanted(options, file, headers, length);
    if wanted == Requested::Beyond {
        let all = (CONTENT_RANGE, format!("bytes */{length}"));
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [all]).into_response());
    }
    let (status, range) = match wanted {
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Whole | Requested::Beyond => (StatusCode::OK, 0..length),
    };
    let mut response = (status, body(&file.content, range.clone()).await?).into_response();
    let mut head =
        |name, value: &[u8]| HeaderValue::from_bytes(value).map(|value| response.headers_mut().insert(name, value));
    let _ = head(CONTENT_TYPE, file.content_type.as_bytes());
    let _ = head(CONTENT_DISPOSITION, disposition(&file.name).as_bytes());
    if options.download_headers {
        let _ = head(ACCEPT_RANGES, b"bytes");
        let _ = head(CONTENT_LENGTH, (range.end - range.start).to_string().as_bytes());
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let _ = head(CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1).as_bytes());
    }
    if options.download_etag {
        let _ = head(ETAG, etag(file).as_bytes());
    }
    if options.set_cookie_on_download {
        let session = random_text(b"0123456789abcdefghijklmnopqrstuv", 26);
        let _ = head(SET_COOKIE, format!("filehosting={session}; path=/; HttpOnly").as_bytes());
    }
    Ok(response)
}

fn wanted(options: &Options, file: &File, headers: &HeaderMap, length: u64) -> Requested {
    let is_unchanged = headers.get(IF_RANGE).is_none_or(|tag| options.download_etag && tag == etag(file).as_str());
    let header = headers.get(RANGE).filter(|_| !options.ignore_range && is_unchanged);
    range::wanted(header.and_then(|header| header.to_str().ok()), length)
}

fn etag(file: &File) -> String {
    format!("\"{:x}-{:x}\"", file.id, file.size)
}
