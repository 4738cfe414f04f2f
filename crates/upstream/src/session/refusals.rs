//! Refused logins. They are not repeated for a while, because the site counts failed logins and then locks the account.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, UpstreamAnswer};
use polyhost_state::{KeyValue, StateError};
use serde::{Deserialize, Serialize};

use super::since_1970;

/// The lifetime of a stored refusal of the credentials.
const LIFETIME: Duration = Duration::from_secs(60);
/// The maximum lifetime of a stored rate limit on logins. A site with a longer limit repeats it in the answer to the
/// next login.
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The last refusal of a login, in the shared state.
pub(super) struct Refusals {
    key: String,
    values: Arc<dyn KeyValue>,
}

/// The parts of an error that are stored and shown to later callers.
#[derive(Serialize, Deserialize)]
struct StoredRefusal {
    kind: StoredKind,
    detail: Option<String>,
    http_status: Option<u16>,
    status: Option<String>,
    message: Option<String>,
    /// The end of the wait that the site demands, in milliseconds since 1970.
    until: u64,
}

/// The kinds of errors that the next login would meet again.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StoredKind {
    CredentialsRejected,
    Forbidden,
    RateLimited,
}

impl Refusals {
    pub(super) fn new(key: &str, values: Arc<dyn KeyValue>) -> Self {
        Self { key: format!("refused/{key}"), values }
    }

    /// Returns the error of a login that was refused recently.
    pub(super) async fn known(&self) -> Result<Option<Error>, StateError> {
        let entry = self.values.get(&self.key).await?;
        let stored: Option<StoredRefusal> = entry.and_then(|entry| serde_json::from_slice(&entry.value).ok());
        Ok(stored.map(StoredRefusal::into_error))
    }

    /// Stores an error that the next login would meet again. Other errors are ignored.
    pub(super) async fn note(&self, error: &Error) {
        let (wait, life) = match error.kind() {
            ErrorKind::RateLimited => {
                let wait = error.retry_after().unwrap_or_default();
                (wait, wait.min(MAX_LIFETIME))
            }
            _ => (LIFETIME, LIFETIME),
        };
        let Some(stored) = StoredRefusal::of(error, wait).and_then(|stored| serde_json::to_vec(&stored).ok()) else {
            return;
        };
        if let Err(error) = self.values.put(&self.key, Bytes::from(stored), life).await {
            tracing::warn!(%error, "cannot store that the site refused a login");
        }
    }
}

impl StoredRefusal {
    fn of(error: &Error, wait: Duration) -> Option<Self> {
        let kind = match error.kind() {
            ErrorKind::CredentialsRejected => StoredKind::CredentialsRejected,
            ErrorKind::Forbidden => StoredKind::Forbidden,
            ErrorKind::RateLimited => StoredKind::RateLimited,
            _ => return None,
        };
        let answer = error.answer().cloned().unwrap_or_default();
        let detail = error.detail().map(str::to_owned);
        let until = u64::try_from((since_1970() + wait).as_millis()).unwrap_or(u64::MAX);
        let UpstreamAnswer { http_status, status, message } = answer;
        Some(Self { kind, detail, http_status, status, message, until })
    }

    fn into_error(self) -> Error {
        let kind = match self.kind {
            StoredKind::CredentialsRejected => ErrorKind::CredentialsRejected,
            StoredKind::Forbidden => ErrorKind::Forbidden,
            StoredKind::RateLimited => ErrorKind::RateLimited,
        };
        let answer = UpstreamAnswer { http_status: self.http_status, status: self.status, message: self.message };
        let limited = self.kind == StoredKind::RateLimited;
        let wait = limited.then(|| Duration::from_millis(self.until).saturating_sub(since_1970()));
        let error = Error::new(kind).with_answer(answer).retryable(limited).with_retry_after(wait);
        match self.detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }
}
