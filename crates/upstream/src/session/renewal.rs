//! The renewal of a grant. All callers that wait share one login, across replicas too. There is none if the site has
//! just refused the credentials.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_domain::{Error, ErrorKind, Result};
use polyhost_state::{Lease, StoreStatus, Taken};
use rand::random_range;
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep};

use super::{ActiveGrant, Doubt, Evidence, Grant, Inner, Known, state_error};
use crate::{Flight, measure};

/// The lifetime of a token in the shared state. The site may end it earlier; a refused call shows that.
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The interval between two checks whether another replica has logged in.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The time by which the lease outlives the login that it covers.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// The longest wait before a login without the shared state.
const ALONE_JITTER: Duration = Duration::from_secs(1);
/// The `Retry-After` of a replica that may not log in without the shared state.
const ALONE_RETRY_AFTER: Duration = Duration::from_secs(5);
/// The reason in the error of a replica that may not log in without the shared state.
const OTHER_REPLICA: &str =
    "The gateway's shared state cannot be reached, so only one replica logs in, and this is not it.";

/// The reason in the error if the site does not know the new token either. No further login follows.
pub(super) const SESSION_ENDED_AFTER_LOGIN: &str = "It ended this account's session right after the login.";

/// Starts to get a grant, in a task of its own. If a call was refused under a grant, the task first asks the site
/// whether it still knows that grant.
pub(super) fn begin(session: Arc<Inner>, deadline: Instant, doubt: Option<Doubt>) -> Flight<ActiveGrant> {
    let tasks = session.tasks.clone();
    Flight::start(&tasks, async move {
        match doubt {
            Some(doubt) => session.replace(doubt, deadline).await,
            None => session.renew(deadline).await,
        }
    })
}

impl Inner {
    /// Returns the grant that replaces one under which a call was refused, or the same one if no login would help.
    async fn replace(&self, Doubt { held, evidence }: Doubt, deadline: Instant) -> Result<ActiveGrant> {
        if self.denials.apply_to(&held).await {
            return Ok(held);
        }
        // Leaves half of the time for the login, even if the site never answers this question.
        let now = Instant::now();
        let half = now + deadline.saturating_duration_since(now) / 2;
        match self.login.knows(held.grant(), half).await {
            Known::Yes if evidence == Evidence::Message => self.replace_known(held, deadline).await,
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

    /// Replaces a grant that the site refuses as unknown in a call, but reports as known when it is checked. The site
    /// may check less in the check than in the call, so one login is tried. If no login is possible, the grant stays in
    /// use.
    async fn replace_known(&self, held: ActiveGrant, deadline: Instant) -> Result<ActiveGrant> {
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

    async fn renew(&self, deadline: Instant) -> Result<ActiveGrant> {
        loop {
            if let Some(held) = self.known_outcome().await? {
                return Ok(held);
            }
            let life = deadline.saturating_duration_since(Instant::now()) + LEASE_MARGIN;
            let lease = self.state.leases.acquire(&self.session_key(), life).await.map_err(state_error)?;
            let Some(lease) = lease else {
                self.pause(POLL_INTERVAL, deadline).await?;
                continue;
            };
            let outcome = match self.may_log_in(&lease, deadline).await {
                Ok(true) => Some(self.log_in(deadline).await),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            };
            if let Err(error) = self.state.leases.release(lease).await {
                tracing::warn!(%error, "cannot release the lease for a login; it will expire");
            }
            match outcome {
                Some(outcome) => return outcome,
                None => self.pause(POLL_INTERVAL, deadline).await?,
            }
        }
    }

    /// Returns the result of another caller or replica: a token, or the error of a refused login.
    async fn known_outcome(&self) -> Result<Option<ActiveGrant>> {
        if let Some(entry) = self.state.values.get(&self.session_key()).await.map_err(state_error)?
            && let Some(grant) = decode(&entry.value)
        {
            let held = ActiveGrant { grant: Arc::new(grant), version: Some(entry.version) };
            self.hold(&held);
            return Ok(Some(held));
        }
        match self.refusals.known().await.map_err(state_error)? {
            Some(error) => Err(error.at(&self.origin.provider, self.login.operation())),
            None => Ok(None),
        }
    }

    /// Returns whether the holder of a lease may log in. Without the shared state only the first replica may, because the
    /// logins of two replicas would end each other's sessions. Replicas may differ in which is the first, so it waits for
    /// a random time. `false` if the shared state answers again: then the lease must be acquired there.
    async fn may_log_in(&self, lease: &Lease, deadline: Instant) -> Result<bool> {
        let is_away = || self.state.replicas.store() == StoreStatus::Away;
        if !lease.is_alone() {
            return Ok(true);
        }
        if is_away() && !self.state.replicas.is_first() {
            return Err(self.contended(ALONE_RETRY_AFTER, OTHER_REPLICA));
        }
        self.pause(random_range(Duration::ZERO..=ALONE_JITTER), deadline).await?;
        Ok(is_away())
    }

    /// Logs in. The caller holds the lease, so no other login runs at the same time.
    async fn log_in(&self, deadline: Instant) -> Result<ActiveGrant> {
        let permit = loop {
            // The previous holder of the lease may have logged in.
            if let Some(held) = self.known_outcome().await? {
                return Ok(held);
            }
            match self.budget.take().await.map_err(state_error)? {
                Taken::Permit(permit) => break permit,
                Taken::Wait(wait) => self.pause(wait, deadline).await?,
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
                let released = match reached(&error) {
                    Reached::Nothing => self.budget.release(permit).await,
                    Reached::AnotherServer => self.budget.release_except_gap(permit).await,
                    Reached::TheApi => Ok(()),
                };
                if let Err(error) = released {
                    tracing::warn!(%error, "cannot release a login permit; a login that missed the site's API counts");
                }
                Err(error)
            }
        }
    }

    /// Stores a grant for this process and the other replicas.
    async fn keep(&self, grant: Grant) -> ActiveGrant {
        let kept = self.state.values.put(&self.session_key(), encode(&grant), TOKEN_LIFETIME).await;
        let version = kept.map_err(|error| tracing::warn!(%error, "cannot store the token for other replicas")).ok();
        let held = ActiveGrant { grant: Arc::new(grant), version };
        self.hold(&held);
        held
    }

    /// Waits for `wait`, or fails with `SessionContended` if that would exceed the deadline.
    async fn pause(&self, wait: Duration, deadline: Instant) -> Result<()> {
        if Instant::now() + wait >= deadline {
            return Err(self.contended(wait, self.budget.limits()));
        }
        sleep(wait).await;
        Ok(())
    }
}

/// The server that a failed login reached. The site counts only logins that reach its API.
enum Reached {
    Nothing,
    /// A firewall or a web server in front of the API, as its page or redirect shows.
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

/// Returns whether the question about a grant was itself rate limited. A login would then be one request too many.
pub(super) fn asks_to_wait(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Overloaded)
}

fn encode(grant: &Grant) -> Bytes {
    // The serialization of two strings cannot fail.
    serde_json::to_vec(&(grant.token.expose_secret(), &grant.holder)).unwrap_or_default().into()
}

fn decode(kept: &[u8]) -> Option<Grant> {
    let (token, holder): (String, String) = serde_json::from_slice(kept).ok()?;
    Some(Grant { token: token.into(), holder })
}
