//! One login for all who wait for it: theirs, other replicas', or none where the site has just refused the credentials.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, Result};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep};

use super::{Doubt, Evidence, Grant, Held, Inner, Known, lost};
use crate::{Flight, measure};

/// How long a token is kept in the shared state. When it dies is the site's affair, and is told by refusals.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How often to look whether another replica has logged in.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// By how much a lease outlives the login that it is for.
const MARGIN: Duration = Duration::from_secs(5);

/// Why no login follows where a new token is not known either.
pub(super) const ENDED_AT_ONCE: &str = "It has ended this one right after the login.";

/// Begins to look for a grant. If a call has doubted one, the site is asked first whether it knows that grant.
pub(super) fn begin(session: Arc<Inner>, deadline: Instant, doubt: Option<Doubt>) -> Flight<Held> {
    let tasks = session.tasks.clone();
    Flight::start(&tasks, async move {
        match doubt {
            Some(doubt) => session.replace(doubt, deadline).await,
            None => session.renew(deadline).await,
        }
    })
}

impl Inner {
    /// The grant after one that a call was refused under; the same one, if no login would help.
    async fn replace(&self, Doubt { held, evidence }: Doubt, deadline: Instant) -> Result<Held> {
        if self.denials.hold(&held).await {
            return Ok(held);
        }
        // The login needs its share of the time, even if this question is never answered.
        let now = Instant::now();
        let half = now + deadline.saturating_duration_since(now) / 2;
        match self.login.knows(held.grant(), half).await {
            Known::Yes if evidence == Evidence::Words => self.replace_known(held, deadline).await,
            Known::Yes => Ok(held),
            Known::No => {
                self.drop_grant(&held).await;
                self.renew(deadline).await
            }
            Known::CannotTell(error) if asks_to_wait(&error) => Err(error),
            Known::CannotTell(error) => {
                measure::check_skipped(&self.origin.provider, error.operation().unwrap_or(self.login.operation()));
                self.drop_grant(&held).await;
                let next = self.renew(deadline).await?;
                self.denials.note_new(&next).await;
                Ok(next)
            }
        }
    }

    /// The site refuses a grant in the words of an unknown one, and says when asked that it knows it. The question may
    /// look at less than the call, so one login replaces the grant. Where none is possible, the grant stays in use.
    async fn replace_known(&self, held: Held, deadline: Instant) -> Result<Held> {
        if self.denials.is_replacement(&held).await {
            self.denials.note(&held).await;
            return Ok(held);
        }
        self.drop_grant(&held).await;
        match self.renew(deadline).await {
            Ok(next) => {
                self.denials.note_replacement(&next).await;
                Ok(next)
            }
            Err(error) if error.kind() == ErrorKind::SessionContended => {
                let kept = self.keep(held.grant().clone()).await;
                self.denials.note(&kept).await;
                Ok(kept)
            }
            Err(error) => Err(error),
        }
    }

    async fn renew(&self, deadline: Instant) -> Result<Held> {
        loop {
            if let Some(held) = self.known().await? {
                return Ok(held);
            }
            let life = deadline.saturating_duration_since(Instant::now()) + MARGIN;
            let lease = self.state.leases.acquire(&self.session_key(), life).await.map_err(lost)?;
            let Some(lease) = lease else {
                self.pause(LOOK_AGAIN, deadline).await?;
                continue;
            };
            let outcome = self.log_in(deadline).await;
            if let Err(error) = self.state.leases.release(lease).await {
                tracing::warn!(%error, "the lease for a login must end by itself");
            }
            return outcome;
        }
    }

    /// What others have found out: a token, or that there is none to be had.
    async fn known(&self) -> Result<Option<Held>> {
        if let Some(entry) = self.state.values.get(&self.session_key()).await.map_err(lost)?
            && let Some(grant) = decode(&entry.value)
        {
            let held = Held { grant: Arc::new(grant), version: Some(entry.version) };
            self.hold(&held);
            return Ok(Some(held));
        }
        match self.refusals.known().await.map_err(lost)? {
            Some(error) => Err(error.at(&self.origin.provider, self.login.operation())),
            None => Ok(None),
        }
    }

    /// Logs in, alone: the lease is held.
    async fn log_in(&self, deadline: Instant) -> Result<Held> {
        let place = loop {
            // Whoever had the lease before may have logged in.
            if let Some(held) = self.known().await? {
                return Ok(held);
            }
            match self.budget.take().await.map_err(lost)? {
                Ok(place) => break place,
                Err(wait) => self.pause(wait, deadline).await?,
            }
        };
        let outcome = self.login.log_in(deadline).await;
        measure::login(&self.origin.provider, outcome.as_ref().err().map(Error::kind));
        match outcome {
            Ok(grant) => {
                tracing::info!(provider = %self.origin.provider, account = %self.origin.account, "logged in");
                let held = self.keep(grant).await;
                self.denials.note_login(&held).await;
                Ok(held)
            }
            Err(error) => {
                self.refusals.note(&error).await;
                let given_back = match reached(&error) {
                    Reached::Nothing => self.budget.give_back(place).await,
                    Reached::AnotherServer => self.budget.give_back_after_the_gap(place).await,
                    Reached::TheApi => Ok(()),
                };
                if let Err(error) = given_back {
                    tracing::warn!(%error, "a login that did not reach the site's API counts");
                }
                Err(error)
            }
        }
    }

    async fn keep(&self, grant: Grant) -> Held {
        let kept = self.state.values.put(&self.session_key(), encode(&grant), KEPT).await;
        let version = kept.map_err(|error| tracing::warn!(%error, "the other replicas cannot see the token")).ok();
        let held = Held { grant: Arc::new(grant), version };
        self.hold(&held);
        held
    }

    /// Waits, if there is time to.
    async fn pause(&self, wait: Duration, deadline: Instant) -> Result<()> {
        if Instant::now() + wait >= deadline {
            return Err(self.contended(wait, self.budget.limits()));
        }
        sleep(wait).await;
        Ok(())
    }
}

/// How far a login came that failed. The site counts those that reach its API.
enum Reached {
    Nothing,
    /// A firewall or a web server before the API, by its page or redirect.
    AnotherServer,
    TheApi,
}

fn reached(error: &Error) -> Reached {
    let http_status = error.answer().and_then(|answer| answer.http_status);
    let has_no_status = error.answer().is_some_and(|answer| answer.status.is_none());
    match (error.kind(), http_status) {
        (ErrorKind::Unavailable, _) if error.is_retryable() => Reached::Nothing,
        (ErrorKind::InvalidResponse, Some(300..500)) => Reached::AnotherServer,
        (ErrorKind::SiteFailed, Some(400..500)) if has_no_status => Reached::AnotherServer,
        _ => Reached::TheApi,
    }
}

/// Whether the question itself was refused for now: another request, a login, would be one too many.
pub(super) fn asks_to_wait(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Overloaded)
}

fn encode(grant: &Grant) -> Bytes {
    // Two texts can always be serialized.
    serde_json::to_vec(&(grant.token.expose_secret(), &grant.holder)).unwrap_or_default().into()
}

fn decode(kept: &[u8]) -> Option<Grant> {
    let (token, holder): (String, String) = serde_json::from_slice(kept).ok()?;
    Some(Grant { token: token.into(), holder })
}
