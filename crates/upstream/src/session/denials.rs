//! Grants under which a site denies calls in the words of an unknown session, although they are new. Another login would
//! not help, so none is made for such a call for a while.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::KeyValue;
use secrecy::ExposeSecret;

use super::Held;
use crate::fingerprint::fingerprint;

/// How long a denial stands.
const MEMORY: Duration = Duration::from_secs(60);
/// How long it is remembered that a grant replaced one that the site had not lost. Longer than a grant is in use.
const REPLACEMENT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a grant that the site refused for an upload counts as one that the next grant replaces.
const EXPECTED: Duration = Duration::from_secs(10 * 60);
/// How long a grant counts as new that replaced one of which the site could not tell whether it knows it. Calls that are
/// refused meanwhile were under way together.
const NEW: Duration = Duration::from_secs(10);

/// The memory of denials: of the newest grant alone.
pub(super) struct Denials {
    key: String,
    replacement_key: String,
    expected_key: String,
    values: Arc<dyn KeyValue>,
}

impl Denials {
    pub(super) fn new(key: &str, values: Arc<dyn KeyValue>) -> Self {
        let named = |name| format!("{name}/{key}");
        let (replacement_key, expected_key) = (named("replacement"), named("replaced"));
        Self { key: named("denied"), replacement_key, expected_key, values }
    }

    /// Whether calls that are refused under this grant are denied.
    pub(super) async fn hold(&self, held: &Held) -> bool {
        self.names(&self.key, held).await
    }

    /// Denies calls that are refused under this grant.
    pub(super) async fn note(&self, held: &Held) {
        self.put(&self.key, held, MEMORY).await;
    }

    /// Denies them for a moment, since the grant is new and was got without certainty.
    pub(super) async fn note_new(&self, held: &Held) {
        self.put(&self.key, held, NEW).await;
    }

    /// Whether this grant replaced one that the site had not lost, so that another one would not help either.
    pub(super) async fn is_replacement(&self, held: &Held) -> bool {
        self.names(&self.replacement_key, held).await
    }

    /// Remembers that this grant replaced one that the site had not lost.
    pub(super) async fn note_replacement(&self, held: &Held) {
        self.put(&self.replacement_key, held, REPLACEMENT).await;
    }

    /// Says that the site has not lost this grant, so that the next one replaces it.
    pub(super) async fn expect_replacement(&self, held: &Held) {
        self.put(&self.expected_key, held, EXPECTED).await;
    }

    /// Takes note of a new grant, which may replace one that the site had not lost.
    pub(super) async fn note_login(&self, held: &Held) {
        let expected = self.values.get(&self.expected_key).await.ok().flatten();
        let Some(entry) = expected else { return };
        self.note_replacement(held).await;
        if let Err(error) = self.values.compare_and_remove(&self.expected_key, entry.version).await {
            tracing::debug!(%error, "another grant may count as a replacement");
        }
    }

    async fn names(&self, key: &str, held: &Held) -> bool {
        match self.values.get(key).await {
            Ok(entry) => entry.is_some_and(|entry| entry.value == name(held)),
            Err(error) => {
                tracing::debug!(%error, "whether calls are denied cannot be read; the site is asked");
                false
            }
        }
    }

    async fn put(&self, key: &str, held: &Held, life: Duration) {
        if let Err(error) = self.values.put(key, name(held), life).await {
            tracing::warn!(%error, "that calls are denied cannot be remembered");
        }
    }
}

/// Names a grant without telling its token.
fn name(held: &Held) -> Bytes {
    fingerprint(&[held.grant().token.expose_secret()]).into()
}
