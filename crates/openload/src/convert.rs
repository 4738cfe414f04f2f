//! Converts the site's structures to the normalized model. Nothing here sends a request or waits.
//!
//! A field that the site does not report is `None`. An entry without a usable id is counted, and left out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use polyhost_domain::{
    Account, Conversion, DialectName, Digest, File, FileId, FileStatus, Folder, FolderId, Found, IdGrammar, JobState,
    Listing, MediaType, Origin, RemoteUpload, keep_first,
};
use polyhost_upstream::decode::{List, Unreadable, WireTime};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{ProgressScale, wire};

/// The properties of the account and its site that the conversion needs.
#[derive(Debug, Clone)]
pub(crate) struct Convert {
    pub(crate) origin: Origin,
    pub(crate) ids: IdGrammar,
    pub(crate) timezone: TimeZone,
    pub(crate) progress: ProgressScale,
}

impl Convert {
    pub(crate) fn account(&self, wire: wire::Account) -> Account {
        Account {
            name: self.origin.account.clone(),
            provider: self.origin.provider.clone(),
            dialect: DialectName::Openload,
            id: wire.extid.or(wire.apiid).or(wire.id),
            username: None,
            email: wire.email,
            status: None,
            created_at: self.time(wire.signup_at.as_ref()),
            last_login_at: None,
            paid_until: None,
            storage_used_bytes: wire.storage_used,
            // -1 means that there is no limit.
            storage_left_bytes: wire.storage_left.and_then(|left| u64::try_from(left).ok()),
        }
    }

    /// Converts a file from `file/info`, which does not contain the file's folder.
    pub(crate) fn file_info(&self, id: FileId, wire: &wire::FileInfo, status: FileStatus) -> File {
        File {
            name: wire.name.clone(),
            size: wire.size,
            content_type: MediaType::known(wire.content_type.as_deref()),
            sha1: sha1(wire.sha1.as_deref()),
            status,
            ..File::bare(&self.origin, id)
        }
    }

    /// Converts an uploaded file. `None`: the answer does not contain its id.
    pub(crate) fn uploaded(&self, wire: &wire::Uploaded, folder: &FolderId) -> Option<File> {
        let reported = wire.id.as_deref().and_then(|id| self.ids.file(id).ok());
        let id = reported.or_else(|| self.file_id_in(wire.url.as_deref()?))?;
        Some(File {
            name: wire.name.clone(),
            folder_id: Some(folder.clone()),
            size: wire.size,
            content_type: MediaType::known(wire.content_type.as_deref()),
            sha1: sha1(wire.sha1.as_deref()),
            status: FileStatus::Active,
            page_url: wire.url.clone(),
            ..File::bare(&self.origin, id)
        })
    }

    /// Converts a folder's listing.
    ///
    /// # Errors
    /// Both lists are missing, or a list is unreadable.
    pub(crate) fn listing(&self, wire: wire::FolderListing<'_>, folder: &FolderId) -> Result<Listing, Unreadable> {
        let given = [wire.folders.is_given(), wire.files.is_given()];
        if given == [false, false] {
            return Err(Unreadable::Missing("the folder's items"));
        }
        let folders = wire.folders.read(|key, entry| self.folder_entry(key, entry, folder))?;
        let files = wire.files.read(|key, entry| self.file_entry(key, entry, folder))?;
        let unreadable = folders.unreadable + files.unreadable;
        let (folders, files) = (folders.items, files.items);
        Ok(Listing { folders, files, unreadable, incomplete: given != [true, true], next: None })
    }

    /// Converts remote uploads, without duplicates. The error of a remote upload is a text of the site, which may quote
    /// the request; `show` removes secrets from it.
    ///
    /// # Errors
    /// No entry can be read.
    pub(crate) fn remote_uploads(
        &self,
        wire: Option<List<'_, wire::RemoteStatus>>,
        show: impl Fn(&str) -> Option<String>,
    ) -> Result<Found<RemoteUpload>, Unreadable> {
        let mut found = found(wire, |key, entry| {
            let upload = self.remote_upload(key, entry)?;
            Some(RemoteUpload { error: upload.error.as_deref().and_then(&show), ..upload })
        })?;
        keep_first(&mut found.items, |upload| upload.id.as_str());
        Ok(found)
    }

    /// Converts a new remote upload. `None`: the answer does not contain its id.
    pub(crate) fn remote_added(&self, wire: &wire::RemoteAdded, url: &str, folder: &FolderId) -> Option<RemoteUpload> {
        let id = self.ids.remote_upload(wire.id.as_deref()?).ok()?;
        let reported_folder = wire.folderid.as_deref().and_then(|id| self.ids.folder_from_site(id).ok());
        Some(RemoteUpload {
            source_url: Some(url.to_owned()),
            folder_id: Some(reported_folder.unwrap_or_else(|| folder.clone())),
            state: JobState::Queued,
            ..RemoteUpload::bare(&self.origin, id)
        })
    }

    /// Converts conversion jobs, without duplicates.
    ///
    /// # Errors
    /// No entry can be read.
    pub(crate) fn conversions(
        &self,
        wire: Option<List<'_, wire::Conversion>>,
    ) -> Result<Found<Conversion>, Unreadable> {
        let mut found = found(wire, |key, entry| self.conversion(key, entry))?;
        // Jobs without their own id have the id of their file. Therefore jobs with equal ids may differ, and only equal
        // jobs are duplicates.
        found.items.dedup();
        Ok(found)
    }

    pub(crate) fn time(&self, wire: Option<&WireTime>) -> Option<Timestamp> {
        wire?.in_zone(&self.timezone)
    }

    fn folder_entry(&self, key: Option<&str>, wire: wire::FolderEntry, parent: &FolderId) -> Option<Folder> {
        match self.ids.folder_from_site(wire.id.as_deref().or(key)?).ok()? {
            // The root cannot be in a folder.
            FolderId::Root => None,
            id => Some(Folder::bare(&self.origin, id, Some(parent.clone()), wire.name)),
        }
    }

    fn file_entry(&self, key: Option<&str>, wire: wire::FileEntry, folder: &FolderId) -> Option<File> {
        let reported = wire.linkextid.as_deref().or(wire.linkid.as_deref()).or(key);
        let reported = reported.and_then(|id| self.ids.file(id).ok());
        let id = reported.or_else(|| self.file_id_in(wire.link.as_deref()?))?;
        let reported_folder = wire.folder_id.or(wire.folderid).and_then(|id| self.ids.folder_from_site(&id).ok());
        Some(File {
            name: wire.name,
            folder_id: Some(reported_folder.unwrap_or_else(|| folder.clone())),
            size: wire.size,
            content_type: MediaType::known(wire.content_type.as_deref()),
            sha1: sha1(wire.sha1.as_deref()),
            status: wire.status.as_deref().map_or(FileStatus::Unknown, file_status),
            conversion: wire.cstatus.as_deref().map(job_state),
            uploaded_at: self.time(wire.upload_at.or(wire.created_at).as_ref()),
            download_count: wire.download_count,
            page_url: wire.link,
            embed_url: wire.embed_link,
            ..File::bare(&self.origin, id)
        })
    }

    fn remote_upload(&self, key: Option<&str>, wire: wire::RemoteStatus) -> Option<RemoteUpload> {
        let id = self.ids.remote_upload(wire.id.as_deref().or(key)?).ok()?;
        let reported = wire.extid.or(wire.linkid).and_then(|id| self.ids.file(&id).ok());
        Some(RemoteUpload {
            source_url: wire.remoteurl,
            folder_id: wire.folderid.and_then(|id| self.ids.folder_from_site(&id).ok()),
            state: wire.status.as_deref().map_or(JobState::Unknown, job_state),
            raw_state: wire.status,
            progress_percent: wire
                .progress_percent
                .or_else(|| percentage(wire.bytes_loaded?, wire.bytes_total?))
                .map(percent),
            size: wire.bytes_total,
            created_at: self.time(wire.added.as_ref()),
            updated_at: self.time(wire.last_update.as_ref()),
            error: wire.errormsg.map(|message| message.0),
            file_id: reported.or_else(|| self.file_id_in(wire.url.as_deref()?)),
            page_url: wire.url,
            ..RemoteUpload::bare(&self.origin, id)
        })
    }

    fn conversion(&self, key: Option<&str>, wire: wire::Conversion) -> Option<Conversion> {
        let reported = wire.linkextid.as_deref().and_then(|id| self.ids.file(id).ok());
        let file_id = reported.or_else(|| self.file_id_in(wire.link.as_deref()?));
        let scale = match self.progress {
            ProgressScale::Percent => 1.0,
            ProgressScale::Fraction => 100.0,
        };
        Some(Conversion {
            // At some sites, conversions have no ids.
            id: wire.id.or_else(|| key.map(str::to_owned)).or_else(|| file_id.as_ref().map(ToString::to_string))?,
            account: self.origin.account.clone(),
            provider: self.origin.provider.clone(),
            file_id,
            name: wire.name,
            state: wire.status.as_deref().map_or(JobState::Unknown, job_state),
            raw_state: wire.status,
            progress_percent: wire.progress.map(|progress| percent(progress * scale)),
            retries: wire.retries,
            updated_at: self.time(wire.last_update.as_ref()),
            page_url: wire.link,
        })
    }

    /// Returns the id in the address of a file's page: `…/v/ID`, `…/f/ID/name.mp4`. An address without such a segment,
    /// such as `…/watch`, contains no id.
    fn file_id_in(&self, address: &str) -> Option<FileId> {
        let url = Url::parse(address).ok()?;
        let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
        segments.find(|segment| matches!(*segment, "v" | "f" | "e" | "embed" | "stream"))?;
        self.ids.file(segments.next()?).ok()
    }
}

/// Converts the jobs of a list. A missing list is empty.
fn found<W: DeserializeOwned, T>(
    list: Option<List<'_, W>>,
    convert: impl Fn(Option<&str>, W) -> Option<T>,
) -> Result<Found<T>, Unreadable> {
    let Some(list) = list else { return Ok(Found::from(Vec::new())) };
    if !list.is_given() {
        return Err(Unreadable::Shape);
    }
    let entries = list.read(convert)?;
    if entries.none_readable() {
        return Err(Unreadable::NoEntry);
    }
    Ok(Found { items: entries.items, unreadable: entries.unreadable })
}

/// Returns a normalized SHA-1; `None` where the text is not one.
fn sha1(text: Option<&str>) -> Option<String> {
    Digest::Sha1.normalize(text?)
}

/// Converts the site's word for the state of a file.
fn file_status(word: &str) -> FileStatus {
    match word.to_ascii_lowercase().as_str() {
        "active" => FileStatus::Active,
        "suspended" => FileStatus::Suspended,
        "processing" => FileStatus::Processing,
        "deleted" => FileStatus::Deleted,
        "failed" | "error" => FileStatus::Failed,
        _ => FileStatus::Unknown,
    }
}

/// Converts the site's word for the state of a remote upload or a conversion. The percentage is never used for it.
fn job_state(word: &str) -> JobState {
    match word.to_ascii_lowercase().as_str() {
        "new" | "pending" | "queued" => JobState::Queued,
        "downloading" | "processing" | "running" => JobState::Running,
        "finished" | "complete" | "completed" | "converted" | "ok" => JobState::Succeeded,
        "error" | "failed" => JobState::Failed,
        "cancelled" | "canceled" => JobState::Cancelled,
        _ => JobState::Unknown,
    }
}

fn percentage(done: u64, total: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a percentage needs no 53rd bit")]
    (total > 0).then(|| done as f64 * 100.0 / total as f64)
}

/// Clamps a percentage to 0 to 100, and rounds it to two digits, so that 0.57 times 100 is exactly 57.
fn percent(value: f64) -> f64 {
    (value.clamp(0.0, 100.0) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
