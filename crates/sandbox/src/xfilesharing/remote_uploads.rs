//! URL uploads: files that the site fetches. The simulator never opens a connection, and generates the bytes. The id of
//! a URL upload is the code of the future file.

use serde_json::{Value, json};
use url::Url;

use super::codes;
use super::files::codes_of;
use super::flavours::Flavour;
use super::jobs::State;
use super::mangled::mangled;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::{Owner, UrlUpload};
use super::site::Context;
use super::store::ROOT;
use crate::parameters::Parameters;
use crate::progress::Schedule;
use crate::remote;

/// `upload/url`, and `remote/add` at Byse. A URL that cannot be fetched is accepted as well. An unknown folder is the
/// root.
pub(crate) fn add(context: &mut Context<'_>, call: &Parameters) -> Answer {
    if let Some(code) = call.optional("file_code").filter(|_| context.options.flavour == Flavour::Xfs) {
        return state_of(context, code);
    }
    let url = call.optional("url").ok_or_else(Refusal::invalid_url)?;
    let url = if context.options.mangle_urls { mangled(url) } else { url.to_owned() };
    let folder = if context.options.flavour == Flavour::Voe { "folder_id" } else { "fld_id" };
    let folder = context.store.own_folder(call.optional(folder)).unwrap_or(ROOT);
    if queue(context).len() >= context.options.url_queue {
        return Err(Refusal::url_queue_full(context.options.url_queue));
    }
    // Among the URL uploads of all users.
    if context.store.url_uploads.iter().any(|upload| upload.url == url && !upload.finished) {
        return Err(Refusal::url_queued_already());
    }
    let title = call.optional("new_title").map(|title| context.options.stored_name(title));
    let upload = new_upload(context, &url, folder, title);
    let (code, number) = (upload.code.clone(), upload.number);
    context.store.url_uploads.push(upload);
    Ok(added(context, call, &code, number))
}

fn new_upload(context: &mut Context<'_>, url: &str, folder: u64, title: Option<String>) -> UrlUpload {
    UrlUpload {
        number: context.store.next_number(),
        code: codes::random_code(),
        title,
        folder,
        owner: Owner::Account,
        schedule: Schedule { start: context.now, step: context.options.remote_upload_step },
        error: error_of(context, url),
        stalls: context.store.stalling_urls.iter().any(|part| url.contains(part)),
        finished: false,
        url: url.to_owned(),
    }
}

fn added(context: &Context<'_>, call: &Parameters, code: &str, number: u64) -> Success {
    let result = Success::of(json!({"filecode": code}));
    match context.options.flavour {
        Flavour::Xvs | Flavour::Byse => result,
        Flavour::Xfs => result.saying("WORKING"),
        Flavour::Dood => result
            .with("new_title", call.optional("new_title").unwrap_or_default())
            .with("total_slots", context.options.url_queue.to_string())
            .with("used_slots", (queue(context).len() - 1).to_string()),
        Flavour::Voe => Success::of(json!({"file_code": code, "queueID": number})),
    }
}

/// Returns the error of fetching a URL, or `None` if it will succeed.
fn error_of(context: &Context<'_>, url: &str) -> Option<String> {
    let failing = context.store.failing_urls.iter().find(|(part, _)| url.contains(part));
    match Url::parse(url).ok().filter(remote::is_public) {
        None => Some("Invalid URL".to_owned()),
        Some(_) if failing.is_some() => failing.map(|(_, words)| words.clone()),
        Some(url) if url.host_str().is_some_and(|host| host.ends_with(".invalid")) => {
            Some("File download failed:500".to_owned())
        }
        Some(_) => None,
    }
}

/// Returns the account's URL uploads that are not finished.
fn queue<'a>(context: &'a Context<'_>) -> Vec<&'a UrlUpload> {
    let uploads = context.store.url_uploads.iter();
    uploads.filter(|upload| upload.owner == Owner::Account && !upload.finished).collect()
}

/// `file/url_uploads`: the queue, or the part of one file. A finished URL upload is not in it.
pub(crate) fn list(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let wanted = call.optional("file_code");
    let rows = queue(context).into_iter().filter(|upload| wanted.is_none_or(|wanted| wanted == upload.code));
    let rows = rows.map(|upload| {
        let state = upload.state(context.now);
        json!({
            "file_code": upload.code, "remote_url": upload.url, "fld_id": upload.folder.to_string(),
            "status": state.word("WORKING"), "progress": state.percent(),
        })
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `urlupload/list` and `urlupload/status` (Dood).
pub(crate) fn list_with_bytes(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let wanted = call.optional("file_code");
    let rows = queue(context).into_iter().filter(|upload| wanted.is_none_or(|wanted| wanted == upload.code));
    let rows = rows.map(|upload| {
        let state = upload.state(context.now);
        let word = match state {
            State::Pending => "pending",
            State::Working(_) | State::Stuck(_) => "working",
            State::Failed => "error",
            State::Done => "completed",
        };
        json!({
            "file_code": upload.code, "remote_url": upload.url, "status": word, "bytes_total": "1000",
            "bytes_downloaded": (state.percent() * 10).to_string(),
            "created": context.local(upload.schedule.start), "folder_id": upload.folder.to_string(),
        })
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `urlupload/slots` (Dood).
pub(crate) fn slots(context: &mut Context<'_>, _: &Parameters) -> Answer {
    let used = queue(context).len().to_string();
    let total = context.options.url_queue.to_string();
    Ok(Success::empty().with("total_slots", total).with("used_slots", used))
}

/// `remote/status` (Byse): one object. A finished URL upload keeps it.
pub(crate) fn status(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let code = call.optional("file_code").unwrap_or_default();
    let upload = context.store.url_uploads.iter().find(|upload| upload.code == code && upload.owner == Owner::Account);
    let upload = upload.ok_or_else(Refusal::no_file)?;
    let state = upload.state(context.now);
    let error = upload.error.as_deref().filter(|_| state == State::Failed).unwrap_or_default();
    let day_last = |time| super::dates::day_last(context.options, time);
    Ok(Success::of(json!({
        "url": upload.url, "progress": format!("{}%", state.percent()), "status": state.word("WORKING"),
        "created": day_last(upload.schedule.start), "updated": day_last(upload.schedule.last_update(context.now)),
        "error_msg": error,
    })))
}

/// `upload/url/list` (VOE): finished URL uploads stay in it.
pub(crate) fn list_with_numbers(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let wanted = call.optional("id");
    let own = context.store.url_uploads.iter().filter(|upload| upload.owner == Owner::Account);
    let rows = own.filter(|upload| wanted.is_none_or(|wanted| wanted == upload.number.to_string())).map(|upload| {
        let state = upload.state(context.now);
        let number = match state {
            State::Pending => 1,
            State::Working(_) | State::Stuck(_) => 2,
            State::Done => 3,
            State::Failed => 4,
        };
        json!({
            "id": upload.number, "file_code": upload.code, "status": number, "percent": state.percent(),
            "loaded_size": state.percent() * 10, "total_size": 1000, "url": upload.url,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(Success::empty().with("list", json!({"data": rows})))
}

/// The state by `upload/url` with a code, as at datanodes.
fn state_of(context: &Context<'_>, code: &str) -> Answer {
    let upload = context.store.url_uploads.iter().find(|upload| upload.code == code && upload.owner == Owner::Account);
    let upload = upload.ok_or_else(Refusal::no_file)?;
    let word = upload.state(context.now).word("WORKING");
    Ok(Success::of(json!({"filecode": code, "status": word})).saying(word))
}

/// `file/url_actions`, and `urlupload/actions` at Dood: cancels, restarts or clears.
pub(crate) fn actions(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let is = |name: &str| call.optional(name) == Some("1");
    let now = context.now;
    let uploads = &mut context.store.url_uploads;
    let is_own = |upload: &UrlUpload| upload.owner == Owner::Account;
    let codes = codes_of(call, "delete_code");
    uploads.retain(|upload| !(is_own(upload) && codes.contains(&upload.code)));
    if is("delete_errors") || is("clear_errors") {
        uploads.retain(|upload| !(is_own(upload) && upload.state(now) == State::Failed));
    }
    if is("delete_all") || is("clear_all") {
        uploads.retain(|upload| !is_own(upload));
    }
    if is("restart_errors") {
        let failed = uploads.iter_mut().filter(|upload| is_own(upload) && upload.state(now) == State::Failed);
        failed.for_each(|upload| upload.schedule.start = now);
        if context.options.flavour == Flavour::Dood {
            return Ok(Success::message("Errors restarted"));
        }
    }
    Ok(Success::empty())
}

/// `remote/remove` (Byse).
pub(crate) fn remove(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let codes = codes_of(call, "file_code");
    let before = context.store.url_uploads.len();
    context.store.url_uploads.retain(|upload| upload.owner != Owner::Account || !codes.contains(&upload.code));
    if before == context.store.url_uploads.len() {
        return Err(Refusal::no_file());
    }
    Ok(Success::message("File succesfully removed from remote upload queue"))
}
