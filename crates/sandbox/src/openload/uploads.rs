//! Uploads: `file/ul` issues a URL, and a client then posts the bytes of one file there.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use sha1::Sha1;

use super::call::Call;
use super::ids;
use super::reply::{self, Answer, Refusal};
use super::rows::{NewFile, Ticket};
use super::site::{Context, Site, UPLOAD_PATH};
use crate::clock::later;
use crate::journal::Entry;
use crate::receive::{self, Lost, Saved, Trace};
use crate::serve;
use crate::upload_reply::{self, UploadReply};

/// `file/ul`. `httponly` has no effect: every URL of the simulator is plain HTTP.
pub(crate) fn ticket(context: &mut Context<'_>, call: &Call) -> Answer {
    let folder = context.store.folder(call.given("folder").unwrap_or_default())?;
    let valid_until = later(context.now, context.options.upload_url_ttl);
    let sha1 = call.optional("sha1").map(str::to_ascii_lowercase);
    let id = ids::random_id();
    context.store.tickets.insert(id.clone(), Ticket { folder, sha1, valid_until });
    Ok(json!({
        "url": format!("{}{UPLOAD_PATH}{id}", context.origin),
        "valid_until": reply::date_time(valid_until),
    }))
}

/// Handles the POST to an upload URL. The web server's own rejections come first, with its error page.
pub(crate) async fn receive(State(site): State<Arc<Site>>, Path(id): Path<String>, request: Request) -> Response {
    let length = serve::declared_length(request.headers());
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

fn refused_by_the_web_server(site: &Site, length: Option<u64>) -> Option<StatusCode> {
    match (length, site.options().max_upload) {
        (None, _) if site.options().refuse_chunked => Some(StatusCode::LENGTH_REQUIRED),
        (Some(length), Some(most)) if length > most => Some(StatusCode::PAYLOAD_TOO_LARGE),
        _ => None,
    }
}

/// Invalidates an upload URL and returns its ticket. The URL does not work again, even if the upload fails.
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
    if ticket.sha1.as_ref().is_some_and(|expected| *expected != arrived.hash) {
        return Err(Refusal::bad_request("The sha1 of the file does not match"));
    }
    Ok(site.with(|context| store(context, ticket.folder, arrived)))
}

/// Saves the first part with a file name. Reads the body to its end, because only then is the upload complete.
async fn first_file(site: &Site, mut multipart: Multipart, trace: &Trace) -> Result<Option<Saved>, Refusal> {
    let mut arrived = None;
    while let Some(field) = multipart.next_field().await.map_err(|error| refused(error.into()))? {
        if arrived.is_none() && field.file_name().is_some() {
            let damage = site.with(|context| std::mem::take(&mut context.store.damage_next_upload));
            arrived = Some(receive::save::<Sha1>(field, site.uploads(), damage, trace).await.map_err(refused)?);
        }
    }
    trace.complete();
    Ok(arrived)
}

fn refused(lost: Lost) -> Refusal {
    match lost {
        Lost::BrokenOff => Refusal::bad_request("The upload was broken off"),
        Lost::Disk => Refusal::server_error(),
    }
}

fn store(context: &mut Context<'_>, folder: u64, mut arrived: Saved) -> Value {
    let id = ids::random_id();
    let is_taken = |name: &str| context.store.files.values().any(|file| file.folder == folder && file.name == name);
    let name = context.options.stored_names.store(&arrived.name);
    arrived.name = context.options.copies.name(&name, is_taken);
    let mut result = json!({
        "content_type": arrived.content_type,
        "id": id,
        "name": arrived.name,
        "sha1": arrived.hash,
        // Always a text here, unlike in the other answers.
        "size": arrived.size.to_string(),
        "url": format!("{}/v/{id}", context.origin),
    });
    let left_out: &[&str] = match context.options.upload_reply {
        UploadReply::Whole => &[],
        UploadReply::UrlAlone => &["id"],
        UploadReply::Nameless => &["id", "url"],
    };
    upload_reply::remove(&mut result, left_out);
    if !context.options.reply_hash {
        upload_reply::remove(&mut result, &["sha1"]);
    }
    context.options.reply_size.apply(&mut result, Value::from(0));
    let Saved { name, content_type, content, size, hash: sha1 } = arrived;
    let file = NewFile { name, folder, content, size, sha1, content_type, uploaded_at: context.now };
    let id = context.store.add_file(id, file);
    if let Some(file) = context.store.files.get_mut(&id) {
        file.unlisted_for = context.options.listed_late;
    }
    context.options.reply_shape.hold(result)
}
