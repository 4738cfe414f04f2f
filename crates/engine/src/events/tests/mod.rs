//! Tests of event streams with a scripted site and Tokio's paused clock.

mod failures;
mod polling;
mod streams;

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
use crate::tests::{Site, profile};

/// The capabilities of a site with a list of remote uploads and with conversions.
const ALL: &[Capability] = &[
    Capability::RemoteUploadsRead,
    Capability::RemoteUploadsList,
    Capability::ConversionsList,
    Capability::FilesRead,
    Capability::FilesLookup,
];
/// The site's response time.
const RESPONSE_TIME: Duration = Duration::from_millis(1);
/// A time longer than the longest polling interval.
const LONG: Duration = Duration::from_secs(20);

/// A site, its account, and the events of one gateway process.
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

    /// Returns a process with an account at the site.
    fn at(site: &Site) -> Self {
        let account = site.account("user");
        let (phase, tasks) = (watch::Sender::new(Phase::Ready), TaskTracker::new());
        let events = Events::new(Arc::<Completions>::default(), tasks.clone(), phase.subscribe());
        Self { site: site.clone(), account, events, phase, tasks }
    }

    fn subscribe(&self, uploads: &[&str], files: &[&str]) -> Subscription {
        let uploads = uploads.iter().map(|id| Subject::RemoteUpload(self.site.upload_id(id)));
        let files = files.iter().map(|id| Subject::Conversions(self.site.file_id(id)));
        let path = "/v1/accounts/main/events".to_owned();
        let request = Occurrence { request_id: "id-of-the-request".into(), path, prefix: String::new() };
        self.events.subscribe(&self.account, uploads.chain(files).collect(), request)
    }

    async fn watch(&self, uploads: &[&str], files: &[&str]) -> Result<Subscription, Problem> {
        let mut subscription = self.subscribe(uploads, files);
        subscription.begin(None).await.map(|()| subscription)
    }

    async fn resume(&self, uploads: &[&str], last: &str) -> Subscription {
        let mut subscription = self.subscribe(uploads, &[]);
        subscription.begin(Some(last)).await.unwrap();
        subscription
    }
}

/// Returns an empty site with these capabilities, which answers after `RESPONSE_TIME`.
fn site(capabilities: &[Capability]) -> Site {
    let site = Site::new(Profile { capabilities: Capabilities::native(capabilities), ..profile() });
    site.state().delay = RESPONSE_TIME;
    site
}

/// Returns the messages that arrive without a pause of half a second.
async fn ready_messages(subscription: &mut Subscription) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Ok(Some(message)) = timeout(Duration::from_millis(500), subscription.next()).await {
        messages.push(message);
    }
    messages
}

/// Returns id and state of the objects in `ready_messages`, as "1 running".
async fn states(subscription: &mut Subscription) -> Vec<String> {
    let text = |message: Message| {
        let object = json(&message);
        format!("{} {}", object["id"].as_str().unwrap(), object["state"].as_str().unwrap())
    };
    ready_messages(subscription).await.into_iter().map(text).collect()
}

fn json(message: &Message) -> Value {
    serde_json::from_str(&message.data).unwrap()
}
