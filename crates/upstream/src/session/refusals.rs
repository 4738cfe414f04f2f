//! Credentials that a site has refused are not tried again for a while: failed logins are counted there, and lock the
//! account.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, UpstreamAnswer};
use polyhost_state::{KeyValue, StateError};
use serde::{Deserialize, Serialize};

/// How long a refusal is remembered.
const MEMORY: Duration = Duration::from_secs(60);

/// The memory of refused credentials.
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
}

/// The kinds that are about the credentials.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum KeptKind {
    CredentialsRejected,
    Forbidden,
}

impl Refusals {
    pub(super) fn new(key: &str, values: Arc<dyn KeyValue>) -> Self {
        Self { key: format!("refused/{key}"), values }
    }

    /// The error that the credentials have led to lately.
    pub(super) async fn known(&self) -> Result<Option<Error>, StateError> {
        let entry = self.values.get(&self.key).await?;
        let kept: Option<Kept> = entry.and_then(|entry| serde_json::from_slice(&entry.value).ok());
        Ok(kept.map(Kept::into_error))
    }

    /// Keeps an error that is about the credentials.
    pub(super) async fn note(&self, error: &Error) {
        let Some(kept) = Kept::of(error).and_then(|kept| serde_json::to_vec(&kept).ok()) else { return };
        if let Err(error) = self.values.put(&self.key, Bytes::from(kept), MEMORY).await {
            tracing::warn!(%error, "that the credentials are refused cannot be remembered");
        }
    }
}

impl Kept {
    fn of(error: &Error) -> Option<Self> {
        let kind = match error.kind() {
            ErrorKind::CredentialsRejected => KeptKind::CredentialsRejected,
            ErrorKind::Forbidden => KeptKind::Forbidden,
            _ => return None,
        };
        let answer = error.answer().cloned().unwrap_or_default();
        let detail = error.detail().map(str::to_owned);
        Some(Self { kind, detail, http_status: answer.http_status, status: answer.status, message: answer.message })
    }

    fn into_error(self) -> Error {
        let kind = match self.kind {
            KeptKind::CredentialsRejected => ErrorKind::CredentialsRejected,
            KeptKind::Forbidden => ErrorKind::Forbidden,
        };
        let answer = UpstreamAnswer { http_status: self.http_status, status: self.status, message: self.message };
        let error = Error::new(kind).with_answer(answer);
        match self.detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }
}
