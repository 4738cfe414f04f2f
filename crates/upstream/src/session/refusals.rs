//! Logins that a site has refused are not tried again for a while: failed ones are counted there, and lock the account.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, UpstreamAnswer};
use polyhost_state::{KeyValue, StateError};
use serde::{Deserialize, Serialize};

use super::since_1970;

/// How long a refusal of the credentials is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// The longest that a site gets no login because it asks for none. It can say it again.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The memory of refused logins.
pub(super) struct Refusals {
    key: String,
    values: Arc<dyn KeyValue>,
}

/// What of an error is fit to be kept, and to be shown later.
#[derive(Serialize, Deserialize)]
struct Kept {
    kind: KeptKind,
    detail: Option<String>,
    http_status: Option<u16>,
    status: Option<String>,
    message: Option<String>,
    /// In milliseconds since 1970.
    until: u64,
}

/// The kinds that the next login would lead to, too.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KeptKind {
    CredentialsRejected,
    Forbidden,
    RateLimited,
}

impl Refusals {
    pub(super) fn new(key: &str, values: Arc<dyn KeyValue>) -> Self {
        Self { key: format!("refused/{key}"), values }
    }

    /// The error that a login has led to lately.
    pub(super) async fn known(&self) -> Result<Option<Error>, StateError> {
        let entry = self.values.get(&self.key).await?;
        let kept: Option<Kept> = entry.and_then(|entry| serde_json::from_slice(&entry.value).ok());
        Ok(kept.map(Kept::into_error))
    }

    /// Keeps an error that the next login would lead to, too.
    pub(super) async fn note(&self, error: &Error) {
        let (wait, life) = match error.kind() {
            ErrorKind::RateLimited => {
                let wait = error.retry_after().unwrap_or_default();
                (wait, wait.min(LONGEST))
            }
            _ => (MEMORY, MEMORY),
        };
        let Some(kept) = Kept::of(error, wait).and_then(|kept| serde_json::to_vec(&kept).ok()) else { return };
        if let Err(error) = self.values.put(&self.key, Bytes::from(kept), life).await {
            tracing::warn!(%error, "that a login was refused cannot be remembered");
        }
    }
}

impl Kept {
    fn of(error: &Error, wait: Duration) -> Option<Self> {
        let kind = match error.kind() {
            ErrorKind::CredentialsRejected => KeptKind::CredentialsRejected,
            ErrorKind::Forbidden => KeptKind::Forbidden,
            ErrorKind::RateLimited => KeptKind::RateLimited,
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
            KeptKind::CredentialsRejected => ErrorKind::CredentialsRejected,
            KeptKind::Forbidden => ErrorKind::Forbidden,
            KeptKind::RateLimited => ErrorKind::RateLimited,
        };
        let answer = UpstreamAnswer { http_status: self.http_status, status: self.status, message: self.message };
        let limited = self.kind == KeptKind::RateLimited;
        let wait = limited.then(|| Duration::from_millis(self.until).saturating_sub(since_1970()));
        let error = Error::new(kind).with_answer(answer).retryable(limited).with_retry_after(wait);
        match self.detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }
}
