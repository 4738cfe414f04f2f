//! What streams of events promise, at a scripted site and in time that passes by itself.

mod polling;
mod streams;
mod troubles;

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Capabilities, Capability, Profile};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{Events, Message, Subject, Subscription};
use crate::accounts::Account;
use crate::completions::Completions;
use crate::phase::Phase;
use crate::problem::{Occurrence, Problem};
use crate::testing::{Site, profile};

/// What a site can do that lists its remote uploads and has conversions.
const ALL: &[Capability] = &[
    Capability::RemoteUploadsRead,
    Capability::RemoteUploadsList,
    Capability::ConversionsList,
    Capability::FilesRead,
    Capability::FilesLookup,
];
/// How long the site takes to answer.
const ANSWER: Duration = Duration::from_millis(1);
/// Longer than a poll is ever waited for.
const LONG: Duration = Duration::from_secs(20);

/// A site, its account, and the events of one process.
struct World {
    site: Site,
    account: Arc<Account>,
    events: Events,
    phase: watch::Sender<Phase>,
    tasks: TaskTracker,
}

impl World {
    fn new() -> Self {
        Self::at(&site(ALL))
    }

    /// A process that knows an account at a site.
    fn at(site: &Site) -> Self {
        let account = site.account("user");
        let (phase, tasks) = (watch::Sender::new(Phase::Ready), TaskTracker::new());
        let events = Events::new(Arc::<Completions>::default(), tasks.clone(), phase.subscribe());
        Self { site: site.clone(), account, events, phase, tasks }
    }

    fn sit(&self, uploads: &[&str], files: &[&str]) -> Subscription {
        let uploads = uploads.iter().map(|id| Subject::RemoteUpload(self.site.upload_id(id)));
        let files = files.iter().map(|id| Subject::Conversions(self.site.file_id(id)));
        let path = "/v1/accounts/main/events".to_owned();
        let request = Occurrence { request_id: "id-of-the-request".into(), path };
        self.events.subscribe(&self.account, uploads.chain(files).collect(), request)
    }

    async fn watch(&self, uploads: &[&str], files: &[&str]) -> Result<Subscription, Problem> {
        let mut subscription = self.sit(uploads, files);
        subscription.begin(None).await.map(|()| subscription)
    }

    async fn resume(&self, uploads: &[&str], last: &str) -> Subscription {
        let mut subscription = self.sit(uploads, &[]);
        subscription.begin(Some(last)).await.unwrap();
        subscription
    }
}

/// Returns a site with these capabilities that is empty, and answers after `ANSWER`.
fn site(capabilities: &[Capability]) -> Site {
    let site = Site::new(Profile { capabilities: Capabilities::native(capabilities), ..profile() });
    site.state().delay = ANSWER;
    site
}

/// The messages that come one upon the other.
async fn told(subscription: &mut Subscription) -> Vec<Message> {
    let mut told = Vec::new();
    while let Ok(Some(message)) = timeout(Duration::from_millis(500), subscription.next()).await {
        told.push(message);
    }
    told
}

/// The ids of the objects that are told of one upon the other, and their states.
async fn states(subscription: &mut Subscription) -> Vec<String> {
    let text = |message: Message| {
        let object = json(&message);
        format!("{} {}", object["id"].as_str().unwrap(), object["state"].as_str().unwrap())
    };
    told(subscription).await.into_iter().map(text).collect()
}

fn json(message: &Message) -> Value {
    serde_json::from_str(&message.data).unwrap()
}
