//! A simulated site, and adapters for it. Every test of this crate uses them.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use polyhost_adapter_testing::settings::client;
use polyhost_adapter_testing::values::origin;
use polyhost_adapter_testing::{SimulatedSite, User};
use polyhost_conformance::KnownFiles;
use polyhost_domain::{Capability, FileId, IdGrammar, Provider, Result};
use polyhost_sandbox::xfilesharing::{Flavour as SiteFlavour, Options as SiteOptions, Xfilesharing as Sandbox};
use polyhost_sandbox::{Fault, Faults, Journal, ManualClock};
use polyhost_state::State;
use polyhost_upstream::Settings;
use polyhost_xfilesharing::{Config, Flavour, Quirks, Xfilesharing};

/// A number and 16 word characters, as sites require.
pub(crate) const KEY: &str = "424242plantedkey000001";
const STRANGER: &str = "999999plantedkey000002";

/// All flavours.
pub(crate) const FLAVOURS: [SiteFlavour; 5] =
    [SiteFlavour::Xvs, SiteFlavour::Xfs, SiteFlavour::Dood, SiteFlavour::Byse, SiteFlavour::Voe];

/// The options of a simulated site. The default is XVideoSharing.
#[derive(Debug, Clone)]
pub(crate) struct Options(pub(crate) SiteOptions);

impl Default for Options {
    fn default() -> Self {
        Self::of(SiteFlavour::Xvs)
    }
}

impl Options {
    pub(crate) fn of(flavour: SiteFlavour) -> Self {
        // The clock stands still, so a limit would never end.
        Self(SiteOptions {
            seeded: false,
            per_second: None,
            only_videos: false,
            // Finished remote uploads leave the list, so those of a check must not end within its seven seconds.
            remote_upload_step: Duration::from_secs(10),
            ..SiteOptions::of(flavour)
        })
    }
}

/// A simulated site with a clock that the test advances.
#[derive(Clone)]
pub(crate) struct Simulated {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: ManualClock,
}

impl SimulatedSite for Simulated {
    type Options = Options;
    type Quirks = Quirks;

    const ACCOUNT: &'static str = "account/info";
    const LIST: &'static str = "folder/list";
    const DELETE_FILE: &'static str = "file/delete";
    const UPLOAD: &'static str = "upload";
    const SECRETS: &'static [&'static str] = &[KEY, STRANGER];

    async fn start(options: Options) -> Self {
        let clock = ManualClock::starting_at(Timestamp::now());
        let options = SiteOptions { key: KEY.into(), clock: clock.clock(), ..options.0 };
        Self { sandbox: Arc::new(Sandbox::start(options).await.unwrap()), clock }
    }

    fn base_url(&self) -> String {
        self.sandbox.base_url()
    }

    /// The adapter's flavour is that of the site.
    fn adapter(&self, base_url: &str, user: User, quirks: Quirks, settings: Settings) -> Arc<dyn Provider> {
        let key = if user == User::Known { KEY } else { STRANGER };
        let (origin, state) = (origin(user.account(), "xfs"), State::in_memory());
        let client = client(&origin, base_url, settings, &state);
        let flavour = match self.sandbox.flavour() {
            SiteFlavour::Xvs => Flavour::Xvs,
            SiteFlavour::Xfs => Flavour::Xfs,
            SiteFlavour::Dood => Flavour::Dood,
            SiteFlavour::Byse => Flavour::Byse,
            SiteFlavour::Voe => Flavour::Voe,
        };
        let (quirks, base_url) = (Quirks { flavour, ..quirks }, base_url.parse().unwrap());
        Arc::new(Xfilesharing::new(Config { origin, base_url, key: key.into(), quirks }, client, state.values))
    }

    fn parts(&self) -> (&Journal, &Faults, &ManualClock) {
        (self.sandbox.journal(), self.sandbox.faults(), &self.clock)
    }

    fn file_count(&self) -> usize {
        self.sandbox.counts().files
    }

    fn file_bytes(&self, id: &str) -> Option<Vec<u8>> {
        self.sandbox.file_bytes(id)
    }

    async fn read_file(provider: &dyn Provider, id: &FileId) -> Result<()> {
        provider.thumbnail(id).await.map(drop)
    }

    fn error(status: u16) -> Fault {
        Fault::envelope(status)
    }

    fn without(capability: Capability) -> Quirks {
        Quirks { unsupported: vec![capability], ..Quirks::default() }
    }

    fn add_known_files(&self, ids: &IdGrammar) -> KnownFiles {
        let blocked = self.sandbox.add_file("0", "blocked.mp4", b"blocked");
        self.sandbox.block_file(&blocked);
        KnownFiles { blocked: ids.file(&blocked).ok(), ..KnownFiles::default() }
    }
}
