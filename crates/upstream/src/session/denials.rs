//! Denials: the site refuses calls under a new grant with its message for an unknown session. Another login would not
//! help, so for a while such a call causes none.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::KeyValue;
use secrecy::ExposeSecret;

use super::ActiveGrant;
use crate::fingerprint::fingerprint;

/// The lifetime of a denial.
const DENIAL_LIFETIME: Duration = Duration::from_secs(60);
/// The lifetime of the note that a grant replaced one that the site still knew. No grant is in use for longer.
const REPLACEMENT_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The time for which the next grant counts as the replacement of a grant that the site refused for an upload.
const EXPECTATION_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// The time for which refused calls under a new grant are denied, if it is unknown whether the site still knew the old
/// grant. Calls that are refused in that time ran concurrently, so they do not justify another login.
const NEW_LIFETIME: Duration = Duration::from_secs(10);

/// The denials of the newest grant, in the shared state.
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

    /// Returns whether a call that is refused under this grant is denied without another login.
    pub(super) async fn apply_to(&self, held: &ActiveGrant) -> bool {
        self.is_noted(&self.key, held).await
    }

    /// Denies the calls that are refused under this grant.
    pub(super) async fn note(&self, held: &ActiveGrant) {
        self.put(&self.key, held, DENIAL_LIFETIME).await;
    }

    /// Denies the calls that are refused under this grant for [`NEW_LIFETIME`]: the grant is new, and it is unknown
    /// whether the site still knew the old one.
    pub(super) async fn note_new(&self, held: &ActiveGrant) {
        self.put(&self.key, held, NEW_LIFETIME).await;
    }

    /// Returns whether this grant replaced one that the site still knew, so that another login would not help either.
    pub(super) async fn is_replacement(&self, held: &ActiveGrant) -> bool {
        self.is_noted(&self.replacement_key, held).await
    }

    /// Notes that this grant replaced one that the site still knew.
    pub(super) async fn note_replacement(&self, held: &ActiveGrant) {
        self.put(&self.replacement_key, held, REPLACEMENT_LIFETIME).await;
    }

    /// Notes that the site still knows this grant, so that the next one counts as its replacement.
    pub(super) async fn expect_replacement(&self, held: &ActiveGrant) {
        self.put(&self.expected_key, held, EXPECTATION_LIFETIME).await;
    }

    /// Notes a new grant. It is a replacement if [`Denials::expect_replacement`] noted the old one.
    pub(super) async fn note_login(&self, held: &ActiveGrant) {
        let expected = self.values.get(&self.expected_key).await.ok().flatten();
        let Some(entry) = expected else { return };
        self.note_replacement(held).await;
        if let Err(error) = self.values.compare_and_remove(&self.expected_key, entry.version).await {
            tracing::debug!(%error, "the next grant may count as a replacement although it is none");
        }
    }

    async fn is_noted(&self, key: &str, held: &ActiveGrant) -> bool {
        match self.values.get(key).await {
            Ok(entry) => entry.is_some_and(|entry| entry.value == fingerprint_of(held)),
            Err(error) => {
                tracing::debug!(%error, "cannot read whether calls are denied; asking the site");
                false
            }
        }
    }

    async fn put(&self, key: &str, held: &ActiveGrant, life: Duration) {
        if let Err(error) = self.values.put(key, fingerprint_of(held), life).await {
            tracing::warn!(%error, "cannot store that the site denies calls");
        }
    }
}

/// Identifies a grant without revealing its token.
fn fingerprint_of(held: &ActiveGrant) -> Bytes {
    fingerprint(&[held.grant().token.expose_secret()]).into()
}
