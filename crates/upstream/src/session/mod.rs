//! A session at a site that allows one for each user: each login invalidates the token of the login before it.
//!
//! Only the token of the newest login is valid, and the site offers no fencing, so logins must never run in a loop:
//!
//! - All callers share one login, across replicas if they share the state.
//! - Logins stay within a [budget](LoginBudget).
//! - There is no login while the site is known to refuse the credentials.
//! - A caller reports a refused token together with that token. A late refusal of an old token costs no login, and one
//!   call that is refused for its own sake costs at most one.

mod budget;
mod denials;
mod refusals;
mod renewal;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use polyhost_domain::{Error, ErrorKind, Origin, Result, TransportFault};
use polyhost_state::{State, StateError};
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use budget::Budget;
pub use budget::{LoginBudget, LoginCeiling};
use denials::Denials;
use refusals::Refusals;

use crate::Flight;
use crate::fingerprint::fingerprint;
use crate::scope;

/// The result of a login.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token that authenticates calls at the site.
    pub token: SecretString,
    /// The user that the token belongs to, as the site names it.
    pub holder: String,
}

/// The site's answer to the question whether it knows a grant.
#[derive(Debug)]
pub enum Known {
    /// The site knows the grant.
    Yes,
    /// The site does not know the grant.
    No,
    /// Unknown: the site's answer does not show it, or there was no answer.
    CannotTell(Error),
}

/// The login and the logout of an adapter at its site.
#[async_trait]
pub trait Login: Send + Sync {
    /// Returns the site's name of the login operation.
    fn operation(&self) -> &'static str;

    /// Logs in: one attempt, which ends before `deadline`.
    ///
    /// # Errors
    /// The session stores the errors `CredentialsRejected` and `Forbidden` for a while, and sends no login in that
    /// time.
    async fn log_in(&self, deadline: Instant) -> Result<Grant>;

    /// Asks the site whether it still knows a grant.
    async fn knows(&self, grant: &Grant, deadline: Instant) -> Known;

    /// Logs out. A failure is only logged.
    async fn log_out(&self, grant: &Grant);
}

/// The session of one user at one site. Clones share it.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    login: Arc<dyn Login>,
    origin: Origin,
    /// Identifies this user at this site in the shared state, without revealing the user.
    key: String,
    state: State,
    budget: Budget,
    refusals: Refusals,
    denials: Denials,
    current: RwLock<Option<ActiveGrant>>,
    renewal: Mutex<Option<Flight<ActiveGrant>>>,
    tasks: TaskTracker,
}

/// A grant in use.
#[derive(Debug, Clone)]
pub struct ActiveGrant {
    grant: Arc<Grant>,
    /// The version of its entry in the shared state; `None` if it could not be stored.
    version: Option<u64>,
}

/// The reason why a call under a grant was refused.
#[derive(Debug)]
pub enum Refusal {
    /// The site reports an unknown grant. The call had no effect.
    Session(Error, Evidence),
    /// Any other error.
    Other(Error),
}

/// The evidence that a call was refused because of its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The site's message names the grant as the reason.
    Message,
    /// Only the HTTP status.
    Status,
}

/// A grant under which a call was refused.
#[derive(Debug, Clone)]
struct Doubt {
    held: ActiveGrant,
    evidence: Evidence,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl ActiveGrant {
    /// Returns the grant.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.grant, &other.grant) || (self.version.is_some() && self.version == other.version)
    }
}

impl Session {
    /// Creates a session that logs in when it is first needed. `identity` is everything that distinguishes this user at
    /// this site from all others; accounts of one identity share one session. Only the digest of `identity` is stored.
    /// Logins run in `tasks`.
    #[must_use]
    pub fn new(login: Arc<dyn Login>, origin: Origin, identity: &[&str], state: &State, tasks: &TaskTracker) -> Self {
        Self::with(login, origin, fingerprint(identity), state.clone(), tasks.clone(), LoginBudget::default())
    }

    /// Returns the same session under another login budget. It has not logged in yet.
    #[must_use]
    pub fn with_budget(&self, limits: LoginBudget) -> Self {
        let Inner { login, origin, key, state, tasks, .. } = &*self.0;
        Self::with(Arc::clone(login), origin.clone(), key.clone(), state.clone(), tasks.clone(), limits)
    }

    fn with(
        login: Arc<dyn Login>,
        origin: Origin,
        key: String,
        state: State,
        tasks: TaskTracker,
        limits: LoginBudget,
    ) -> Self {
        Self(Arc::new(Inner {
            login,
            origin,
            budget: Budget::new(&key, limits, Arc::clone(&state.windows)),
            refusals: Refusals::new(&key, Arc::clone(&state.values)),
            denials: Denials::new(&key, Arc::clone(&state.values)),
            key,
            state,
            current: RwLock::default(),
            renewal: Mutex::default(),
            tasks,
        }))
    }

    /// Makes a call under the current grant, or under a new one. If the site no longer knows the grant, it is renewed
    /// and the call is repeated once.
    ///
    /// One login also replaces the grant in two other cases:
    ///
    /// - It is unknown whether the site knows the grant.
    /// - The site knows the grant, although its message names the grant as the reason of the refusal.
    ///
    /// If the site refuses the call again under the new grant, such calls are denied for a minute.
    ///
    /// # Errors
    /// - The errors of the login and of the call.
    /// - `Forbidden`: the site denies this call. Either it refuses the call by the HTTP status and still knows the
    ///   grant. Or it refuses the call again under a new grant, and does not deny that it knows that grant.
    /// - `SessionContended`: the site does not know the second grant either, or the budget allows no login before
    ///   `deadline`.
    pub async fn run<T, F, Fut>(&self, deadline: Instant, call: F) -> Result<T>
    where
        T: Send,
        F: Fn(ActiveGrant) -> Fut + Send,
        Fut: Future<Output = std::result::Result<T, Refusal>> + Send,
    {
        let held = self.held(deadline).await?;
        match call(held.clone()).await {
            Ok(done) => Ok(done),
            Err(Refusal::Other(error)) => Err(error),
            Err(Refusal::Session(error, evidence)) => {
                let next = self.next(&held, deadline, evidence).await?;
                if next.is(&held) {
                    return Err(self.0.denied(error));
                }
                match call(next.clone()).await {
                    Ok(done) => Ok(done),
                    Err(Refusal::Other(error)) => Err(error),
                    Err(Refusal::Session(error, _)) => Err(self.refused_again(&next, error, deadline).await),
                }
            }
        }
    }

    /// Returns the grant that replaces a refused one, or the same one if the site still knows it.
    async fn next(&self, refused: &ActiveGrant, deadline: Instant, evidence: Evidence) -> Result<ActiveGrant> {
        match self.0.current().filter(|current| !current.is(refused)) {
            Some(renewed) => Ok(renewed),
            None => self.renewed(deadline, Some(Doubt { held: refused.clone(), evidence })).await,
        }
    }

    /// Returns the error of a call that was refused under its second grant too.
    async fn refused_again(&self, held: &ActiveGrant, error: Error, deadline: Instant) -> Error {
        if self.0.denials.apply_to(held).await {
            self.0.denials.note(held).await;
            return self.0.denied(error);
        }
        match self.0.login.knows(held.grant(), deadline).await {
            Known::Yes => {
                self.0.denials.note(held).await;
                self.0.denied(error)
            }
            Known::No => {
                self.refused(held).await;
                self.0.contended(self.0.budget.gap(), renewal::SESSION_ENDED_AFTER_LOGIN).with_source(error)
            }
            Known::CannotTell(check_error) if renewal::asks_to_wait(&check_error) => check_error,
            Known::CannotTell(check_error) => {
                tracing::debug!(error = %check_error, "cannot check the new token; the call is denied");
                self.0.denials.note(held).await;
                self.0.denied(error)
            }
        }
    }

    /// Returns the current grant, or a new one if there is none.
    ///
    /// # Errors
    /// As for [`Session::run`].
    pub async fn held(&self, deadline: Instant) -> Result<ActiveGrant> {
        match self.0.current() {
            Some(held) => Ok(held),
            None => self.renewed(deadline, None).await,
        }
    }

    /// Reports that the site does not know a grant. If it is the current one, the next call logs in again.
    pub async fn refused(&self, held: &ActiveGrant) {
        self.0.drop_grant(held).await;
    }

    /// Returns the refusal of a call that is not repeated, and whose grant the site's message names as the reason. The
    /// next call logs in again. The call is denied if the site still knows the grant, and that grant already replaced
    /// one that the site knew.
    pub async fn refuse_without_retry(&self, held: &ActiveGrant, error: Error, deadline: Instant) -> Refusal {
        if let Known::Yes = self.0.login.knows(held.grant(), deadline).await {
            if self.0.denials.is_replacement(held).await {
                return Refusal::Other(self.0.denied(error));
            }
            self.0.denials.expect_replacement(held).await;
        }
        self.refused(held).await;
        Refusal::Session(error, Evidence::Message)
    }

    /// Logs out, if there is a current grant and no other replica may use it.
    pub async fn close(&self) {
        if self.0.state.replicas.count() > 1 {
            return;
        }
        let Some(held) = self.0.current() else { return };
        self.refused(&held).await;
        self.0.login.log_out(held.grant()).await;
    }

    async fn renewed(&self, deadline: Instant, doubt: Option<Doubt>) -> Result<ActiveGrant> {
        let _wait = scope::wait();
        loop {
            let (renewal, is_own) = self.renewal(deadline, doubt.clone());
            match timeout_at(deadline, renewal.outcome()).await {
                // The caller that started this renewal had less time. Tries again with our own deadline.
                Ok(Err(error)) if !is_own && error.kind() == ErrorKind::Timeout => {}
                Ok(outcome) => return outcome,
                Err(_) => {
                    // A wait for the budget that exceeds the deadline fails early, so here the site is slow.
                    let late = self.0.error(ErrorKind::Timeout).retryable(true);
                    let late = late.with_transport(TransportFault::ResponseTimeout);
                    return Err(late.with_detail("The login at the site took too long."));
                }
            }
        }
    }

    /// Returns the renewal in progress, or starts one; and whether it was started now. Cancelling a caller does not
    /// stop the renewal.
    fn renewal(&self, deadline: Instant, doubt: Option<Doubt>) -> (Flight<ActiveGrant>, bool) {
        let mut slot = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.as_ref().filter(|renewal| !renewal.has_ended()) {
            Some(under_way) => (under_way.clone(), false),
            None => (slot.insert(renewal::begin(Arc::clone(&self.0), deadline, doubt)).clone(), true),
        }
    }
}

impl Inner {
    fn current(&self) -> Option<ActiveGrant> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: &ActiveGrant) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
    }

    /// Drops a grant if it is the current one, in this process and in the shared state.
    async fn drop_grant(&self, held: &ActiveGrant) {
        self.current.write().unwrap_or_else(PoisonError::into_inner).take_if(|current| current.is(held));
        let Some(version) = held.version else { return };
        if let Err(error) = self.state.values.compare_and_remove(&self.session_key(), version).await {
            tracing::warn!(%error, "cannot remove a token that the site refuses from the shared state");
        }
    }

    fn session_key(&self) -> String {
        format!("session/{}", self.key)
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind).at(&self.origin.provider, self.login.operation())
    }

    /// Returns the error of a call that the site rejects as one of an unknown session, although it knows the session.
    fn denied(&self, refusal: Error) -> Error {
        let detail = format!("The site does not allow this for account \"{}\".", self.origin.account);
        refusal.into_kind(ErrorKind::Forbidden).retryable(false).with_detail(detail)
    }

    /// Returns the error if no login is possible now, or none would help. `why` is a sentence about the account's
    /// session.
    fn contended(&self, wait: Duration, why: impl fmt::Display) -> Error {
        let account = &self.origin.account;
        let detail = format!("The site allows one session for each user. {why} Account: \"{account}\".");
        self.error(ErrorKind::SessionContended).retryable(true).with_retry_after(Some(wait)).with_detail(detail)
    }
}

/// Returns the wall-clock time since 1970. Unlike an `Instant`, other processes can compare it.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns the error for when the shared state fails. Without it the logins of other replicas cannot be counted, so
/// there is no login.
fn state_error(error: StateError) -> Error {
    Error::new(ErrorKind::Internal).retryable(true).with_source(error)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("origin", &self.0.origin).finish_non_exhaustive()
    }
}
