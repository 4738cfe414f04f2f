//! `file/direct_link`, and the file server that its addresses lead to.

use std::io;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::file_rows::SECONDS;
use super::flavours::DirectLinks;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::File;
use super::site::{Context, Site};
use crate::clock::later;
use crate::content::{self, Content};
use crate::file_body::{body, disposition, length_of};
use crate::range::{self, Requested};
use crate::serve;

/// The path of download URLs, followed by the file's code and the version.
pub(crate) const PATH: &str = "/v/01/00012/";

/// `file/direct_link`: works for files of any user.
pub(crate) fn direct_link(context: &mut Context<'_>, call: &crate::parameters::Parameters) -> Answer {
    let code = call.optional("file_code").unwrap_or_default();
    if context.store.url_uploads.iter().any(|upload| upload.code == code && !upload.finished) {
        return Err(Refusal::uploading());
    }
    let file = context.store.files.get(code).ok_or_else(Refusal::no_file_in_lower_case)?;
    let versions = versions(context, file);
    if let Some(quality) = call.optional("q") {
        let version = versions.iter().find(|version| version["name"] == quality);
        return Ok(Success::of(version.map_or_else(|| Value::from(""), |version| version["url"].clone())));
    }
    let bare = |version: &Value| json!({"url": version["url"], "size": version["size"]});
    let mut result = match context.options.direct_links {
        DirectLinks::Versions => json!({
            "player_img": context.picture(code, ""), "file_length": SECONDS.to_string(), "versions": versions,
        }),
        DirectLinks::Map => {
            let entry = |version: &Value| (version["name"].as_str().unwrap_or_default().to_owned(), bare(version));
            Value::Object(versions.iter().map(entry).collect())
        }
        DirectLinks::Single => versions.last().map(bare).unwrap_or_default(),
    };
    if call.optional("hls") == Some("1") {
        result["hls_direct"] = Value::from(format!("{}/hls/{code}/master.m3u8", context.origin));
    }
    Ok(Success::of(result))
}

/// Returns the versions of a file. The last one is the original.
fn versions(context: &Context<'_>, file: &File) -> Vec<Value> {
    let version =
        |name: &str, size: u64| json!({"name": name, "size": size.to_string(), "url": address(context, file, name)});
    let is_encoded = file.is_video() && context.store.encoding_of(&file.code).is_none();
    let encoded = is_encoded.then(|| version("h", file.size / 2));
    encoded.into_iter().chain([version("o", file.size)]).collect()
}

fn address(context: &Context<'_>, file: &File, version: &str) -> String {
    let (code, start, life) = (&file.code, context.now.as_second(), context.options.link_life.as_secs());
    let token = token(code, version, start);
    format!(
        "{}{PATH}{code}_{version}/{code}_{version}.mp4?t={token}&s={start}&e={life}&f=123&sp=25000&i=0.0",
        context.origin
    )
}

fn token(code: &str, version: &str, start: i64) -> String {
    content::sha1_of(format!("{code} {version} {start}").as_bytes())
}

/// Answers a request to the file server. It needs no key.
pub(crate) async fn serve_file(site: &Site, head: &Parts) -> Response {
    if ![Method::GET, Method::HEAD].contains(&head.method) {
        return serve::error_page(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = head.uri.path().strip_prefix(PATH).and_then(|path| path.split_once('/'));
    let Some((code, version)) = path.and_then(|(folder, _)| folder.rsplit_once('_')) else {
        return serve::error_page(StatusCode::NOT_FOUND);
    };
    let query = serve::pairs(head.uri.query().unwrap_or_default().as_bytes());
    let (now, file) = site.with(|context| (context.now, context.store.files.get(code).cloned()));
    let Some(mut file) = file else { return serve::error_page(StatusCode::NOT_FOUND) };
    if !is_valid(&query, code, version, now) {
        return serve::error_page(StatusCode::FORBIDDEN);
    }
    if version != "o" {
        file.content =
            Content::Memory(content::generated(&format!("{code} {version}"), (file.size / 2) as usize).into());
    }
    if head.method == Method::GET && !head.headers.contains_key(RANGE) {
        site.with(|context| context.store.files.get_mut(code).map(|file| file.views += 1));
    }
    send(&file, head).await.unwrap_or_else(|_| serve::error_page(StatusCode::INTERNAL_SERVER_ERROR))
}

fn is_valid(query: &[(String, String)], code: &str, version: &str, now: Timestamp) -> bool {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str| value(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let (start, life) = (number("s"), Duration::from_secs(number("e").unsigned_abs()));
    let end = Timestamp::from_second(start).map(|start| later(start, life));
    value("t") == Some(token(code, version, start).as_str()) && end.is_ok_and(|end| now < end)
}

async fn send(file: &File, head: &Parts) -> io::Result<Response> {
    let length = length_of(&file.content).await?;
    let wanted = range::wanted(head.headers.get(RANGE).and_then(|header| header.to_str().ok()), length);
    let (status, range) = match wanted {
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Whole => (StatusCode::OK, 0..length),
        Requested::Beyond => {
            let all = (CONTENT_RANGE, format!("bytes */{length}"));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [all]).into_response());
        }
    };
    let mut response = (status, body(&file.content, range.clone()).await?).into_response();
    let mut header = |name: HeaderName, value: &str| {
        HeaderValue::from_bytes(value.as_bytes()).map(|value| response.headers_mut().insert(name, value)).ok()
    };
    header(CONTENT_TYPE, &file.content_type);
    header(CONTENT_DISPOSITION, &disposition(&file.name));
    header(ACCEPT_RANGES, "bytes");
    header(CONTENT_LENGTH, &(range.end - range.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        header(CONTENT_RANGE, &format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    Ok(response)
}
