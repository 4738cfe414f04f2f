//! `file/url_upload_add` and `file/url_upload_status`: files that the site fetches from a URL. The simulator never
//! opens a connection, and generates the bytes.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

use super::call::Call;
use super::files;
use super::queue::{RemoteUpload, State};
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::site::Context;
use super::store::FETCHED_LENGTH;
use crate::remote;

/// The padding is optional, as in PHP.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `file/url_upload_add`. A URL that cannot be fetched is accepted as well. Only the status shows the failure.
pub(crate) fn add(context: &mut Context<'_>, call: &Call) -> Answer {
    let url = decoded(call.required("file_url_base64")?).ok_or_else(Refusal::not_base64)?;
    let error = error_of(context, &url);
    let id = context.store.remote_uploads.add(url.clone(), call.id("folder_id"), error, context.now);
    Ok(Success::message("File download from URL scheduled").with("data", json!({"scheduled_item_id": id, "url": url})))
}

fn decoded(text: &str) -> Option<String> {
    let url = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
    Some(url.trim().to_owned()).filter(|url| !url.is_empty())
}

/// Returns the reason for which fetching a URL will fail; `None` if it will succeed.
fn error_of(context: &Context<'_>, url: &str) -> Option<String> {
    let failing = context.store.remote_uploads.failing_urls.iter().find(|(part, _)| url.contains(part));
    if let Some((_, words)) = failing {
        return Some(words.clone());
    }
    match Url::parse(url).ok().filter(remote::is_public) {
        None => Some("Invalid url.".to_owned()),
        Some(url) if url.host_str().is_some_and(|host| host.ends_with(".invalid")) => {
            Some("Could not get the remote file. Could not resolve host.".to_owned())
        }
        Some(_) => None,
    }
}

/// `file/url_upload_status`. Its ids and sizes are always numbers.
pub(crate) fn status(context: &mut Context<'_>, call: &Call) -> Answer {
    call.required("scheduled_item_id")?;
    let id = call.id("scheduled_item_id");
    let job = context.store.remote_uploads.jobs.get(&id).ok_or_else(Refusal::no_such_remote_upload)?;
    Ok(Success::message("Scheduled URL file download found").with("data", row(context, id, job)))
}

fn row(context: &Context<'_>, id: u64, job: &RemoteUpload) -> Value {
    let options = context.options;
    let (status, started, finished) = match job.state {
        State::Pending => ("pending", None, None),
        State::Downloading { started, .. } => ("downloading", Some(started), None),
        State::Complete { started, finished, .. } => ("complete", Some(started), Some(finished)),
        State::Failed { started, finished } => ("failed", Some(started), Some(finished)),
    };
    let is_size_known = job.state != State::Pending && job.error.is_none();
    let mut row = json!({
        "scheduled_item_id": id,
        "status": status,
        "created": options.date(Some(job.created)),
        "started": options.date(started),
        "finished": options.date(finished),
        "total_size": if is_size_known { FETCHED_LENGTH } else { 0 },
    });
    if let State::Complete { file, .. } = job.state {
        row["downloaded_file"] = fetched(context, file);
    }
    if options.remote_upload_notes {
        let notes = job.error.as_deref().filter(|_| status == "failed");
        row["notes"] = notes.map_or(Value::Null, Value::from);
    }
    row
}

fn fetched(context: &Context<'_>, id: u64) -> Value {
    context.store.files.get(&id).map_or(Value::Null, |file| {
        let name =
            utf8_percent_encode(&file.name, NON_ALPHANUMERIC).to_string().replace("%2E", ".").replace("%5F", "_");
        json!({
            "file_id": file.id,
            "name": file.name,
            "size": file.size,
            "url": format!("{}/{name}", files::url(context.origin, file)),
        })
    })
}
