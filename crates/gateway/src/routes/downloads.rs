//! A file's way back: links to its bytes, and the bytes themselves.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use polyhost_domain::{FileId, FileRef};
use polyhost_engine::downloads::link;
use polyhost_engine::preconditions::Preconditions;
use polyhost_engine::problem::{Fault, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::callers::NoParameters;
use super::paths::{AccountPath, FilePath};
use crate::app::App;
use crate::downloads::{self, Wanted};
use crate::extract::{Access, Conditions, StrictJson, StrictQuery, present};
use crate::problem::{ContentProblems, Failure, LinkProblems};

/// Which file a link is wanted for: its id or its short code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1, example = json!({"file_id": "1253"}))]
pub(crate) struct DownloadLinkInput {
    /// The file's id.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub file_id: Option<String>,
    /// The short code of the file's public address.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub short_code: Option<String>,
}

/// An address that gives a file's bytes to whoever has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://files.example.com/2Vv?download_token=c3e6289a23e9819d8663569da96087d0", "file_id": "1253",
    "name": "sample4_l.jpg", "expires_at": "2026-02-01T12:00:00Z"
}))]
pub(crate) struct DownloadLink {
    /// The address.
    pub url: String,
    /// The file's id; `null` where the site does not tell it.
    pub file_id: Option<FileId>,
    /// The file's name.
    pub name: Option<String>,
    /// Until when the address works.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Get a link to a file's bytes.
///
/// For callers who want to fetch large files past the gateway. Send either `file_id` or `short_code`. YetiShare
/// dialect: `file/download`; the link works for whoever has it, without credentials.
#[utoipa::path(post, path = "/v1/accounts/{account}/download-links", tag = "Files",
    params(AccountPath),
    request_body = DownloadLinkInput,
    responses((status = 201, description = "The link", body = DownloadLink), LinkProblems))]
pub(crate) async fn create_download_link(
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(input): StrictJson<DownloadLinkInput>,
) -> Result<impl IntoResponse, Failure> {
    let file = match (input.file_id, input.short_code) {
        (Some(id), None) => FileRef::Id(access.file_id(&id)?),
        (None, Some(code)) => FileRef::ShortCode(access.short_code(&code)?),
        _ => return Err(Problem::invalid(vec![Fault::pointer("", "must hold either file_id or short_code")]).into()),
    };
    let link = link(&access, &file).await?;
    let link =
        DownloadLink { url: link.url.into(), file_id: link.file_id, name: link.name, expires_at: link.expires_at };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(link)))
}

/// How a file's bytes are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentMode {
    /// They are passed on.
    #[default]
    Stream,
    /// As a redirect to the site.
    Redirect,
}

/// The parameters of a file's bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentParameters {
    /// `redirect` answers 302 with an address at the site, instead of the bytes.
    #[serde(default)]
    #[param(inline)]
    pub mode: ContentMode,
}

/// The header fields that say which bytes are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read from the request's header fields by those who know them")]
pub(crate) struct ContentConditions {
    /// The part of the file that is wanted. Of several parts at once the whole file is answered.
    #[param(rename = "Range", value_type = Option<String>, nullable = false, example = "bytes=0-1023")]
    range: Option<String>,
    /// The `ETag` that the part must belong to; else the whole file is answered.
    #[param(rename = "If-Range", value_type = Option<String>, nullable = false)]
    if_range: Option<String>,
    /// `ETag`s of what the caller has; answered with 304 where one is the file's.
    #[param(rename = "If-None-Match", value_type = Option<String>, nullable = false)]
    if_none_match: Option<String>,
    /// `ETag`s, one of which must be that of the bytes; else 412.
    #[param(rename = "If-Match", value_type = Option<String>, nullable = false)]
    if_match: Option<String>,
    /// The `Last-Modified` of what the caller has; answered with 304. Not evaluated beside `If-None-Match`.
    #[param(rename = "If-Modified-Since", value_type = Option<String>, nullable = false)]
    if_modified_since: Option<String>,
    /// A date; bytes that are newer are 412. Not evaluated beside `If-Match`.
    #[param(rename = "If-Unmodified-Since", value_type = Option<String>, nullable = false)]
    if_unmodified_since: Option<String>,
}

/// A file's bytes.
///
/// Passed on as they arrive, whole or one part of them. A connection that ends before `Content-Length` bytes have come
/// means that the site has broken off. YetiShare dialect: `file/download`, and then the address that it gives.
#[utoipa::path(get, path = "/v1/accounts/{account}/files/{id}/content", tag = "Files",
    params(FilePath, ContentParameters, ContentConditions),
    responses(
        (status = 200, description = "The bytes", body = inline(super::uploads::FileBytes),
            content_type = "*/*", headers(
                ("Accept-Ranges" = String, description = "`bytes`: parts can be asked for; `none`: they cannot, for the size is not known"),
                ("Content-Disposition" = String, description = "The file's name"),
                ("ETag" = String, description = "Stands for these bytes"),
                ("Last-Modified" = String, description = "When the file was uploaded"))),
        (status = 206, description = "The part of the bytes that was asked for",
            body = inline(super::uploads::FileBytes), content_type = "*/*",
            headers(("Content-Range" = String, description = "Which part, of how many bytes"))),
        (status = 302, description = "A redirect to the bytes", headers(("Location" = String, description = "The address"))),
        (status = 304, description = "The caller has these bytes"),
        ContentProblems
    ))]
pub(crate) async fn get_content(
    State(app): State<App>,
    access: Access,
    StrictQuery(parameters): StrictQuery<ContentParameters>,
    Conditions(conditions): Conditions,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let idle = app.server().idle_timeout;
    respond(&access, &parameters, (&headers, &conditions), Wanted::Bytes { idle }).await
}

/// What a file's bytes would be answered with.
///
/// Asks the site about the file alone, and not for its bytes.
#[utoipa::path(head, path = "/v1/accounts/{account}/files/{id}/content", tag = "Files",
    params(FilePath, ContentParameters, ContentConditions),
    responses(
        (status = 200, description = "The header fields of the bytes"),
        (status = 302, description = "A redirect to the bytes", headers(("Location" = String, description = "The address"))),
        (status = 304, description = "The caller has these bytes"),
        ContentProblems
    ))]
pub(crate) async fn get_content_headers(
    access: Access,
    StrictQuery(parameters): StrictQuery<ContentParameters>,
    Conditions(conditions): Conditions,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    respond(&access, &parameters, (&headers, &conditions), Wanted::Head).await
}

async fn respond(
    access: &Access,
    parameters: &ContentParameters,
    (headers, conditions): (&HeaderMap, &Preconditions),
    wanted: Wanted,
) -> Result<Response, Failure> {
    let id = access.file()?;
    if parameters.mode == ContentMode::Stream {
        return Ok(downloads::content(access, &id, headers, conditions, wanted).await?);
    }
    let link = link(access, &FileRef::Id(id)).await?;
    Ok((StatusCode::FOUND, [(CACHE_CONTROL, "no-store"), (LOCATION, link.url.as_str())]).into_response())
}
