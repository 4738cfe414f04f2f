//! Login and key in every call, and what a 403 means: the site says it to wrong credentials and to denied actions
//! alike, so the account is asked for, and the verdict kept for a while.

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
use crate::error::{detail, unsettled};
use crate::named::Named;

/// How long a verdict on the credentials is believed.
const VERDICT_TTL: Duration = Duration::from_secs(60);

const GOOD: &[u8] = b"good";
const BAD: &[u8] = b"bad";

/// The credentials of one account, and what is known of them.
pub(crate) struct Auth {
    credentials: Credentials,
    origin: Origin,
    verdicts: Arc<dyn KeyValue>,
    verdict_key: String,
    /// Many denials at once ask for the account once.
    asking: Mutex<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
}

impl Auth {
    pub(crate) fn new(credentials: Credentials, origin: Origin, verdicts: Arc<dyn KeyValue>) -> Self {
        // Of these credentials, not of the account: with others, nothing is known of it.
        let identity = [origin.provider.as_str(), credentials.login.expose_secret(), credentials.key.expose_secret()];
        let verdict_key = format!("openload/credentials/{}", fingerprint(&identity));
        Self { credentials, origin, verdicts, verdict_key, asking: Mutex::new(()) }
    }

    /// Adds the credentials to a request.
    pub(crate) fn sign(&self, url: SecretUrl) -> SecretUrl {
        url.with_secret("login", &self.credentials.login).with_secret("key", &self.credentials.key)
    }

    /// Says whether a 403 denies the action or the credentials. `account` asks the site for the account, if there is
    /// time to until `deadline`.
    pub(crate) async fn tell_apart(
        &self,
        denial: Error,
        deadline: Instant,
        account: impl Future<Output = Result<()>> + Send,
    ) -> Error {
        match timeout_at(deadline, self.verdict(account)).await.ok().flatten() {
            Some(Verdict::Good) => denial,
            // The site's word stands: it denied this action.
            None => denial.with_detail(unsettled(&self.origin.account)),
            Some(Verdict::Bad) => {
                let kind = ErrorKind::CredentialsRejected;
                denial.into_kind(kind).with_detail(detail(kind, Named::Account, &self.origin.account))
            }
        }
    }

    async fn verdict(&self, account: impl Future<Output = Result<()>> + Send) -> Option<Verdict> {
        let _one_at_a_time = self.asking.lock().await;
        if let Some(known) = self.known().await {
            return Some(known);
        }
        let verdict = match account.await {
            Ok(()) => Verdict::Good,
            Err(error) if error.kind() == ErrorKind::CredentialsRejected => Verdict::Bad,
            Err(_) => return None,
        };
        self.keep(verdict).await;
        Some(verdict)
    }

    async fn known(&self) -> Option<Verdict> {
        match self.verdicts.get(&self.verdict_key).await {
            Ok(entry) => match &*entry?.value {
                GOOD => Some(Verdict::Good),
                BAD => Some(Verdict::Bad),
                _ => None,
            },
            Err(error) => {
                tracing::debug!(%error, "the verdict on the credentials cannot be read; the site is asked");
                None
            }
        }
    }

    async fn keep(&self, verdict: Verdict) {
        let word = match verdict {
            Verdict::Good => GOOD,
            Verdict::Bad => BAD,
        };
        if let Err(error) = self.verdicts.put(&self.verdict_key, Bytes::from_static(word), VERDICT_TTL).await {
            tracing::debug!(%error, "the verdict on the credentials cannot be kept");
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("origin", &self.origin).finish_non_exhaustive()
    }
}
