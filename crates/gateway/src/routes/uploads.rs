//! `POST /v1/accounts/{account}/files`: uploading a file through the gateway.

use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use polyhost_domain::{Capability, EntryName, ErrorKind, File, MediaType, NameGrammar};
use polyhost_engine::catalogue::Freshness;
use polyhost_engine::changes::{Changed, upload_into};
use polyhost_engine::problem::{Code, Fault, Faults, Problem};
use polyhost_engine::uploads::{Incoming, IncomingBody, Received, Terms, receive};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::cached;
use super::paths::AccountPath;
use crate::app::App;
use crate::extract::{Access, StrictQuery, is_one_file, is_utf8};
use crate::form::{self, Declared};
use crate::problem::{Failure, UploadProblems};

/// The declared properties of an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadParameters {
    /// The file's name. Required, unless the body is a form that contains it.
    #[param(nullable = false, value_type = Option<EntryName>)]
    pub name: Option<String>,
    /// The target folder; the root by default.
    #[param(nullable = false)]
    pub folder_id: Option<String>,
    /// The SHA-1 digest that the bytes must have.
    #[param(nullable = false, pattern = "^[0-9A-Fa-f]{40}$")]
    pub sha1: Option<String>,
}

/// The raw bytes of a file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "stands for a body that is streamed")]
pub(crate) struct FileBytes(Vec<u8>);

/// A form with a file. The file must be the last field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "stands for a body that is streamed")]
pub(crate) struct UploadForm {
    /// The file's name; by default the file name of the form's part.
    #[schema(nullable = false, value_type = Option<EntryName>, example = "holiday.mp4")]
    name: Option<String>,
    /// The target folder; the root by default.
    #[schema(nullable = false, example = "root")]
    folder_id: Option<String>,
    /// The SHA-1 digest that the bytes must have.
    #[schema(nullable = false, pattern = "^[0-9A-Fa-f]{40}$")]
    sha1: Option<String>,
    /// The file's bytes.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// An uploaded file.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "file", "id": "2Rr", "account": "plays", "provider": "streamplay",
    "name": "holiday.mp4", "folder_id": "root", "size": 193_986_560, "content_type": "video/mp4",
    "sha1": null, "md5": null, "short_code": "2Rr", "status": "active", "conversion": null, "uploaded_at": null,
    "last_accessed_at": null, "download_count": null, "tags": null, "visibility": null, "stats_url": null,
    "page_url": "https://www.example.org/2Rr", "embed_url": null,
    "delete_url": "https://www.example.org/2Rr~d?0123456789abcdef0123456789abcdef"
}))]
pub(crate) struct UploadedFile {
    #[serde(flatten)]
    file: File,
    /// The site's address that deletes the file; `null` if the site reports none. Anyone who has the address can delete
    /// the file, so keep it secret. No later response contains it.
    delete_url: Option<Url>,
}

/// Upload a file.
///
/// The body is either the file's bytes, with the file's `Content-Type`, or a form (`multipart/form-data`) as browsers
/// send it. The fields of the form are `name`, `folder_id`, `sha1`, and then `file`. A body with `Content-Length` is
/// streamed to the site as it arrives. Any other body is stored by the gateway until it is complete. OpenLoad dialect:
/// `file/ul`, then a POST to the address that it returns. YetiShare dialect: `file/upload`, within the limits of the
/// account's plan.
#[utoipa::path(post, path = "/v1/accounts/{account}/files", tag = "Files",
    params(AccountPath, UploadParameters),
    request_body(description = "The file", content(
        (inline(FileBytes) = "application/octet-stream"),
        (inline(UploadForm) = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The file", body = UploadedFile,
            headers(("Location" = String, description = "The path of the file"),
                ("ETag" = String,
                    description = "A strong entity tag; missing if the site reports too little to compute one"))),
        UploadProblems
    ))]
pub(crate) async fn upload_file(
    State(app): State<App>,
    access: Access,
    StrictQuery(parameters): StrictQuery<UploadParameters>,
    headers: HeaderMap,
    opened: Option<Extension<form::Opened>>,
    body: Body,
) -> Result<impl IntoResponse, Failure> {
    let kind = Kind::of(&headers)?;
    let length = opened.as_ref().map_or_else(|| body.size_hint().exact(), |Extension(opened)| opened.length);
    let names = access.profile().names;
    let declared = declared(parameters, names, &kind, length)?;
    access.folder_or_root(declared.folder_id.as_deref())?;
    let terms = terms(&app, &access, kind.least_file(length)).await?;

    let body = IncomingBody::new(length, body.into_data_stream(), app.server().idle_timeout);
    let (declared, content_type, body) = match kind {
        Kind::File(content_type) => (declared, content_type, body),
        Kind::Form { boundary } => {
            let opened = opened.and_then(|Extension(opened)| opened.take());
            let (fields, file) = match opened {
                Some(opened) => opened,
                None => form::read(&boundary, length, body).await?,
            };
            let content_type = fields.content_type.clone();
            (declared.and(fields, names)?, content_type, file)
        }
    };
    let folder = access.folder_or_root(declared.folder_id.as_deref())?;
    // Always present here: `declared` and `Declared::and` require the name.
    let name = declared.name.ok_or_else(Problem::internal)?;
    let incoming = Incoming { name, folder, content_type, sha1: declared.sha1, body };
    let into = incoming.folder.clone();
    let receiving = receive(&access, incoming, terms);
    let Received { file, delete_url } = upload_into(app.catalogue(), &access, &into, receiving).await?;
    let location = format!("/v1/accounts/{}/files/{}", file.account, file.id);
    let made = Changed { now: file, is_whole: true };
    let tag = cached::tag_of_file(&access, &made);
    let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::CREATED, headers, tag, Json(UploadedFile { file: made.now, delete_url })))
}

/// Checks the query parameters. The name may be missing if the body is a form, which may contain it.
fn declared(
    parameters: UploadParameters,
    names: NameGrammar,
    kind: &Kind,
    length: Option<u64>,
) -> Result<Declared, Problem> {
    let UploadParameters { name, folder_id, sha1 } = parameters;
    let mut faults = Faults::default();
    if name.is_none() && matches!(kind, Kind::File(_)) {
        faults.push(Fault::parameter("name", "is missing"));
    }
    let declared = Declared::read([name, folder_id, sha1], names, Fault::parameter, &mut faults);
    if length == Some(0) {
        faults.push(Fault::pointer("", "is empty"));
    }
    if faults.is_empty() { Ok(declared) } else { Err(faults.into()) }
}

/// Returns the limits for the body: the gateway's, the provider's, and those of the account's plan.
///
/// They are determined before the first byte is read. A file whose announced length is too large is refused before the
/// account's plan is requested from the site.
async fn terms(app: &App, access: &Access, least_file: u64) -> Result<Terms, Problem> {
    let own = app.server().max_upload;
    let most = access.profile().max_upload_bytes.map_or(own, |site| site.min(own));
    let terms = Terms { most, spool: app.spool().clone() };
    terms.admit(least_file)?;
    if !access.capabilities().supports(Capability::AccountLimits) {
        return Ok(terms);
    }
    match app.catalogue().limits(&access.account, Freshness::Cached).await {
        Ok(plan) => terms.under(&plan.value.value),
        Err(error) if matches!(error.kind(), ErrorKind::CredentialsRejected | ErrorKind::SessionContended) => {
            Err(error.into())
        }
        // If the plan is not available, the site itself enforces its limits.
        Err(_) => Ok(terms),
    }
}

/// The kind of an upload's body.
enum Kind {
    /// The file's bytes, with the file's media type if declared.
    File(Option<String>),
    /// A form.
    Form { boundary: String },
}

impl Kind {
    /// Determines the kind of body from `Content-Type`.
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let wrong = |what: &str| Err(Problem::invalid(vec![Fault::parameter("Content-Type", what)]));
        let unsupported = |detail: &str| Err(Problem::new(Code::UnsupportedMediaType, detail));
        let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Self::File(None)) };
        let text = value.to_str().unwrap_or_default();
        let Ok(media) = text.parse::<MediaType>() else { return wrong("is not a media type") };
        if media.is("multipart/form-data") {
            return match form::boundary(text) {
                None => wrong("has no valid boundary"),
                Some(_) if !is_utf8(&media) => unsupported("The form must be in UTF-8."),
                Some(boundary) => Ok(Self::Form { boundary }),
            };
        }
        if !is_one_file(&media) {
            return unsupported("The body must be the bytes of one whole file, or a form (multipart/form-data).");
        }
        // curl sends this type by default, so it does not describe the file.
        let is_known = !media.is("application/x-www-form-urlencoded");
        Ok(Self::File(is_known.then(|| media.into())))
    }

    /// Returns the smallest possible size of the file in a body of this length.
    fn least_file(&self, length: Option<u64>) -> u64 {
        let around = match self {
            Self::File(_) => 0,
            Self::Form { boundary } => form::max_overhead(boundary),
        };
        length.unwrap_or_default().saturating_sub(around)
    }
}
