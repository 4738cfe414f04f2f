//! `/v1/accounts/{account}/remote-uploads`: files that the site fetches from a URL by itself.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use polyhost_domain::{Capability, HeaderFields, NewRemoteUpload, RemoteUpload, RemoteUploadSelection, RemoteUrl};
use polyhost_engine::changes::add_remote_upload;
use polyhost_engine::problem::{Code, Fault, Faults};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JobLimit;
use super::callers::NoParameters;
use super::paths::{AccountPath, RemoteUploadPath};
use crate::app::App;
use crate::extract::{Access, StrictJson, StrictQuery, escape, present};
use crate::problem::{CancelRemoteUploadProblems, CreateProblems, Failure, ReadProblems, ReadRemoteUploadProblems};

/// The properties of a new remote upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://media.example.org/bunny.mov", "folder_id": "root"
}))]
pub(crate) struct RemoteUploadInput {
    /// The URL that the site fetches: http or https, a public address, no user info.
    #[schema(format = Uri, max_length = 4096)]
    pub url: String,
    /// The target folder; the root by default.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub folder_id: Option<String>,
    /// Header fields that the site sends with its request, at most 8192 bytes in total.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<BTreeMap<FieldName, HeaderValues>>)]
    pub headers: Option<BTreeMap<String, HeaderValues>>,
}

/// The name of a header field; not Host, Content-Length, Transfer-Encoding or Connection.
#[derive(Debug, ToSchema)]
#[schema(pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", example = "Cookie")]
#[expect(dead_code, reason = "a type of the OpenAPI document alone")]
pub(crate) struct FieldName(String);

/// The value of a header field: one line.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(pattern = r"^[^\r\n\u0000]*$", example = "session=1")]
pub(crate) struct FieldValue(String);

/// The value of a header field, or several.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = "Bearer 0123abcd")]
#[serde(untagged, expecting = "must be a string or a list of strings")]
pub(crate) enum HeaderValues {
    /// One value.
    One(FieldValue),
    /// Several values, sent as separate fields in this order.
    Many(Vec<FieldValue>),
}

impl HeaderValues {
    fn as_slice(&self) -> &[FieldValue] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Start a remote upload.
///
/// The site fetches a file from a URL by itself. OpenLoad dialect: `remotedl/add`. YetiShare dialect:
/// `file/url_upload_add`, without header fields; the remote upload is in no list, so keep its id.
#[utoipa::path(post, path = "/v1/accounts/{account}/remote-uploads", tag = "Remote uploads",
    params(AccountPath),
    request_body(content = RemoteUploadInput, examples(
        ("fetch" = (summary = "Fetch a clip", value = json!({
            "url": "https://media.example.org/bunny.mov", "folder_id": "root"
        }))),
        ("fetch_with_header_fields" = (summary = "Fetch a clip with header fields", value = json!({
            "url": "https://media.example.org/bunny.mov", "headers": {"Cookie": "session=1"}
        })))
    )),
    responses(
        (status = 202, description = "The remote upload", body = RemoteUpload,
            headers(("Location" = String, description = "The path of the remote upload"))),
        CreateProblems
    ))]
pub(crate) async fn create_remote_upload(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(input): StrictJson<RemoteUploadInput>,
) -> Result<impl IntoResponse, Failure> {
    let mut faults = Faults::default();
    let url: Option<RemoteUrl> = faults.parse(&input.url, |error| Fault::pointer("/url", error));
    let headers = header_fields(input.headers.unwrap_or_default(), &mut faults);
    let (Some(url), true) = (url, faults.is_empty()) else { return Err(faults.into()) };
    if !headers.is_empty() {
        access.require(Capability::RemoteUploadsHeaders)?;
    }
    let folder = access.folder_or_root(input.folder_id.as_deref())?;
    let new = NewRemoteUpload { url, folder, headers };
    let upload = add_remote_upload(app.catalogue(), &access, new).await?;
    let location = format!("/v1/accounts/{}/remote-uploads/{}", upload.account, upload.id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(upload)))
}

fn header_fields(given: BTreeMap<String, HeaderValues>, faults: &mut Faults) -> HeaderFields {
    let mut fields = HeaderFields::default();
    for (name, values) in &given {
        for FieldValue(value) in values.as_slice() {
            if let Err(error) = fields.push(name, value) {
                faults.push(Fault::pointer(&format!("/headers/{}", escape(name)), error));
            }
        }
    }
    fields
}

/// The parameters of the list of remote uploads.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecentParameters {
    /// The maximum number of remote uploads to list.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 100)]
    pub limit: JobLimit,
}

/// A list of remote uploads, up to the limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemoteUploadList {
    /// The remote uploads.
    pub items: Vec<RemoteUpload>,
    /// Always `null`: the site has no further pages.
    pub next_cursor: Option<String>,
    /// Whether the limit was reached, so that there may be more.
    #[schema(example = false)]
    pub truncated: bool,
    /// The number of entries of the site's list that could not be read. They are not among the items.
    #[schema(example = 0)]
    pub unreadable: usize,
}

/// List the recent remote uploads.
///
/// The newest come first. OpenLoad dialect: `remotedl/status`.
#[utoipa::path(get, path = "/v1/accounts/{account}/remote-uploads", tag = "Remote uploads",
    params(AccountPath, RecentParameters),
    responses((status = 200, description = "The remote uploads", body = RemoteUploadList), ReadProblems))]
pub(crate) async fn list_remote_uploads(
    State(app): State<App>,
    access: Access,
    StrictQuery(parameters): StrictQuery<RecentParameters>,
) -> Result<Json<RemoteUploadList>, Failure> {
    let selection = RemoteUploadSelection::Recent(parameters.limit.get());
    let uploads = app.completions().remote_uploads(&access, selection).await?;
    let unreadable = uploads.unreadable;
    let (items, truncated) = parameters.limit.cut(uploads);
    Ok(Json(RemoteUploadList { items, next_cursor: None, truncated, unreadable }))
}

/// Get a remote upload.
///
/// OpenLoad dialect: `remotedl/status`. YetiShare dialect: `file/url_upload_status`.
#[utoipa::path(get, path = "/v1/accounts/{account}/remote-uploads/{id}", tag = "Remote uploads",
    params(
        RemoteUploadPath
    ),
    responses((status = 200, description = "The remote upload", body = RemoteUpload), ReadRemoteUploadProblems))]
pub(crate) async fn get_remote_upload(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Result<Json<RemoteUpload>, Failure> {
    let id = access.remote_upload()?;
    let missing = access.nothing_has(Code::RemoteUploadNotFound, "remote upload", id.as_str());
    let mut uploads = app.completions().remote_uploads(&access, RemoteUploadSelection::Ids(vec![id])).await?;
    Ok(uploads.pop().map(Json).ok_or(missing)?)
}

/// Cancel a remote upload.
///
/// The site stops fetching, and removes the remote upload from its list or reports it as `cancelled`. A file that has
/// already arrived stays. OpenLoad dialect: `remotedl/remove`, at sites with the setting `remote_remove`.
#[utoipa::path(delete, path = "/v1/accounts/{account}/remote-uploads/{id}", tag = "Remote uploads",
    params(RemoteUploadPath),
    responses((status = 204, description = "The remote upload is cancelled"), CancelRemoteUploadProblems))]
pub(crate) async fn cancel_remote_upload(
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
) -> Result<StatusCode, Failure> {
    let id = access.remote_upload()?;
    access.account.cancel_remote_upload(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
