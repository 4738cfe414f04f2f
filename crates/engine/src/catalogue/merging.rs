//! Merges a file's fields from a listing with those from a read of the single file. A field that only one of them has
//! is kept.

use jiff::Timestamp;
use polyhost_domain::{File, FileStatus, IdGrammar, JobState, Origin, Visibility};
use serde::Deserialize;

/// The JSON of a file in a snapshot.
#[derive(Deserialize)]
struct FileJson {
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

/// Parses a file from its JSON in a snapshot.
pub(super) fn read(json: &[u8], origin: &Origin, ids: &IdGrammar) -> Option<File> {
    let parsed: FileJson = serde_json::from_slice(json).ok()?;
    Some(File {
        name: parsed.name,
        folder_id: parsed.folder_id.and_then(|folder| ids.folder(&folder).ok()),
        size: parsed.size,
        content_type: parsed.content_type,
        sha1: parsed.sha1,
        md5: parsed.md5,
        short_code: parsed.short_code,
        status: parsed.status,
        conversion: parsed.conversion,
        uploaded_at: parsed.uploaded_at,
        last_accessed_at: parsed.last_accessed_at,
        download_count: parsed.download_count,
        tags: parsed.tags,
        visibility: parsed.visibility,
        stats_url: parsed.stats_url,
        page_url: parsed.page_url,
        embed_url: parsed.embed_url,
        ..File::bare(origin, ids.file(&parsed.id).ok()?)
    })
}

/// Returns `newer`, with its missing fields taken from `older`.
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

/// The set of fields that a file has, as a bit mask.
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

    /// Returns whether all fields of `other` are in this set.
    pub(super) fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
