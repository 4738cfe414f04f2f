//! Converts rows of the store to the objects of the API.

use polyhost_domain::{
    Conversion, Error, ErrorKind, File, FileId, FileLookup, FileStatus, FileType, Folder, FolderId, JobState, Profile,
    RemoteUpload,
};

use super::store::{Condition, Fetch, FileRow, FolderRow, ROOT, Store, job_state, time};

/// Returns the number of an id. The grammar accepts only numbers; one that does not fit is `u64::MAX`, which no row
/// has.
pub(crate) fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

/// Returns the number of a folder's id.
pub(crate) fn folder_number(folder: &FolderId) -> u64 {
    match folder {
        FolderId::Root => ROOT,
        FolderId::Child(id) => number(id.as_str()),
    }
}

/// Returns the id of a file.
pub(crate) fn file_id(profile: &Profile, number: u64) -> FileId {
    profile.ids.file(&number.to_string()).unwrap()
}

/// Returns the id of a folder.
pub(crate) fn folder_id(profile: &Profile, number: u64) -> FolderId {
    profile.ids.folder_from_site(&number.to_string()).unwrap()
}

pub(crate) fn file(profile: &Profile, number: u64, row: &FileRow) -> File {
    File {
        kind: FileType::File,
        id: file_id(profile, number),
        account: profile.origin.account.clone(),
        provider: profile.origin.provider.clone(),
        name: Some(row.name.clone()),
        folder_id: Some(folder_id(profile, row.folder)),
        size: Some(row.bytes.len() as u64),
        content_type: Some(row.content_type.clone()),
        sha1: Some(row.sha1.clone()),
        md5: None,
        short_code: Some(format!("short{number}")),
        status: match row.condition {
            Condition::Sound | Condition::Denied => FileStatus::Active,
            Condition::Trashed => FileStatus::Trashed,
            Condition::Broken | Condition::Blocked => FileStatus::Failed,
        },
        conversion: None,
        uploaded_at: time(row.step),
        last_accessed_at: None,
        download_count: Some(0),
        visibility: None,
        stats_url: None,
        tags: None,
        page_url: None,
        embed_url: None,
    }
}

pub(crate) fn lookup(profile: &Profile, store: &Store, number: u64) -> FileLookup {
    let Some(row) = store.files.get(&number) else {
        return FileLookup::Failed(Error::new(ErrorKind::FileNotFound));
    };
    let found = Box::new(file(profile, number, row));
    match row.condition {
        Condition::Broken => FileLookup::Broken(found, Error::new(ErrorKind::SiteFailed)),
        Condition::Blocked => FileLookup::Failed(Error::new(ErrorKind::LegalBlock)),
        _ => FileLookup::Found(found),
    }
}

pub(crate) fn folder(profile: &Profile, number: u64, row: &FolderRow) -> Folder {
    let (id, parent) = (folder_id(profile, number), folder_id(profile, row.parent));
    Folder {
        visibility: Some(row.visibility),
        password_protected: Some(row.guarded),
        ..Folder::bare(&profile.origin, id, Some(parent), Some(row.name.clone()))
    }
}

pub(crate) fn remote_upload(profile: &Profile, steps: i64, number: u64, fetch: &Fetch) -> RemoteUpload {
    RemoteUpload {
        id: profile.ids.remote_upload(&number.to_string()).unwrap(),
        account: profile.origin.account.clone(),
        provider: profile.origin.provider.clone(),
        source_url: Some(fetch.url.clone()),
        folder_id: Some(folder_id(profile, fetch.folder)),
        name: None,
        state: fetch.state(steps),
        raw_state: None,
        // A failed one also reaches 100 %.
        progress_percent: Some(((steps - fetch.step) as f64 * 34.0).min(100.0)),
        size: None,
        created_at: time(fetch.step),
        started_at: None,
        updated_at: time(steps),
        finished_at: None,
        error: None,
        file_id: fetch.file.map(|file| file_id(profile, file)),
        page_url: None,
    }
}

pub(crate) fn conversion(profile: &Profile, steps: i64, number: u64, row: &FileRow) -> Conversion {
    let state = job_state(steps - row.step);
    Conversion {
        id: format!("c{number}"),
        account: profile.origin.account.clone(),
        provider: profile.origin.provider.clone(),
        file_id: Some(file_id(profile, number)),
        name: Some(row.name.clone()),
        state,
        raw_state: None,
        progress_percent: Some(if state == JobState::Succeeded { 100.0 } else { 50.0 }),
        retries: Some(0),
        updated_at: time(steps),
        page_url: None,
    }
}
