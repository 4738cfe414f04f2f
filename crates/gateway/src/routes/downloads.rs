//! Downloads: links to a file's bytes, and the bytes themselves.

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
use crate::downloads::{self, Requested};
use crate::extract::{Access, Conditions, StrictJson, StrictQuery, present};
use crate::problem::{ContentProblems, Failure, LinkProblems};

/// The file to link to: either its id or its short code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1, example = json!({"file_id": "1001"}))]
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

/// A link to a file's bytes. It works without credentials, so keep it secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://files.example.com/2Vv?download_token=c3e6289a23e9819d8663569da96087d0", "file_id": "1253",
    "name": "sample4_l.jpg", "expires_at": "2026-02-01T12:00:00Z"
}))]
pub(crate) struct DownloadLink {
    /// The address.
    pub url: String,
    /// The file's id; `null` if the site does not report it.
    pub file_id: Option<FileId>,
    /// The file's name.
    pub name: Option<String>,
    /// The time at which the address expires.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Create a download link.
///
/// The link leads to a file's bytes. Use it to download large files directly from the site, without the gateway. Send
/// either `file_id` or `short_code`. YetiShare dialect: `file/download`; the link works without credentials for anyone
/// who has it.
#[utoipa::path(post, path = "/v1/accounts/{account}/download-links", tag = "Files",
    params(AccountPath),
    request_body(content = DownloadLinkInput, examples(
        ("file" = (summary = "Link to a file", value = json!({"file_id": "1001"})))
    )),
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

/// The form of the response for a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentMode {
    /// The gateway streams the bytes.
    #[default]
    Stream,
    /// The gateway redirects to the site.
    Redirect,
}

/// The parameters of a file's bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentParameters {
    /// `redirect` returns 302 with an address at the site, instead of the bytes.
    #[serde(default)]
    #[param(inline)]
    pub mode: ContentMode,
}

/// The header fields that select bytes: the range and the preconditions.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read from the request's header fields")]
pub(crate) struct ContentConditions {
    /// The part of the file to return, such as `bytes=0-1023`. A request for several parts returns the whole file.
    #[param(rename = "Range", value_type = Option<String>, nullable = false)]
    range: Option<String>,
    /// The `ETag` that the file must have for the range to apply; otherwise the whole file is returned.
    #[param(rename = "If-Range", value_type = Option<String>, nullable = false)]
    if_range: Option<String>,
    /// `ETag`s of the caller's copies. If one is the file's, the response is 304.
    #[param(rename = "If-None-Match", value_type = Option<String>, nullable = false)]
    if_none_match: Option<String>,
    /// `ETag`s, one of which must be the file's; otherwise 412.
    #[param(rename = "If-Match", value_type = Option<String>, nullable = false)]
    if_match: Option<String>,
    /// The `Last-Modified` of the caller's copy. If the file is not newer, the response is 304. Ignored if
    /// `If-None-Match` is present.
    #[param(rename = "If-Modified-Since", value_type = Option<String>, nullable = false)]
    if_modified_since: Option<String>,
    /// A date. If the file is newer, the response is 412. Ignored if `If-Match` is present.
    #[param(rename = "If-Unmodified-Since", value_type = Option<String>, nullable = false)]
    if_unmodified_since: Option<String>,
}

/// Download a file.
///
/// The bytes, whole or one part of them, are streamed as they arrive. If the connection ends before `Content-Length`
/// bytes, the site has broken off the download. YetiShare dialect: `file/download`, then the address that it returns.
#[utoipa::path(get, path = "/v1/accounts/{account}/files/{id}/content", tag = "Files",
    params(FilePath, ContentParameters, ContentConditions),
    responses(
        (status = 200, description = "The bytes", body = inline(super::uploads::FileBytes),
            content_type = "*/*", headers(
                ("Accept-Ranges" = String,
                    description = "`bytes`: ranges are supported; `none`: they are not, because the size is not known"),
                ("Content-Disposition" = String, description = "The file's name"),
                ("ETag" = String, description = "The entity tag of the bytes"),
                ("Last-Modified" = String, description = "The time at which the file was uploaded"))),
        (status = 206, description = "The requested part of the bytes",
            body = inline(super::uploads::FileBytes), content_type = "*/*",
            headers(("Content-Range" = String, description = "The position of the part and the size of the file"))),
        (status = 302, description = "A redirect to the bytes",
            headers(("Location" = String, description = "The address"))),
        (status = 304, description = "The caller's copy is current"),
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
    respond(&access, &parameters, (&headers, &conditions), Requested::Bytes { idle }).await
}

/// Get the header fields of a download.
///
/// Requests only the file's metadata from the site, not its bytes.
#[utoipa::path(head, path = "/v1/accounts/{account}/files/{id}/content", tag = "Files",
    params(FilePath, ContentParameters, ContentConditions),
    responses(
        (status = 200, description = "The header fields of the bytes"),
        (status = 302, description = "A redirect to the bytes",
            headers(("Location" = String, description = "The address"))),
        (status = 304, description = "The caller's copy is current"),
        ContentProblems
    ))]
pub(crate) async fn get_content_headers(
    access: Access,
    StrictQuery(parameters): StrictQuery<ContentParameters>,
    Conditions(conditions): Conditions,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    respond(&access, &parameters, (&headers, &conditions), Requested::Head).await
}

async fn respond(
    access: &Access,
    parameters: &ContentParameters,
    (headers, conditions): (&HeaderMap, &Preconditions),
    wanted: Requested,
) -> Result<Response, Failure> {
    let id = access.file()?;
    if parameters.mode == ContentMode::Stream {
        return Ok(downloads::content(access, &id, headers, conditions, wanted).await?);
    }
    let link = link(access, &FileRef::Id(id)).await?;
    Ok((StatusCode::FOUND, [(CACHE_CONTROL, "no-store"), (LOCATION, link.url.as_str())]).into_response())
}
