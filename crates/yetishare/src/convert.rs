//! Converts the site's structures to the normalized model. Nothing here sends a request or waits.
//!
//! A field that the site does not report is `None`. An entry without a usable id is counted, and left out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use polyhost_domain::{
    Account, AccountStatus, DialectName, Digest, File, FileStatus, Folder, FolderId, IdGrammar, JobState, Limits,
    Listing, MediaType, Origin, RemoteUpload, RemoteUploadId, Visibility,
};
use polyhost_upstream::decode::{Unreadable, WireTime};

use crate::wire::{self, Keywords, MAX_KEYWORDS};
use crate::words::without_entities;

/// The properties of the account and its site that the conversion needs.
#[derive(Debug, Clone)]
pub(crate) struct Convert {
    pub(crate) origin: Origin,
    pub(crate) ids: IdGrammar,
    /// The digest in the field `hash`, where that is known.
    pub(crate) digest: Option<Digest>,
    /// Whether texts contain HTML entities.
    pub(crate) html_entities: bool,
}

impl Convert {
    /// Returns a text with its HTML entities decoded, where the site writes entities.
    pub(crate) fn text(&self, text: Option<String>) -> Option<String> {
        if self.html_entities { text.map(|text| without_entities(&text).into_owned()) } else { text }
    }

    /// Converts an account. `None`: the answer contains neither its id nor its user name.
    pub(crate) fn account(&self, wire: wire::Account, zone: &TimeZone) -> Option<Account> {
        let known = wire.id.is_some() || wire.username.is_some();
        known.then(|| Account {
            name: self.origin.account.clone(),
            provider: self.origin.provider.clone(),
            dialect: DialectName::Yetishare,
            id: wire.id,
            username: self.text(wire.username),
            email: wire.email,
            status: wire.status.as_deref().map(account_status),
            created_at: time(wire.datecreated.as_ref(), zone),
            last_login_at: time(wire.lastlogindate.as_ref(), zone),
            paid_until: time(wire.paid_expiry_date.as_ref(), zone),
            // No answer of these sites contains either.
            storage_used_bytes: None,
            storage_left_bytes: None,
        })
    }

    /// Converts a plan's limits. `None`: the answer contains no package. A storage limit of the account overrides the
    /// package's.
    pub(crate) fn limits(&self, wire: wire::Package, account: &wire::Account) -> Option<Limits> {
        let known = wire.id.is_some() || wire.label.is_some() || wire.max_upload_size.is_some();
        known.then(|| Limits {
            plan: self.text(wire.label),
            plan_type: wire.level_type,
            can_upload: wire.can_upload,
            max_upload_bytes: limit(wire.max_upload_size),
            max_storage_bytes: limit(account.storage_limit_override).or(limit(wire.max_storage_bytes)),
            max_concurrent_uploads: limit(wire.concurrent_uploads),
            max_concurrent_downloads: limit(wire.concurrent_downloads),
            max_downloads_per_day: limit(wire.downloads_per_24_hours),
            max_download_bytes_per_day: limit(wire.download_size_per_24_hours),
            max_download_file_bytes: limit(wire.max_download_filesize_allowed),
            max_remote_uploads: limit(wire.max_remote_download_urls),
            download_bytes_per_second: limit(wire.download_speed),
            wait_seconds_between_downloads: limit(wire.wait_between_downloads),
            inactive_file_days: limit(wire.days_to_keep_inactive_files),
        })
    }

    /// Converts a file from any answer but a listing. `None`: the answer does not contain its id.
    pub(crate) fn file(&self, wire: wire::File, zone: &TimeZone) -> Option<File> {
        let id = self.ids.file(wire.id.as_deref()?).ok()?;
        let word = wire.file_status.or(wire.status);
        Some(File {
            name: self.text(wire.filename),
            folder_id: self.reported_folder(wire.folder_id),
            size: wire.file_size,
            content_type: MediaType::known(wire.file_type.as_deref()),
            short_code: wire.short_url,
            status: word.as_deref().map_or(FileStatus::Unknown, file_status),
            uploaded_at: time(wire.uploaded_date.as_ref(), zone),
            last_accessed_at: time(wire.last_accessed.as_ref(), zone),
            download_count: wire.downloads,
            tags: self.tags(wire.keywords),
            visibility: wire.is_public.and_then(visibility),
            stats_url: wire.url_file_stats,
            page_url: wire.url_file,
            ..File::bare(&self.origin, id)
        })
    }

    /// Converts an uploaded file. `None`: the answer does not contain its id. The file's address does not contain it,
    /// either.
    pub(crate) fn uploaded(&self, wire: wire::Uploaded, folder: &FolderId) -> Option<File> {
        let id = self.ids.file(wire.file_id.as_deref()?).ok()?;
        let hash = |digest: Digest| digest.normalize(wire.hash.as_deref()?);
        let (sha1, md5) = match self.digest {
            Some(Digest::Sha1) => (hash(Digest::Sha1), None),
            Some(Digest::Md5) | None => (None, hash(Digest::Md5)),
        };
        Some(File {
            name: self.text(wire.name),
            folder_id: Some(folder.clone()),
            size: wire.size,
            content_type: MediaType::known(wire.content_type.as_deref()),
            sha1,
            md5,
            short_code: wire.short_url,
            status: FileStatus::Active,
            stats_url: wire.stats_url,
            page_url: wire.url,
            ..File::bare(&self.origin, id)
        })
    }

    /// Converts a folder, in `parent` where the answer does not contain its parent. `None`: the answer does not contain
    /// its id, or it is the root.
    pub(crate) fn folder(&self, wire: wire::Folder, zone: &TimeZone, parent: Option<&FolderId>) -> Option<Folder> {
        let id = match self.ids.folder_from_site(wire.id.as_deref()?).ok()? {
            FolderId::Root => return None,
            id => id,
        };
        let parent = self.reported_folder(wire.parent_id).or_else(|| parent.cloned());
        Some(Folder {
            total_size: wire.total_size,
            visibility: wire.is_public.and_then(visibility),
            password_protected: wire.access_password.map(|password| password.is_some()),
            created_at: time(wire.date_added.as_ref(), zone),
            updated_at: time(wire.date_updated.as_ref(), zone),
            page_url: wire.url_folder,
            download_count: wire.total_downloads,
            folder_count: wire.child_folder_count,
            file_count: wire.file_count,
            ..Folder::bare(&self.origin, id, parent, self.text(wire.folder_name))
        })
    }

    /// Converts a folder's listing. Folders in the trash are left out.
    ///
    /// # Errors
    /// Both lists are missing, or a list is unreadable.
    pub(crate) fn listing(
        &self,
        wire: wire::Listing<'_>,
        zone: &TimeZone,
        folder: &FolderId,
    ) -> Result<Listing, Unreadable> {
        let given = [wire.folders.is_given(), wire.files.is_given()];
        if given == [false, false] {
            return Err(Unreadable::Missing("the folder's items"));
        }
        let folder_entry = |entry: wire::Folder| match entry.is_gone() {
            true => Some(None),
            false => self.folder(entry, zone, Some(folder)).map(Some),
        };
        let folders = wire.folders.read_some(|_, entry| folder_entry(entry), |_| 0)?;
        let files = wire.files.read_some(|_, entry| self.file_entry(entry, zone, folder).map(Some), tags_weight)?;
        let unreadable = folders.unreadable + files.unreadable;
        let (folders, files) = (folders.items, files.items);
        Ok(Listing { folders, files, unreadable, incomplete: given != [true, true], next: None })
    }

    /// Converts a new remote upload. `None`: the answer does not contain its id.
    pub(crate) fn remote_added(&self, wire: &wire::RemoteAdded, url: &str, folder: &FolderId) -> Option<RemoteUpload> {
        let id = self.ids.remote_upload(wire.scheduled_item_id.as_deref()?).ok()?;
        Some(RemoteUpload {
            source_url: Some(url.to_owned()),
            folder_id: Some(folder.clone()),
            state: JobState::Queued,
            ..RemoteUpload::bare(&self.origin, id)
        })
    }

    /// Converts a remote upload's status. Only one that has succeeded has a file.
    pub(crate) fn remote_upload(&self, id: RemoteUploadId, wire: wire::RemoteStatus, zone: &TimeZone) -> RemoteUpload {
        let state = wire.status.as_deref().map_or(JobState::Unknown, job_state);
        let is_done = state == JobState::Succeeded;
        let file = if is_done { wire.downloaded_file } else { wire::Fetched::default() };
        let failed = matches!(state, JobState::Failed | JobState::Cancelled);
        RemoteUpload {
            source_url: wire.url,
            name: self.text(file.name),
            state,
            raw_state: wire.status,
            progress_percent: is_done.then_some(100.0),
            // Before the end, a size of 0 means that the size is not known yet.
            size: wire.total_size.or(file.size).filter(|size| is_done || *size > 0),
            created_at: time(wire.created.as_ref(), zone),
            started_at: time(wire.started.as_ref(), zone),
            finished_at: time(wire.finished.as_ref(), zone),
            error: self.text(wire.notes.or(wire.message).or(wire.error).filter(|_| failed).map(|message| message.0)),
            file_id: file.file_id.and_then(|id| self.ids.file(&id).ok()),
            page_url: file.url,
            ..RemoteUpload::bare(&self.origin, id)
        }
    }

    fn file_entry(&self, wire: wire::File, zone: &TimeZone, folder: &FolderId) -> Option<File> {
        let file = self.file(wire, zone)?;
        let folder_id = file.folder_id.clone().unwrap_or_else(|| folder.clone());
        Some(File { folder_id: Some(folder_id), ..file })
    }

    /// Converts a file's tags. Entities are decoded first, because the semicolon that ends an entity separates no tags.
    fn tags(&self, keywords: Keywords) -> Option<Vec<String>> {
        let words: Vec<String> = match keywords {
            Keywords::Absent => return None,
            Keywords::Joined(text) => {
                let text = self.text(Some(text))?;
                let words = text.split([',', ';']).filter(|word| !word.trim().is_empty());
                words.take(MAX_KEYWORDS).map(str::to_owned).collect()
            }
            Keywords::Listed(words) => words.into_iter().filter_map(|word| self.text(Some(word))).collect(),
        };
        let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
        Some(words.take(MAX_KEYWORDS).map(str::to_owned).collect())
    }

    /// Converts a folder's id in an answer: null is the root, and a missing field is an unknown folder.
    fn reported_folder(&self, id: wire::Reported<String>) -> Option<FolderId> {
        self.ids.folder_from_site(&id?.unwrap_or_default()).ok()
    }
}

/// Returns the memory of a file's tags, without their texts.
fn tags_weight(file: &File) -> usize {
    file.tags.as_ref().map_or(0, |tags| tags.capacity() * size_of::<String>())
}

fn time(wire: Option<&WireTime>, zone: &TimeZone) -> Option<Timestamp> {
    wire?.in_zone(zone)
}

/// Converts a limit: 0 means that there is no limit.
fn limit(limit: Option<u64>) -> Option<u64> {
    limit.filter(|limit| *limit > 0)
}

fn visibility(number: u64) -> Option<Visibility> {
    match number {
        0 => Some(Visibility::Private),
        1 => Some(Visibility::Unlisted),
        2 => Some(Visibility::Public),
        _ => None,
    }
}

/// Converts the site's word for the state of an account.
fn account_status(word: &str) -> AccountStatus {
    match word.to_ascii_lowercase().as_str() {
        "active" => AccountStatus::Active,
        "pending" => AccountStatus::Pending,
        "disabled" => AccountStatus::Disabled,
        "suspended" => AccountStatus::Suspended,
        _ => AccountStatus::Unknown,
    }
}

/// Converts the site's word for the state of a file. In older versions, the word also names the person who removed the
/// file.
fn file_status(word: &str) -> FileStatus {
    match word.to_ascii_lowercase().as_str() {
        "active" => FileStatus::Active,
        "trash" => FileStatus::Trashed,
        "deleted" | "removed" | "user removed" | "admin removed" | "copyright removed" | "system expired"
        | "system removed" => FileStatus::Deleted,
        _ => FileStatus::Unknown,
    }
}

/// Converts the site's word for the state of a remote upload.
fn job_state(word: &str) -> JobState {
    match word.to_ascii_lowercase().as_str() {
        "pending" => JobState::Queued,
        "processing" | "downloading" => JobState::Running,
        "complete" => JobState::Succeeded,
        "failed" => JobState::Failed,
        "cancelled" => JobState::Cancelled,
        _ => JobState::Unknown,
    }
}

#[cfg(test)]
mod tests;
