//! Adds login and key to every call, and determines the cause of a 403. The site answers 403 to wrong credentials and
//! to denied actions. Therefore the account is read after a 403, and the verdict on the credentials is stored for a
//! while.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, Origin, Result};
use polyhost_state::KeyValue;
use polyhost_upstream::{SecretUrl, fingerprint};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::Credentials;
use crate::error::{detail, unresolved_denial};
use crate::named::Named;

/// The lifetime of a verdict on the credentials.
const VERDICT_TTL: Duration = Duration::from_secs(60);

const GOOD: &[u8] = b"good";
const BAD: &[u8] = b"bad";

/// The credentials of one account, and the stored verdict on them.
pub(crate) struct Auth {
    credentials: Credentials,
    origin: Origin,
    verdicts: Arc<dyn KeyValue>,
    verdict_key: String,
    /// ActiveGrant while the verdict is determined, so that concurrent denials read the account once.
    checking: Mutex<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
}

impl Auth {
    pub(crate) fn new(credentials: Credentials, origin: Origin, verdicts: Arc<dyn KeyValue>) -> Self {
        // The verdict is about these credentials, not about the account, which may get others.
        let identity = [origin.provider.as_str(), credentials.login.expose_secret(), credentials.key.expose_secret()];
        let verdict_key = format!("openload/credentials/{}", fingerprint(&identity));
        Self { credentials, origin, verdicts, verdict_key, checking: Mutex::new(()) }
    }

    /// Adds the credentials to a request.
    pub(crate) fn sign(&self, url: SecretUrl) -> SecretUrl {
        url.with_secret("login", &self.credentials.login).with_secret("key", &self.credentials.key)
    }

    /// Returns the error of a 403, which denies either the action or the credentials. `account` reads the account from
    /// the site, if there is time until `deadline`.
    pub(crate) async fn classify_denial(
        &self,
        denial: Error,
        deadline: Instant,
        account: impl Future<Output = Result<()>> + Send,
    ) -> Error {
        match timeout_at(deadline, self.verdict(account)).await.ok().flatten() {
            Some(Verdict::Good) => denial,
            // Without a verdict, the 403 counts as a denial of the action.
            None => denial.with_detail(unresolved_denial(&self.origin.account)),
            Some(Verdict::Bad) => {
                let kind = ErrorKind::CredentialsRejected;
                denial.into_kind(kind).with_detail(detail(kind, Named::Account, &self.origin.account))
            }
        }
    }

    async fn verdict(&self, account: impl Future<Output = Result<()>> + Send) -> Option<Verdict> {
        let _one_at_a_time = self.checking.lock().await;
        if let Some(stored) = self.stored_verdict().await {
            return Some(stored);
        }
        let verdict = match account.await {
            Ok(()) => Verdict::Good,
            Err(error) if error.kind() == ErrorKind::CredentialsRejected => Verdict::Bad,
            Err(_) => return None,
        };
        self.store(verdict).await;
        Some(verdict)
    }

    async fn stored_verdict(&self) -> Option<Verdict> {
        match self.verdicts.get(&self.verdict_key).await {
            Ok(entry) => match &*entry?.value {
                GOOD => Some(Verdict::Good),
                BAD => Some(Verdict::Bad),
                _ => None,
            },
            Err(error) => {
                tracing::debug!(%error, "the verdict on the credentials cannot be loaded; asking the site");
                None
            }
        }
    }

    async fn store(&self, verdict: Verdict) {
        let word = match verdict {
            Verdict::Good => GOOD,
            Verdict::Bad => BAD,
        };
        if let Err(error) = self.verdicts.put(&self.verdict_key, Bytes::from_static(word), VERDICT_TTL).await {
            tracing::debug!(%error, "the verdict on the credentials cannot be stored");
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("origin", &self.origin).finish_non_exhaustive()
    }
}
