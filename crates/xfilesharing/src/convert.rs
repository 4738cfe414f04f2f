//! Converts the sites' structures to the normalized model. Nothing here sends a request or waits.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use polyhost_domain::{
    Account, Conversion, DialectName, File, FileId, FileStatus, Folder, FolderId, IdGrammar, JobState, Origin,
    RemoteUpload, RemoteUploadId, Visibility,
};
use polyhost_upstream::decode::WireTime;
use url::Url;

use crate::flavour::{RemoteCalls, Traits};
use crate::{NameForm, wire};

/// The properties of the account and its site that the conversion needs.
#[derive(Debug, Clone)]
pub(crate) struct Convert {
    pub(crate) origin: Origin,
    pub(crate) ids: IdGrammar,
    pub(crate) traits: &'static Traits,
    pub(crate) base_url: Url,
    /// The configured time zone.
    pub(crate) timezone: Option<TimeZone>,
    pub(crate) names: NameForm,
    pub(crate) page_url: Option<String>,
    pub(crate) embed_url: Option<String>,
    /// The digits at the head of the key, which are the user's number at most sites.
    pub(crate) user: Option<String>,
}

impl Convert {
    pub(crate) fn account(&self, wire: wire::Account, zone: &TimeZone) -> Account {
        let zone = self.zone(zone);
        let paid_until = wire.premium_expire.or(wire.premim_expire).or(wire.premium_until);
        let bytes = |number: i64| u64::try_from(number.max(0)).unwrap_or_default();
        Account {
            name: self.origin.account.clone(),
            provider: self.origin.provider.clone(),
            dialect: DialectName::Xfilesharing,
            id: self.user.clone().or_else(|| wire.email.clone()),
            username: wire.login,
            email: wire.email,
            status: None,
            created_at: None,
            last_login_at: None,
            paid_until: paid_until.and_then(|time| time.in_zone(zone)),
            storage_used_bytes: wire.storage_used.map(bytes),
            storage_left_bytes: wire.storage_left.map(bytes),
        }
    }

    /// Converts a file with this id. `folder` is the listed folder.
    pub(crate) fn file(&self, id: FileId, wire: wire::FileRow, folder: Option<&FolderId>, zone: &TimeZone) -> File {
        let zone = self.zone(zone);
        let time = |time: Option<WireTime>| time.and_then(|time| time.in_zone(zone));
        let reported = wire.folder().and_then(|id| self.ids.folder_from_site(id).ok());
        let embed_path = wire.protected_embed.as_deref().and_then(|path| self.base_url.join(path).ok());
        let public = wire.file_public.or(wire.public);
        File {
            name: wire.stored_name().map(|name| self.names.decode(name)),
            folder_id: reported.or_else(|| folder.cloned()),
            size: wire.size,
            status: match wire.status {
                None | Some(200) => FileStatus::Active,
                Some(451) => FileStatus::Suspended,
                Some(_) => FileStatus::Unknown,
            },
            conversion: (wire.canplay == Some(1)).then_some(JobState::Succeeded),
            visibility: public.map(|public| if public == 0 { Visibility::Unlisted } else { Visibility::Public }),
            tags: wire.tags.as_deref().map(|tags| self.tags(tags)),
            page_url: wire.link.or(wire.download_url).or_else(|| filled(self.page_url.as_deref(), &id)),
            embed_url: embed_path.map(String::from).or_else(|| filled(self.embed_url.as_deref(), &id)),
            uploaded_at: time(wire.file_created.or(wire.uploaded)),
            last_accessed_at: time(wire.file_last_download.or(wire.last_view)),
            download_count: wire.file_views_full.or(wire.downloads).or(wire.views),
            ..File::bare(&self.origin, id)
        }
    }

    pub(crate) fn folder(&self, wire: wire::FolderRow, parent: &FolderId) -> Option<Folder> {
        match self.ids.folder_from_site(wire.fld_id.as_deref()?).ok()? {
            // The root cannot be in a folder.
            FolderId::Root => None,
            id => {
                let name = wire.name.map(|name| self.names.decode(&name));
                Some(Folder::bare(&self.origin, id, Some(parent.clone()), name))
            }
        }
    }

    pub(crate) fn file_id(&self, code: Option<&str>) -> Option<FileId> {
        self.ids.file(code?).ok()
    }

    /// Returns the id of a remote upload: its number, or the code of the file that it makes.
    pub(crate) fn remote_upload_id(&self, number: Option<&str>, code: Option<&str>) -> Option<RemoteUploadId> {
        let id = if self.traits.remote == RemoteCalls::Numbered { number } else { code };
        self.ids.remote_upload(id?).ok()
    }

    /// Converts a remote upload. `asked` is its id, if the answer has none.
    pub(crate) fn remote_upload(
        &self,
        wire: wire::RemoteRow,
        asked: Option<&RemoteUploadId>,
        zone: &TimeZone,
    ) -> Option<RemoteUpload> {
        let code = wire.file_code.as_deref().or(wire.filecode.as_deref());
        let id = self.remote_upload_id(wire.id.as_deref(), code).or_else(|| asked.cloned())?;
        let state = wire.status.as_deref().map_or(JobState::Unknown, |word| self.job_state(word));
        let size = wire.bytes_total.or(wire.total_size).filter(|size| *size > 0);
        let loaded = wire.bytes_downloaded.or(wire.loaded_size);
        let reported = wire.progress.as_deref().and_then(|text| text.trim_end_matches('%').trim().parse().ok());
        let progress = reported.or(wire.percent).or_else(|| percentage(loaded?, size?));
        let file_id = if state == JobState::Succeeded { self.file_id(code.or(Some(id.as_str()))) } else { None };
        let time = |text: Option<String>| text.and_then(|text| self.job_time(&text, zone));
        Some(RemoteUpload {
            source_url: wire.remote_url.or(wire.source_url).or(wire.url),
            folder_id: wire.fld_id.or(wire.folder_id).and_then(|id| self.ids.folder_from_site(&id).ok()),
            state,
            raw_state: wire.status,
            progress_percent: progress.map(|value: f64| value.clamp(0.0, 100.0)),
            size,
            created_at: time(wire.created),
            updated_at: time(wire.updated),
            page_url: file_id.as_ref().and_then(|id| filled(self.page_url.as_deref(), id)),
            file_id,
            error: wire.error_msg.map(|message| message.0),
            ..RemoteUpload::bare(&self.origin, id)
        })
    }

    pub(crate) fn conversion(&self, wire: wire::EncodingRow) -> Option<Conversion> {
        let code = wire.file_code?;
        let file_id = self.ids.file(&code).ok()?;
        let quality = wire.quality.map(|quality| format!("_{quality}")).unwrap_or_default();
        Some(Conversion {
            // A file has a job for each quality, and jobs have no ids.
            id: format!("{code}{quality}"),
            account: self.origin.account.clone(),
            provider: self.origin.provider.clone(),
            file_id: Some(file_id),
            name: wire.title.or(wire.name).map(|name| self.names.decode(&name)),
            state: wire.status.as_deref().map_or(JobState::Unknown, |word| self.job_state(word)),
            raw_state: wire.status,
            progress_percent: wire.progress.map(|progress| progress.clamp(0.0, 100.0)),
            retries: None,
            updated_at: None,
            page_url: wire.link,
        })
    }

    fn zone<'a>(&'a self, of_answer: &'a TimeZone) -> &'a TimeZone {
        self.timezone.as_ref().unwrap_or(of_answer)
    }

    fn tags(&self, text: &str) -> Vec<String> {
        text.split(',').map(|tag| self.names.decode(tag.trim())).filter(|tag| !tag.is_empty()).collect()
    }

    /// Converts the site's word for the state of a job. At VOE, it is a number.
    fn job_state(&self, word: &str) -> JobState {
        match (word.to_ascii_lowercase().as_str(), self.traits.remote) {
            ("1", RemoteCalls::Numbered) | ("pending" | "queued" | "new", _) => JobState::Queued,
            ("2", RemoteCalls::Numbered) | ("working" | "stuck" | "encoding" | "processing", _) => JobState::Running,
            ("3", RemoteCalls::Numbered) => JobState::Succeeded,
            ("ok" | "done" | "transferred" | "finished" | "completed", _) => JobState::Succeeded,
            ("4", RemoteCalls::Numbered) | ("error" | "failed", _) => JobState::Failed,
            _ => JobState::Unknown,
        }
    }

    /// Reads the time of a job: `2026-03-01 08:00:00`, or at Byse `10:00:00 09-06-2026` with the day first.
    fn job_time(&self, text: &str, zone: &TimeZone) -> Option<jiff::Timestamp> {
        let civil: DateTime = match text.parse() {
            Ok(civil) => civil,
            Err(_) => strtime::parse("%H:%M:%S %d-%m-%Y", text).and_then(|parsed| parsed.to_datetime()).ok()?,
        };
        self.zone(zone).to_ambiguous_timestamp(civil).compatible().ok()
    }
}

fn filled(template: Option<&str>, id: &FileId) -> Option<String> {
    Some(template?.replace("{id}", id.as_str()))
}

fn percentage(done: u64, total: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a percentage needs no 53rd bit")]
    (total > 0).then(|| done as f64 * 100.0 / total as f64)
}
