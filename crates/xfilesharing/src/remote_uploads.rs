//! Remote uploads: the site fetches a file from an address.
//!
//! A finished remote upload leaves the site's queue, and its id is that of the new file. But any file's id would then
//! read as a finished remote upload. Therefore the ids that the queue has shown are recorded for a while.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use polyhost_domain::{
    Error, ErrorKind, FileLookup, Found, JobState, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result,
};
use polyhost_state::KeyValue;
use polyhost_upstream::decode::Unreadable;

use crate::client::Site;
use crate::envelope::Answer;
use crate::error::{absent, detail, unless_missing};
use crate::files;
use crate::flavour::RemoteCalls;
use crate::named::Named;
use crate::request::Request;
use crate::wire;

/// The time for which an id is recorded.
const RECORDED: Duration = Duration::from_secs(24 * 60 * 60);
/// What XVideoSharing cuts out of the address of a remote upload.
const CUT_OUT: [&str; 9] = ["`", "|", ">", "<", "\"", "&&", "base64", "xvideos", "youtube"];

/// The ids of remote uploads that the account's queue has shown.
pub(crate) struct Seen {
    values: Arc<dyn KeyValue>,
    /// The start of the keys, which names the account's key and nothing of it.
    prefix: String,
}

impl Seen {
    pub(crate) fn new(values: Arc<dyn KeyValue>, prefix: String) -> Self {
        Self { values, prefix }
    }

    async fn note(&self, id: &RemoteUploadId) {
        let noted = self.values.put(&self.key(id), Bytes::from_static(b"seen"), RECORDED).await;
        if let Err(error) = noted {
            tracing::debug!(%error, "the id of a remote upload cannot be recorded");
        }
    }

    async fn contains(&self, id: &RemoteUploadId) -> bool {
        matches!(self.values.get(&self.key(id)).await, Ok(Some(_)))
    }

    fn key(&self, id: &RemoteUploadId) -> String {
        format!("{}/{id}", self.prefix)
    }
}

/// Starts a remote upload.
///
/// # Errors
/// `FolderNotFound`; `Rejected`, for an address that the site would change; or the error of the call.
pub(crate) async fn add(site: &Site, seen: &Seen, unescaped: bool, new: &NewRemoteUpload) -> Result<RemoteUpload> {
    let url = new.url.as_str();
    if unescaped && CUT_OUT.iter().any(|part| url.to_lowercase().contains(part)) {
        let detail = "The site would remove a part of this URL, and fetch another file.";
        return Err(Error::new(ErrorKind::Rejected)
            .at(&site.convert.origin.provider, "upload/url")
            .with_detail(detail));
    }
    site.check_folder(&new.folder).await?;
    let (operation, folder_field) = match site.traits.remote {
        RemoteCalls::Single => ("remote/add", "fld_id"),
        RemoteCalls::Numbered => ("upload/url", "folder_id"),
        _ => ("upload/url", "fld_id"),
    };
    let sent = if unescaped { url.replace('%', "%25") } else { url.to_owned() };
    let request = Request::write(operation).with("url", sent).with_child(folder_field, &new.folder);
    let id = site
        .call(request, Named::Nothing, |answer| {
            let code: wire::NewCode = answer.value()?;
            let code_of_file = code.filecode.as_deref().or(code.file_code.as_deref());
            let id = site.convert.remote_upload_id(code.queue_id.as_deref(), code_of_file);
            id.ok_or_else(|| answer.missing("the remote upload's id"))
        })
        .await?;
    seen.note(&id).await;
    Ok(RemoteUpload {
        source_url: Some(url.to_owned()),
        folder_id: Some(new.folder.clone()),
        state: JobState::Queued,
        ..RemoteUpload::bare(&site.convert.origin, id)
    })
}

/// Lists the remote uploads, newest first where the site says when they were created.
///
/// # Errors
/// `InvalidResponse`: no entry can be read.
pub(crate) async fn recent(site: &Site, seen: &Seen, limit: u32) -> Result<Found<RemoteUpload>> {
    let request = match site.traits.remote {
        RemoteCalls::Slots => Request::read("urlupload/list"),
        RemoteCalls::Numbered => Request::read("upload/url/list").with("limit", limit.to_string()),
        _ => Request::read("file/url_uploads"),
    };
    let mut found = site.call(request, Named::Nothing, |answer| rows(site, answer, None)).await?;
    let number = |upload: &RemoteUpload| upload.id.as_str().parse::<u64>().ok();
    // Where neither is known, the site's order stays.
    found.items.sort_by_key(|upload| Reverse((upload.created_at, number(upload))));
    found.items.truncate(limit as usize);
    join_all(found.items.iter().map(|upload| seen.note(&upload.id))).await;
    Ok(found)
}

/// Returns the existing remote uploads, in the order of the ids. For a single unknown id, the error is returned.
///
/// # Errors
/// `RemoteUploadNotFound`, or the error of a call.
pub(crate) async fn by_id(site: &Site, seen: &Seen, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    if let [id] = ids {
        return Ok(vec![one(site, seen, id).await?]);
    }
    let has_list = !matches!(site.traits.remote, RemoteCalls::Single | RemoteCalls::Alone);
    let queue = if has_list && !ids.is_empty() { recent(site, seen, 100).await?.items } else { Vec::new() };
    let mut known = Vec::with_capacity(ids.len());
    for id in ids {
        match queue.iter().find(|upload| upload.id == *id) {
            Some(upload) => known.push(upload.clone()),
            None => known.extend(unless_missing(one(site, seen, id).await)?),
        }
    }
    Ok(known)
}

async fn one(site: &Site, seen: &Seen, id: &RemoteUploadId) -> Result<RemoteUpload> {
    match unless_missing(queued(site, id).await)? {
        Some(upload) if upload.state != JobState::Unknown || upload.raw_state.is_some() => {
            seen.note(id).await;
            Ok(upload)
        }
        _ if site.traits.remote != RemoteCalls::Numbered && seen.contains(id).await => finished(site, id).await,
        _ => Err(unknown(site, id)),
    }
}

/// Returns a remote upload that is in the queue.
async fn queued(site: &Site, id: &RemoteUploadId) -> Result<RemoteUpload> {
    let (operation, field) = match site.traits.remote {
        RemoteCalls::Queue => ("file/url_uploads", "file_code"),
        RemoteCalls::Alone => ("upload/url", "file_code"),
        RemoteCalls::Slots => ("urlupload/status", "file_code"),
        RemoteCalls::Single => ("remote/status", "file_code"),
        RemoteCalls::Numbered => ("upload/url/list", "id"),
    };
    let named = Named::RemoteUpload(id);
    site.call(Request::read(operation).with(field, id.as_str()), named, |answer| {
        let found = rows(site, answer, Some(id))?;
        let upload = found.items.into_iter().find(|upload| upload.id == *id);
        upload.ok_or_else(|| absent(answer.reply, named, site.account()))
    })
    .await
}

/// Returns a remote upload that has left the queue: its file exists, or it was cancelled.
async fn finished(site: &Site, id: &RemoteUploadId) -> Result<RemoteUpload> {
    let Ok(file) = site.convert.ids.file(id.as_str()) else { return Err(unknown(site, id)) };
    match files::lookup(site, std::slice::from_ref(&file)).await?.pop() {
        Some(FileLookup::Found(found) | FileLookup::Broken(found, _)) => Ok(RemoteUpload {
            state: JobState::Succeeded,
            name: found.name,
            size: found.size,
            folder_id: found.folder_id,
            page_url: found.page_url,
            progress_percent: Some(100.0),
            file_id: Some(file),
            ..RemoteUpload::bare(&site.convert.origin, id.clone())
        }),
        Some(FileLookup::Failed(error)) if error.kind() != ErrorKind::FileNotFound => Err(error),
        _ => Err(unknown(site, id)),
    }
}

fn unknown(site: &Site, id: &RemoteUploadId) -> Error {
    let kind = ErrorKind::RemoteUploadNotFound;
    Error::new(kind).with_detail(detail(kind, Named::RemoteUpload(id), site.account()))
}

/// Cancels a remote upload.
///
/// # Errors
/// `RemoteUploadNotFound`, or the error of a call.
pub(crate) async fn cancel(site: &Site, id: &RemoteUploadId) -> Result<()> {
    // Sites confirm the cancellation of any id.
    queued(site, id).await?;
    let (operation, field) = match site.traits.remote {
        RemoteCalls::Slots => ("urlupload/actions", "delete_code"),
        RemoteCalls::Single => ("remote/remove", "file_code"),
        _ => ("file/url_actions", "delete_code"),
    };
    site.confirm(Request::write(operation).with(field, id.as_str()), Named::RemoteUpload(id)).await
}

fn rows(site: &Site, answer: &Answer<'_>, asked: Option<&RemoteUploadId>) -> Result<Found<RemoteUpload>> {
    let convert = |row: wire::RemoteRow| {
        let upload = site.convert.remote_upload(row, asked, &answer.zone)?;
        Some(RemoteUpload { error: upload.error.as_deref().and_then(|text| answer.reply.shown(text)), ..upload })
    };
    let entries = if site.traits.remote == RemoteCalls::Numbered {
        answer.converted_list(|page: Option<wire::RemotePage<'_>>| {
            page.unwrap_or_default().data.read(|_, row| convert(row))
        })?
    } else {
        answer.rows(convert)?
    };
    if entries.none_readable() {
        return Err(answer.reply.unreadable(Unreadable::NoEntry));
    }
    Ok(Found { items: entries.items, unreadable: entries.unreadable })
}
