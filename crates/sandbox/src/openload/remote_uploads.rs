//! `remotedl/add`, `remotedl/status` and `remotedl/remove`: files that the site fetches from a URL. The simulator never
//! opens a connection, and generates the bytes.

use serde_json::{Map, Value, json};
use url::Url;

use super::call::Call;
use super::reply::{self, Answer, Refusal};
use super::rows::{INVALID_URL, RemoteUpload};
use super::site::Context;
use crate::progress::{Schedule, Stage};
use crate::remote;

/// `remotedl/add`. A URL that cannot be fetched is accepted as well. Only the status shows the failure.
pub(crate) fn add(context: &mut Context<'_>, call: &Call) -> Answer {
    let url = call.required("url")?.to_owned();
    let folder = context.store.folder(call.given("folder").unwrap_or_default())?;
    let error = error_of(context, &url);
    let upload = RemoteUpload {
        folder,
        headers: call.array("headers"),
        schedule: Schedule { start: context.now, step: context.options.remote_upload_step },
        error,
        file: None,
        url,
    };
    let id = context.store.add_remote_upload(upload);
    Ok(json!({"id": id.to_string(), "folderid": folder.to_string()}))
}

/// Returns the error of fetching a URL, or `None` if it will succeed.
fn error_of(context: &Context<'_>, url: &str) -> Option<String> {
    let failing = context.store.failing_urls.iter().find(|(part, _)| url.contains(part));
    match Url::parse(url).ok().filter(remote::is_public) {
        None => Some(INVALID_URL.to_owned()),
        Some(_) if failing.is_some() => failing.map(|(_, words)| words.clone()),
        Some(url) if url.host_str().is_some_and(|host| host.ends_with(".invalid")) => {
            Some("Could not resolve host".to_owned())
        }
        Some(_) => None,
    }
}

/// `remotedl/status`: the newest first, as far as a map has an order. An unknown id gives an empty answer.
pub(crate) fn status(context: &mut Context<'_>, call: &Call) -> Answer {
    let wanted = call.optional("id");
    let rows = context.store.remote_uploads.iter().rev();
    let rows = rows.map(|(id, upload)| (id.to_string(), *id, upload));
    let rows = rows.filter(|(text, ..)| wanted.is_none_or(|wanted| wanted == text)).take(call.limit());
    let rows: Map<_, _> = rows.map(|(text, id, upload)| (text, row(context, id, upload))).collect();
    Ok(reply::map(rows))
}

/// `remotedl/remove`: removes one remote upload, or `all`. A file that has arrived stays.
pub(crate) fn remove(context: &mut Context<'_>, call: &Call) -> Answer {
    let uploads = &mut context.store.remote_uploads;
    match call.required("id")? {
        "all" => uploads.clear(),
        id => {
            let known = id.parse().ok().and_then(|id: u64| uploads.remove(&id));
            known.ok_or_else(Refusal::no_such_remote_upload)?;
        }
    }
    Ok(json!(true))
}

fn row(context: &Context<'_>, id: u64, upload: &RemoteUpload) -> Value {
    let options = context.options;
    let is_refused = upload.error.as_deref() == Some(INVALID_URL);
    let stage = if is_refused { Stage::Done } else { upload.schedule.stage(context.now) };
    let updated = if is_refused { upload.schedule.start } else { upload.schedule.last_update(context.now) };
    let error = upload.error.as_deref().filter(|_| stage == Stage::Done);
    json!({
        "id": options.number(id),
        "remoteurl": upload.url,
        "status": word(stage, error),
        "progress_percent": progress(stage),
        "folderid": upload.folder.to_string(),
        "added": reply::date_time(upload.schedule.start),
        "last_update": reply::date_time(updated),
        "errormsg": options.or_missing(error),
        "extid": options.or_missing(upload.file.as_deref()),
        "url": options.or_missing(upload.file.as_ref().map(|id| format!("{}/v/{id}", context.origin))),
    })
}

fn word(stage: Stage, error: Option<&str>) -> &'static str {
    match (stage, error) {
        (Stage::Waiting, _) => "new",
        (Stage::Running(_), _) => "downloading",
        (Stage::Done, None) => "finished",
        (Stage::Done, Some(_)) => "error",
    }
}

/// Returns a text with two decimal places, or `null` before the start. A failed remote upload also has 100.
fn progress(stage: Stage) -> Value {
    match stage {
        Stage::Waiting => Value::Null,
        Stage::Running(done) => Value::String(format!("{:.2}", done * 100.0)),
        Stage::Done => Value::String("100".to_owned()),
    }
}
