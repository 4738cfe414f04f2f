//! `/v1/accounts/{account}/upload-tickets`: addresses for uploading directly to the site, without the gateway.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use polyhost_domain::{Sha1Digest, TicketRequest, TicketTransport, UploadTicket};
use polyhost_engine::problem::{Fault, Faults};
use serde::Deserialize;
use utoipa::ToSchema;

use super::callers::NoParameters;
use super::paths::AccountPath;
use crate::extract::{Access, StrictJson, StrictQuery, present};
use crate::problem::{Failure, TicketProblems};

/// The properties of a new upload ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"folder_id": "root"}))]
pub(crate) struct NewUploadTicket {
    /// The target folder; the root by default.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub folder_id: Option<String>,
    /// The SHA-1 digest that the site requires the bytes to have.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, pattern = "^[0-9A-Fa-f]{40}$")]
    pub sha1: Option<String>,
    /// Whether the address is plain HTTP instead of HTTPS.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub plain_http: Option<bool>,
}

/// Create an upload ticket.
///
/// A ticket is an address for uploading a file directly to the site. Use it to upload large files without the gateway.
/// OpenLoad dialect: `file/ul`; send the file as `multipart/form-data` in the field that `file_field` names.
#[utoipa::path(post, path = "/v1/accounts/{account}/upload-tickets", tag = "Files",
    params(AccountPath),
    request_body(content = NewUploadTicket, examples(
        ("ticket" = (summary = "Upload a clip to the root folder", value = json!({"folder_id": "root"})))
    )),
    responses((status = 201, description = "The ticket", body = UploadTicket), TicketProblems))]
pub(crate) async fn create_upload_ticket(
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(new): StrictJson<NewUploadTicket>,
) -> Result<impl IntoResponse, Failure> {
    let mut faults = Faults::default();
    let sha1: Option<Sha1Digest> =
        new.sha1.and_then(|sha1| faults.parse(&sha1, |error| Fault::pointer("/sha1", error)));
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let folder = access.folder_or_root(new.folder_id.as_deref())?;
    let transport = match new.plain_http {
        Some(true) => TicketTransport::PlainHttp,
        Some(false) | None => TicketTransport::SiteDefault,
    };
    // Nothing changes at the site until the upload, so there are no cache entries to invalidate.
    let ticket = access.upload_ticket(TicketRequest { folder, sha1, transport }).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(ticket)))
}
