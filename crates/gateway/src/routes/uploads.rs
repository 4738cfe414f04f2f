//! `POST /v1/accounts/{account}/files`: a file's bytes on their way to the site.

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use mime::Mime;
use polyhost_domain::{Capability, EntryName, File, Sha1Digest};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::paths::AccountPath;
use crate::app::App;
use crate::extract::{Access, StrictQuery, Writing};
use crate::problem::{Code, Fault, Faults, Problem, UploadProblems};
use crate::uploads::{Incoming, check_plan, receive};

/// What is declared about an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParameters {
    /// The file's name.
    #[param(required, min_length = 1, max_length = 255, example = "holiday.mp4")]
    pub name: Option<String>,
    /// The folder that is to hold it; the root unless told.
    #[param(nullable = false, example = "root")]
    pub folder_id: Option<String>,
    /// The SHA-1 digest that the bytes must have.
    #[param(nullable = false, pattern = "^[0-9A-Fa-f]{40}$", example = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12")]
    pub sha1: Option<String>,
}

/// A file's bytes as they are, for the OpenAPI document.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "stands for a body that is streamed")]
pub struct FileBytes(Vec<u8>);

/// Upload a file.
///
/// The body is the file's bytes, its `Content-Type` the file's. `Content-Length` is needed: the bytes are passed on as
/// they arrive. OpenLoad dialect: `file/ul`, then a POST to the address that it gives. YetiShare dialect: `file/upload`,
/// within what the account's plan allows.
#[utoipa::path(post, path = "/v1/accounts/{account}/files", tag = "Files",
    params(AccountPath, UploadParameters),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream", description = "The file's bytes"),
    responses(
        (status = 201, description = "The file", body = File,
            headers(("Location" = String, description = "The path of the file"))),
        UploadProblems
    ))]
pub async fn upload_file(
    State(app): State<App>,
    access: Access<Writing>,
    StrictQuery(parameters): StrictQuery<UploadParameters>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let mut faults = Faults::default();
    let name: Option<EntryName> = match parameters.name {
        Some(name) => faults.parse(&name, |error| Fault::parameter("name", error)),
        None => {
            faults.push(Fault::parameter("name", "is missing"));
            None
        }
    };
    let sha1: Option<Sha1Digest> =
        parameters.sha1.and_then(|sha1| faults.parse(&sha1, |error| Fault::parameter("sha1", error)));
    let content_type = content_type(&headers)?;
    let length = length(&body, &mut faults);
    let (Some(name), Some(length), true) = (name, length, faults.is_empty()) else { return Err(faults.into()) };
    access.require(Capability::FilesUpload)?;
    let folder = access.folder_or_root(parameters.folder_id.as_deref())?;
    check_limit(length, app.server().max_upload, access.profile().max_upload_bytes)?;
    if access.capabilities().supports(Capability::AccountLimits)
        // A site that does not tell its limits enforces them itself.
        && let Ok(limits) = app.catalogue().limits(&access).await
    {
        check_plan(&limits, length)?;
    }
    let body = body.into_data_stream();
    let file = receive(&access, Incoming { name, folder, content_type, length, sha1, body }).await?;
    let location = format!("/v1/accounts/{}/files/{}", file.account, file.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(file)))
}

/// The file's media type. What curl adds by itself says nothing about the file.
fn content_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(None) };
    // What follows the type is passed on as it is.
    let text = value.to_str().ok();
    let media: Option<Mime> = text.and_then(|text| text.split(';').next()?.trim().parse().ok());
    match media {
        None => Err(Problem::invalid(vec![Fault::parameter("Content-Type", "is not a media type")])),
        Some(media) if media.type_() == mime::MULTIPART => {
            Err(Problem::new(Code::UnsupportedMediaType, "The body must be the file's bytes themselves, not a form."))
        }
        Some(media) if media == mime::APPLICATION_WWW_FORM_URLENCODED => Ok(None),
        Some(_) => Ok(text.map(str::to_owned)),
    }
}

fn length(body: &Body, faults: &mut Faults) -> Option<u64> {
    match body.size_hint().exact() {
        Some(0) => {
            faults.push(Fault::pointer("", "is empty"));
            None
        }
        Some(length) => Some(length),
        None => {
            faults.push(Fault::parameter("Content-Length", "is missing: the site needs to know the length beforehand"));
            None
        }
    }
}

fn check_limit(length: u64, own: u64, site: Option<u64>) -> Result<(), Problem> {
    let limit = site.map_or(own, |site| site.min(own));
    if length <= limit {
        return Ok(());
    }
    Err(Problem::new(Code::PayloadTooLarge, format!("The file has {length} bytes; at most {limit} can be uploaded.")))
}
