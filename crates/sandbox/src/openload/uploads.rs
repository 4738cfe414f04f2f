//! Uploads: `file/ul` hands out a URL, and the bytes of one file are then posted there. Bytes go straight to a temporary
//! file, for a simulator that held them in memory could not show how an adapter copes with large ones.

use std::io;
use std::sync::Arc;

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::call::Call;
use super::content::{self, Content};
use super::options::UploadReply;
use super::reply::{self, Answer, Refusal};
use super::rows::{NewFile, Ticket};
use super::site::{Context, Site, UPLOAD_PATH};
use crate::clock::later;
use crate::journal::{Entry, ReceivedUpload};
use crate::serve;

/// `file/ul`. `httponly` changes nothing: every URL of the simulator is plain HTTP.
pub(crate) fn ticket(context: &mut Context<'_>, call: &Call) -> Answer {
    let folder = context.store.folder(call.given("folder").unwrap_or_default())?;
    let valid_until = later(context.now, context.options.upload_url_ttl);
    let sha1 = call.optional("sha1").map(str::to_ascii_lowercase);
    let id = content::random_id();
    context.store.tickets.insert(id.clone(), Ticket { folder, sha1, valid_until });
    Ok(json!({
        "url": format!("{}{UPLOAD_PATH}{id}", context.origin),
        "valid_until": reply::date_time(valid_until),
    }))
}

/// The POST to an upload URL. What the web server refuses by itself comes first, and as its own page.
pub(crate) async fn receive(State(site): State<Arc<Site>>, Path(id): Path<String>, request: Request) -> Response {
    let length = declared_length(request.headers());
    if let Some(status) = refused_by_the_web_server(&site, length) {
        serve::drain_later(request.into_body());
        return serve::error_page(status);
    }
    let answer = match claim(&site, &id) {
        Ok(ticket) => take_file(&site, ticket, length, request).await,
        Err(refusal) => {
            serve::drain(request.into_body()).await;
            Err(refusal)
        }
    };
    let mut response = reply::envelope(site.options(), answer);
    if site.options().html_reply_to_upload {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    }
    response
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refused_by_the_web_server(site: &Site, length: Option<u64>) -> Option<StatusCode> {
    match (length, site.options().max_upload) {
        (None, _) if site.options().refuse_chunked => Some(StatusCode::LENGTH_REQUIRED),
        (Some(length), Some(most)) if length > most => Some(StatusCode::PAYLOAD_TOO_LARGE),
        _ => None,
    }
}

/// Uses a URL up. Whatever becomes of the upload, the URL does not work a second time.
fn claim(site: &Site, id: &str) -> Result<Ticket, Refusal> {
    site.with(|context| {
        let ticket = context.store.tickets.remove(id).ok_or_else(Refusal::no_such_upload_url)?;
        if ticket.valid_until < context.now { Err(Refusal::expired_upload_url()) } else { Ok(ticket) }
    })
}

async fn take_file(site: &Site, ticket: Ticket, length: Option<u64>, request: Request) -> Answer {
    let entry = request.extensions().get::<Entry>().cloned();
    let trace = Trace { entry, length };
    trace.begin();
    let multipart = Multipart::from_request(request, &()).await;
    let multipart = multipart.map_err(|_| Refusal::bad_request("No file was uploaded"))?;
    let arrived = first_file(site, multipart, &trace).await?;
    let arrived = arrived.ok_or_else(|| Refusal::bad_request("No file was uploaded"))?;
    if arrived.size == 0 {
        return Err(Refusal::bad_request("The file is empty"));
    }
    if ticket.sha1.as_ref().is_some_and(|expected| *expected != arrived.sha1) {
        return Err(Refusal::bad_request("The sha1 of the file does not match"));
    }
    Ok(site.with(|context| store(context, ticket.folder, arrived)))
}

/// A file whose bytes have all arrived.
struct Arrived {
    name: String,
    content_type: String,
    content: Content,
    size: u64,
    sha1: String,
}

/// The first part with a file name. The body is read to its end even so, for only then is the upload complete.
async fn first_file(site: &Site, mut multipart: Multipart, trace: &Trace) -> Result<Option<Arrived>, Refusal> {
    let broken_off = |_| Refusal::bad_request("The upload was broken off");
    let mut arrived = None;
    while let Some(field) = multipart.next_field().await.map_err(broken_off)? {
        if arrived.is_none() && field.file_name().is_some() {
            arrived = Some(save(site, field, trace).await?);
        }
    }
    trace.complete();
    Ok(arrived)
}

async fn save(site: &Site, mut field: Field<'_>, trace: &Trace) -> Result<Arrived, Refusal> {
    trace.note(&field);
    let name = field.file_name().unwrap_or_default().to_owned();
    let content_type = content_type_of(&field, &name);
    let (file, path) = new_file(site).map_err(|_| Refusal::server_error())?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut hash, mut size) = (Sha1::new(), 0_u64);
    let mut spoilt = site.with(|context| std::mem::take(&mut context.store.spoil_next_upload));
    while let Some(chunk) = field.chunk().await.map_err(|_| Refusal::bad_request("The upload was broken off"))? {
        let mut chunk = Vec::from(chunk);
        if let Some(first) = chunk.first_mut().filter(|_| spoilt) {
            *first = !*first;
            spoilt = false;
        }
        hash.update(&chunk);
        size += chunk.len() as u64;
        trace.add(chunk.len());
        file.write_all(&chunk).await.map_err(|_| Refusal::server_error())?;
    }
    file.flush().await.map_err(|_| Refusal::server_error())?;
    let sha1 = content::hexadecimal(&hash.finalize());
    Ok(Arrived { name, content_type, content: Content::Disk(Arc::new(path)), size, sha1 })
}

fn new_file(site: &Site) -> io::Result<(std::fs::File, tempfile::TempPath)> {
    Ok(NamedTempFile::new_in(site.uploads().path())?.into_parts())
}

/// What the part says that it is, unless it says nothing.
fn content_type_of(field: &Field<'_>, name: &str) -> String {
    let declared = field.content_type().filter(|declared| *declared != "application/octet-stream");
    declared.unwrap_or_else(|| content::type_by_name(name)).to_owned()
}

fn store(context: &mut Context<'_>, folder: u64, arrived: Arrived) -> Value {
    let id = content::random_id();
    let mut result = json!({
        "content_type": arrived.content_type,
        "id": id,
        "name": arrived.name,
        "sha1": arrived.sha1,
        // A text here, whatever the other answers do.
        "size": arrived.size.to_string(),
        "url": format!("{}/v/{id}", context.origin),
    });
    let left_out: &[&str] = match context.options.upload_reply {
        UploadReply::Whole => &[],
        UploadReply::UrlAlone => &["id"],
        UploadReply::Nameless => &["id", "url"],
    };
    if let Some(fields) = result.as_object_mut() {
        fields.retain(|name, _| !left_out.contains(&name.as_str()));
    }
    let Arrived { name, content_type, content, size, sha1 } = arrived;
    let file = NewFile { name, folder, content, size, sha1, content_type, uploaded_at: context.now };
    context.store.add_file(id, file);
    result
}

/// Notes in the journal how far an upload has come, while it comes: one that is broken off is noted as far as it went.
struct Trace {
    entry: Option<Entry>,
    length: Option<u64>,
}

impl Trace {
    fn begin(&self) {
        self.write(|entry| {
            entry.note_upload(ReceivedUpload { declared_length: self.length, ..ReceivedUpload::default() })
        });
    }

    fn note(&self, field: &Field<'_>) {
        let (name, file_name, content_type) = (field.name(), field.file_name(), field.content_type());
        self.change(|upload| {
            upload.field = name.map(str::to_owned);
            upload.file_name = file_name.map(str::to_owned);
            upload.content_type = content_type.map(str::to_owned);
        });
    }

    fn add(&self, bytes: usize) {
        self.change(|upload| upload.bytes += bytes as u64);
    }

    fn complete(&self) {
        self.change(|upload| upload.complete = true);
    }

    fn change(&self, change: impl FnOnce(&mut ReceivedUpload)) {
        self.write(|entry| entry.change_upload(change));
    }

    fn write(&self, write: impl FnOnce(&Entry)) {
        if let Some(entry) = &self.entry {
            write(entry);
        }
    }
}
