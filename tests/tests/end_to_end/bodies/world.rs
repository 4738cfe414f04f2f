//! The world of the tests of bodies: both sites, a gateway in front of them with a spool folder of its own, and a
//! caller. Each test is about one of the sites.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use polyhost_end_to_end::{Answer, Caller, Configuration, Form, Gateway, Raw};
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use polyhost_sandbox::{Clock, Copies, Fault, Faults, Journal, ReceivedUpload, Rule, StoredNames, UploadReply};
use reqwest::Body;
use tempfile::TempDir;

use crate::streamplay::world::{KEY1, KEY2, account, login};
use crate::world::{KEY, LOGIN, SITE_KEY, configuration};

/// The longest time to wait for anything.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// The site that a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Openload,
    Yetishare,
}

pub(crate) const BOTH: [Dialect; 2] = [Dialect::Openload, Dialect::Yetishare];

/// The options in which the sites of a world differ from the defaults.
#[derive(Debug, Default)]
pub(crate) struct SiteOptions {
    pub(crate) copies: Copies,
    pub(crate) stored_names: StoredNames,
    pub(crate) upload_reply: UploadReply,
    pub(crate) listed_late: u32,
    pub(crate) link_uses: Option<u32>,
    pub(crate) dead_links: yetishare::DeadLinks,
    pub(crate) package: yetishare::Package,
    /// Whether downloads have no `Content-Length`.
    pub(crate) lengthless: bool,
}

/// The framing of an upload's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The bare bytes with a `Content-Length`.
    Bare,
    /// The bare bytes, chunked.
    Chunked,
    /// A form with a `Content-Length`.
    Form,
    /// A chunked form.
    ChunkedForm,
}

pub(crate) const FRAMINGS: [Framing; 4] = [Framing::Bare, Framing::Chunked, Framing::Form, Framing::ChunkedForm];

/// The sites, a gateway and a caller.
pub(crate) struct World {
    pub(crate) dialect: Dialect,
    pub(crate) pstream: Openload,
    pub(crate) plays: Yetishare,
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
    pub(crate) spool: TempDir,
    /// The offset of the sites' clocks from the true time, in seconds.
    shift: Arc<AtomicI64>,
}

impl World {
    /// Starts empty sites, and a gateway with the default settings.
    pub(crate) async fn start(dialect: Dialect) -> Self {
        Self::configured(dialect, |configuration| configuration).await
    }

    /// Starts a gateway with other settings.
    pub(crate) async fn configured(dialect: Dialect, settings: impl FnOnce(Configuration) -> Configuration) -> Self {
        Self::with(dialect, SiteOptions::default(), settings).await
    }

    /// Starts sites with these options, and a gateway with these settings.
    pub(crate) async fn with(
        dialect: Dialect,
        site_options: SiteOptions,
        settings: impl FnOnce(Configuration) -> Configuration,
    ) -> Self {
        let shift = Arc::new(AtomicI64::new(0));
        let clock = clock(&shift);
        let pstream = pstream(&site_options, clock.clone()).await;
        let plays = plays(site_options, clock).await;
        let spool = TempDir::with_prefix("polyhost-spool-").unwrap();
        let configuration = configuration(&pstream)
            .table(&account("plays", &plays.base_url(), KEY1, KEY2))
            .server(&format!("spool_dir = {:?}", spool.path()));
        let gateway = Gateway::start(&settings(configuration)).await;
        let caller = gateway.caller(KEY);
        Self { dialect, pstream, plays, gateway, caller, spool, shift }
    }

    /// Returns a path below the account at the site.
    pub(crate) fn at(&self, path: &str) -> String {
        let account = match self.dialect {
            Dialect::Openload => "main",
            Dialect::Yetishare => "plays",
        };
        format!("/v1/accounts/{account}/{path}")
    }

    /// Returns the path of an upload under a name.
    pub(crate) fn files(&self, name: &str) -> String {
        let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        self.at(&format!("files?name={name}"))
    }

    /// Returns the journal of the requests that arrived at the site.
    pub(crate) fn journal(&self) -> &Journal {
        match self.dialect {
            Dialect::Openload => self.pstream.journal(),
            Dialect::Yetishare => self.plays.journal(),
        }
    }

    /// Returns the site's operation that receives uploaded bytes.
    pub(crate) fn operation(&self) -> &'static str {
        match self.dialect {
            Dialect::Openload => "upload",
            Dialect::Yetishare => "file/upload",
        }
    }

    /// Returns the site's operation that lists a folder.
    pub(crate) fn listing(&self) -> &'static str {
        match self.dialect {
            Dialect::Openload => "file/listfolder",
            Dialect::Yetishare => "folder/listing",
        }
    }

    /// Returns the fault rules of the site.
    pub(crate) fn faults(&self) -> &Faults {
        match self.dialect {
            Dialect::Openload => self.pstream.faults(),
            Dialect::Yetishare => self.plays.faults(),
        }
    }

    /// Injects a fault into every upload.
    pub(crate) fn inject(&self, fault: Fault) {
        self.faults().add(Rule::new(self.operation(), fault));
    }

    /// Returns the number of uploads that have arrived at the site, complete or not.
    pub(crate) fn uploads(&self) -> usize {
        self.journal().of(self.operation()).len()
    }

    /// Returns the site's record of the last upload.
    pub(crate) fn last_upload(&self) -> ReceivedUpload {
        self.journal().of(self.operation()).pop().and_then(|received| received.upload).unwrap_or_default()
    }

    /// Returns the number of files that the site stores.
    pub(crate) fn stored(&self) -> usize {
        match self.dialect {
            Dialect::Openload => self.pstream.counts().files,
            Dialect::Yetishare => self.plays.counts().files,
        }
    }

    /// Returns the bytes of a file at the site.
    pub(crate) fn bytes_of(&self, id: &str) -> Option<Vec<u8>> {
        match self.dialect {
            Dialect::Openload => self.pstream.file_bytes(id),
            Dialect::Yetishare => self.plays.file_bytes(id),
        }
    }

    /// Adds a file to the root folder.
    pub(crate) fn add_file(&self, name: &str, bytes: &[u8]) -> String {
        match self.dialect {
            Dialect::Openload => self.pstream.add_file("0", name, bytes),
            Dialect::Yetishare => self.plays.add_file("0", name, bytes),
        }
    }

    /// Adds a file to the root folder, dated one day ago.
    pub(crate) fn add_old_file(&self, name: &str, bytes: &[u8]) -> String {
        self.shift.store(-24 * 60 * 60, Ordering::Relaxed);
        let id = self.add_file(name, bytes);
        self.shift.store(0, Ordering::Relaxed);
        id
    }

    /// Uploads bytes as a video.
    pub(crate) async fn upload(&self, framing: Framing, name: &str, bytes: &[u8]) -> Answer {
        self.upload_with(framing, name, "", bytes).await
    }

    /// Like [`upload`](Self::upload), with further query parameters (`&sha1=…`).
    pub(crate) async fn upload_with(&self, framing: Framing, name: &str, more: &str, bytes: &[u8]) -> Answer {
        let form = Form::new().field("name", name).file("clip.mp4", bytes);
        let (path, content_type, body) = match framing {
            Framing::Bare | Framing::Chunked => (self.files(name), "video/mp4".to_owned(), bytes.to_vec()),
            Framing::Form | Framing::ChunkedForm => (self.at("files?"), form.content_type(), form.body()),
        };
        let path = format!("{path}{more}").replace("?&", "?");
        let body = if framing.is_chunked() { in_chunks(body) } else { Body::from(body) };
        self.caller.typed("POST", path.trim_end_matches('?'), &content_type, body).await
    }

    /// Begins an upload on a connection of its own, with further header fields. `length` is that of the body; `None`
    /// sends a chunked body.
    pub(crate) async fn begin(&self, target: &str, length: Option<usize>, fields: &[(&str, &str)]) -> Raw {
        let (key, length) = (format!("Bearer {KEY}"), length.map(|length| length.to_string()));
        let framing = length.as_deref().map_or(("Transfer-Encoding", "chunked"), |length| ("Content-Length", length));
        let fields = [&[("Authorization", key.as_str()), framing], fields].concat();
        Raw::begin(self.gateway.address(), &format!("POST {target}"), &fields).await
    }

    /// Waits until a condition holds at the site.
    #[track_caller]
    pub(crate) fn until(&self, condition: impl Fn(&Self) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let met = self.journal().until(|_| condition(self));
            tokio::time::timeout(TIME_LIMIT, met)
                .await
                .unwrap_or_else(|_| panic!("{caller}: the condition never held"));
        }
    }

    /// Waits until an upload has arrived at the site, with at least `bytes` bytes of its file.
    pub(crate) async fn upload_reaches(&self, bytes: u64) {
        self.until(|world| world.uploads() > 0 && world.last_upload().bytes >= bytes).await;
    }

    /// Asserts that nothing is left of earlier requests: no spool file, linked or open, no request at the site, and no
    /// permit of the account.
    pub(crate) async fn assert_nothing_left(&self) {
        self.until(|world| ["upload", "file/upload", "content"].iter().all(|each| world.journal().open(each) == 0))
            .await;
        self.assert_spool_empty().await;
        let uncached = self.caller.request("GET", &self.at("folders/root/items")).header("cache-control", "no-cache");
        self.caller.send(uncached).await.status(200);
    }

    /// Asserts that the spool folder has no named file now, and soon no deleted file that is still open.
    pub(crate) async fn assert_spool_empty(&self) {
        assert_eq!(self.spooled_by_name(), Vec::<String>::new());
        let closed = async {
            while !self.gateway.open_files(self.spool.path()).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let still_open = || panic!("still open: {:?}", self.gateway.open_files(self.spool.path()));
        tokio::time::timeout(TIME_LIMIT, closed).await.unwrap_or_else(|_| still_open());
    }

    /// Returns the names in the spool folder.
    pub(crate) fn spooled_by_name(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.spool.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Framing {
    pub(crate) fn is_chunked(self) -> bool {
        matches!(self, Self::Chunked | Self::ChunkedForm)
    }
}

/// Runs a test for several cases concurrently, because each spends most of its time waiting.
pub(crate) async fn concurrently<T>(cases: impl IntoIterator<Item = T>, test: impl AsyncFn(T)) {
    futures_util::future::join_all(cases.into_iter().map(|case| test(case))).await;
}

/// Returns each case for each site.
pub(crate) fn at_both<T: Clone>(cases: &[T]) -> Vec<(Dialect, T)> {
    BOTH.into_iter().flat_map(|dialect| cases.iter().cloned().map(move |case| (dialect, case))).collect()
}

/// Returns bytes without a short period. Fast to generate.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let block: Vec<u8> = (0_u32..4096).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut bytes = Vec::with_capacity(length + block.len());
    while bytes.len() < length {
        // Each block begins with its offset, so that no two are equal.
        bytes.extend_from_slice(&bytes.len().to_le_bytes());
        bytes.extend_from_slice(&block);
    }
    bytes.truncate(length);
    bytes
}

/// Returns a request body without a known length.
pub(crate) fn in_chunks(bytes: Vec<u8>) -> Body {
    let pieces: Vec<_> = bytes.chunks(100_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// Returns a clock that is `shift` seconds from the true time.
fn clock(shift: &Arc<AtomicI64>) -> Clock {
    let shift = Arc::clone(shift);
    Clock::new(move || Timestamp::now() + SignedDuration::from_secs(shift.load(Ordering::Relaxed)))
}

async fn pstream(site_options: &SiteOptions, clock: Clock) -> Openload {
    let options = openload::Options {
        login: LOGIN.to_owned(),
        key: SITE_KEY.to_owned(),
        seeded: false,
        copies: site_options.copies,
        stored_names: site_options.stored_names,
        upload_reply: site_options.upload_reply,
        listed_late: site_options.listed_late,
        clock,
        ..openload::Options::default()
    };
    Openload::start(options).await.unwrap()
}

async fn plays(site_options: SiteOptions, clock: Clock) -> Yetishare {
    let SiteOptions { copies, stored_names, upload_reply, listed_late, link_uses, dead_links, package, lengthless } =
        site_options;
    let usual = yetishare::Options { login: login(), seeded: false, clock, ..yetishare::Options::default() };
    let usual = yetishare::Options { stored_names, upload_reply, ..usual };
    let download_headers = !lengthless;
    let options = yetishare::Options { copies, listed_late, link_uses, dead_links, package, download_headers, ..usual };
    Yetishare::start(options).await.unwrap()
}
