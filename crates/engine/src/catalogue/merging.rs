//! What a listing and a look at a file alone tell of it, put together: neither loses what only one of them has.

use jiff::Timestamp;
use polyhost_domain::{File, FileStatus, IdGrammar, JobState, Origin, Visibility};
use serde::Deserialize;

/// A file as a snapshot's bytes tell it.
#[derive(Deserialize)]
struct Told {
    id: String,
    name: Option<String>,
    folder_id: Option<String>,
    size: Option<u64>,
    content_type: Option<String>,
    sha1: Option<String>,
    md5: Option<String>,
    short_code: Option<String>,
    status: FileStatus,
    conversion: Option<JobState>,
    uploaded_at: Option<Timestamp>,
    last_accessed_at: Option<Timestamp>,
    download_count: Option<u64>,
    tags: Option<Vec<String>>,
    visibility: Option<Visibility>,
    stats_url: Option<String>,
    page_url: Option<String>,
    embed_url: Option<String>,
}

/// Reads a file back from the bytes that tell it.
pub(super) fn read(json: &[u8], origin: &Origin, ids: &IdGrammar) -> Option<File> {
    let told: Told = serde_json::from_slice(json).ok()?;
    Some(File {
        name: told.name,
        folder_id: told.folder_id.and_then(|folder| ids.folder(&folder).ok()),
        size: told.size,
        content_type: told.content_type,
        sha1: told.sha1,
        md5: told.md5,
        short_code: told.short_code,
        status: told.status,
        conversion: told.conversion,
        uploaded_at: told.uploaded_at,
        last_accessed_at: told.last_accessed_at,
        download_count: told.download_count,
        tags: told.tags,
        visibility: told.visibility,
        stats_url: told.stats_url,
        page_url: told.page_url,
        embed_url: told.embed_url,
        ..File::bare(origin, ids.file(&told.id).ok()?)
    })
}

/// The file as `newer` tells it, with what only `older` tells.
pub(super) fn merge(newer: File, older: &File) -> File {
    let status = if newer.status == FileStatus::Unknown { older.status } else { newer.status };
    File {
        name: newer.name.or_else(|| older.name.clone()),
        folder_id: newer.folder_id.or_else(|| older.folder_id.clone()),
        size: newer.size.or(older.size),
        content_type: newer.content_type.or_else(|| older.content_type.clone()),
        sha1: newer.sha1.or_else(|| older.sha1.clone()),
        md5: newer.md5.or_else(|| older.md5.clone()),
        short_code: newer.short_code.or_else(|| older.short_code.clone()),
        status,
        conversion: newer.conversion.or(older.conversion),
        uploaded_at: newer.uploaded_at.or(older.uploaded_at),
        last_accessed_at: newer.last_accessed_at.or(older.last_accessed_at),
        download_count: newer.download_count.or(older.download_count),
        tags: newer.tags.or_else(|| older.tags.clone()),
        visibility: newer.visibility.or(older.visibility),
        stats_url: newer.stats_url.or_else(|| older.stats_url.clone()),
        page_url: newer.page_url.or_else(|| older.page_url.clone()),
        embed_url: newer.embed_url.or_else(|| older.embed_url.clone()),
        ..newer
    }
}

/// Which fields of a file are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fields(pub(super) u32);

impl Fields {
    pub(super) fn of(file: &File) -> Self {
        let filled = [
            file.name.is_some(),
            file.size.is_some(),
            file.content_type.is_some(),
            file.sha1.is_some(),
            file.md5.is_some(),
            file.short_code.is_some(),
            file.status != FileStatus::Unknown,
            file.conversion.is_some(),
            file.uploaded_at.is_some(),
            file.download_count.is_some(),
            file.tags.is_some(),
            file.page_url.is_some(),
            file.embed_url.is_some(),
            file.folder_id.is_some(),
            file.last_accessed_at.is_some(),
            file.visibility.is_some(),
            file.stats_url.is_some(),
        ];
        Self(filled.into_iter().enumerate().map(|(place, filled)| u32::from(filled) << place).sum())
    }

    /// Whether all that `other` has is here too.
    pub(super) fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
