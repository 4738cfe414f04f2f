//! A site of which only the jobs are there, and which notes what it is asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_domain::{
    Account, ByteRange, Capabilities, Capability, Conversion, ConversionQuery, DeleteSemantics, DialectName, Download,
    Error, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef, Folder, FolderEdit, FolderId, Found, IdAlphabet,
    IdGrammar, JobState, Limits, LinkAnswer, Listing, ListingShape, NameGrammar, NativeCursor, NewFolder,
    NewRemoteUpload, Origin, Profile, Provider, RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result,
    TicketRequest, Upload, UploadTicket,
};
use tokio::time::Instant;
use url::Url;

/// How long the site takes to answer.
pub(super) const ANSWER: Duration = Duration::from_millis(1);

/// The site. Clones are the same one.
#[derive(Clone)]
pub(super) struct Fake(Arc<Inner>);

struct Inner {
    profile: Profile,
    began: Instant,
    told: Mutex<Site>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

#[derive(Default)]
struct Site {
    uploads: BTreeMap<RemoteUploadId, RemoteUpload>,
    files: Vec<FileId>,
    conversions: Vec<Conversion>,
    error: Option<Error>,
    panics: bool,
    calls: Vec<(Duration, String)>,
}

impl Fake {
    /// A site that can do this, and knows nothing.
    pub(super) fn new(capabilities: &[Capability]) -> Self {
        let profile = Profile {
            origin: Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() },
            dialect: DialectName::Openload,
            base_url: "http://127.0.0.1:9/".parse().unwrap(),
            capabilities: Capabilities::native(capabilities),
            ids: IdGrammar::new(IdAlphabet::UrlSafe, "0"),
            names: NameGrammar::ANY,
            delete: DeleteSemantics::Permanent,
            max_batch: 50,
            tells_folder: false,
            listing: ListingShape::Whole,
            sort_keys: &[],
            digests: Vec::new(),
            doubtful_digests: Vec::new(),
            max_upload_bytes: None,
        };
        let (under_way, most_under_way) = Default::default();
        Self(Arc::new(Inner { profile, began: Instant::now(), told: Mutex::default(), under_way, most_under_way }))
    }

    pub(super) fn upload_id(&self, id: &str) -> RemoteUploadId {
        self.0.profile.ids.remote_upload(id).unwrap()
    }

    pub(super) fn file_id(&self, id: &str) -> FileId {
        self.0.profile.ids.file(id).unwrap()
    }

    /// Puts a remote upload there, or changes it.
    pub(super) fn upload(&self, id: &str, state: JobState, percent: f64) {
        let id = self.upload_id(id);
        let upload = RemoteUpload {
            state,
            progress_percent: Some(percent),
            ..RemoteUpload::bare(&self.0.profile.origin, id.clone())
        };
        self.told().uploads.insert(id, upload);
    }

    /// Says that something happened to all remote uploads just now, and not what.
    pub(super) fn touch_uploads(&self, second: i64) {
        let at = jiff::Timestamp::from_second(second).unwrap();
        self.told().uploads.values_mut().for_each(|upload| upload.updated_at = Some(at));
    }

    /// Forgets a remote upload.
    pub(super) fn forget(&self, id: &str) {
        let id = self.upload_id(id);
        self.told().uploads.remove(&id);
    }

    /// Puts a file there.
    pub(super) fn file(&self, id: &str) {
        let id = self.file_id(id);
        self.told().files.push(id);
    }

    /// Puts a conversion of a file there, or changes it.
    pub(super) fn conversion(&self, id: &str, file: &str, state: JobState) {
        let origin = &self.0.profile.origin;
        let conversion = Conversion {
            id: id.to_owned(),
            account: origin.account.clone(),
            provider: origin.provider.clone(),
            file_id: Some(self.file_id(file)),
            name: None,
            state,
            raw_state: None,
            progress_percent: None,
            retries: None,
            updated_at: None,
            page_url: None,
        };
        let mut told = self.told();
        told.conversions.retain(|other| other.id != id);
        told.conversions.push(conversion);
    }

    /// From now on every question is answered with this.
    pub(super) fn fail(&self, error: Error) {
        self.told().error = Some(error);
    }

    /// The next question makes its adapter panic.
    pub(super) fn panic_once(&self) {
        self.told().panics = true;
    }

    /// From now on questions are answered again.
    pub(super) fn recover(&self) {
        self.told().error = None;
    }

    /// What was asked since the last look.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.told().calls).into_iter().map(|(_, call)| call).collect()
    }

    /// When something was asked since the last look, in milliseconds since the beginning.
    pub(super) fn asked_at(&self) -> Vec<u128> {
        std::mem::take(&mut self.told().calls).into_iter().map(|(at, _)| at.as_millis()).collect()
    }

    /// How many questions were under way at a time.
    pub(super) fn most_under_way(&self) -> usize {
        self.0.most_under_way.load(Ordering::Relaxed)
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Site> {
        self.0.told.lock().unwrap()
    }

    /// Notes a question, takes the time for an answer, and fails where all fails.
    async fn ask(&self, call: String) -> Result<()> {
        assert!(!std::mem::take(&mut self.told().panics), "a fault of ours");
        let at = self.0.began.elapsed();
        self.told().calls.push((at, call));
        let now = self.0.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.most_under_way.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(ANSWER).await;
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.told().error.clone().map_or(Ok(()), Err)
    }
}

fn no<T>() -> Result<T> {
    Err(Error::unsupported(Capability::AccountRead))
}

#[async_trait]
impl Provider for Fake {
    fn profile(&self) -> &Profile {
        &self.0.profile
    }

    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>> {
        self.ask(format!("files {}", ids.len())).await?;
        let told = self.told();
        let look = |id: &FileId| {
            if told.files.contains(id) {
                FileLookup::Found(Box::new(File::bare(&self.0.profile.origin, id.clone())))
            } else {
                FileLookup::Failed(Error::new(ErrorKind::FileNotFound))
            }
        };
        Ok(ids.iter().map(look).collect())
    }

    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        match selection {
            RemoteUploadSelection::Recent(limit) => {
                self.ask(format!("recent {limit}")).await?;
                Ok(self.told().uploads.values().rev().take(limit as usize).cloned().collect())
            }
            RemoteUploadSelection::Ids(ids) => {
                let names: Vec<&str> = ids.iter().map(RemoteUploadId::as_str).collect();
                self.ask(format!("ids {}", names.join(","))).await?;
                let told = self.told();
                Ok(ids.iter().filter_map(|id| told.uploads.get(id).cloned()).collect())
            }
        }
    }

    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>> {
        let file = query.file.as_ref().map_or("all", |file| file.as_str());
        self.ask(format!("conversions {file} {}", query.limit)).await?;
        let told = self.told();
        let wanted = |job: &&Conversion| query.file.is_none() || job.file_id == query.file;
        Ok(told.conversions.iter().filter(wanted).take(query.limit as usize).cloned().collect())
    }

    async fn account(&self) -> Result<Account> {
        no()
    }

    async fn limits(&self) -> Result<Limits> {
        no()
    }

    async fn link(&self, _: &FileRef) -> Result<LinkAnswer> {
        no()
    }

    async fn open(&self, _: &FileRef, _: Option<ByteRange>) -> Result<Download> {
        no()
    }

    async fn thumbnail(&self, _: &FileId) -> Result<Url> {
        no()
    }

    async fn upload(&self, _: Upload) -> Result<File> {
        no()
    }

    async fn upload_ticket(&self, _: TicketRequest) -> Result<UploadTicket> {
        no()
    }

    async fn edit_file(&self, _: &FileId, _: FileEdit) -> Result<Option<File>> {
        no()
    }

    async fn move_file(&self, _: &FileId, _: &FolderId) -> Result<Option<File>> {
        no()
    }

    async fn copy_file(&self, _: &FileId, _: &FolderId) -> Result<File> {
        no()
    }

    async fn delete_file(&self, _: &FileId) -> Result<()> {
        no()
    }

    async fn list(&self, _: &FolderId, _: Option<NativeCursor>) -> Result<Listing> {
        no()
    }

    async fn folder(&self, _: &FolderId) -> Result<Folder> {
        no()
    }

    async fn create_folder(&self, _: NewFolder) -> Result<Folder> {
        no()
    }

    async fn edit_folder(&self, _: &FolderId, _: FolderEdit) -> Result<Option<Folder>> {
        no()
    }

    async fn move_folder(&self, _: &FolderId, _: &FolderId) -> Result<Option<Folder>> {
        no()
    }

    async fn delete_folder(&self, _: &FolderId) -> Result<()> {
        no()
    }

    async fn add_remote_upload(&self, _: NewRemoteUpload) -> Result<RemoteUpload> {
        no()
    }

    async fn close(&self) {}
}
