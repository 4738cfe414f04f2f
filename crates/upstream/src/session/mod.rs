//! A session at a site that lets each user have one: a login kills the token that the login before it gave.
//!
//! So the holder of the newest login has the only valid token, nothing can be fenced, and logging in is the one thing
//! that must not be done in a loop. Here it is done once however many ask, across replicas where the state is shared;
//! within a [budget](LoginBudget); and not at all while the site is known to refuse the credentials. Whoever holds a
//! token that the site refuses says so with that token in hand: a late refusal of an old one costs nothing, and one call
//! that is refused by itself costs one login at most.

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

/// What a login has given.
#[derive(Debug, Clone)]
pub struct Grant {
    /// What opens the site.
    pub token: SecretString,
    /// Whom it belongs to, in the site's words.
    pub holder: String,
}

/// What a site answers when it is asked about a grant.
#[derive(Debug)]
pub enum Known {
    /// It knows the grant.
    Yes,
    /// It does not know the grant.
    No,
    /// Its answer does not say, or none came.
    CannotTell(Error),
}

/// How an adapter logs in at its site, and out again.
#[async_trait]
pub trait Login: Send + Sync {
    /// The site's name for logging in.
    fn operation(&self) -> &'static str;

    /// Logs in: one attempt, over before `deadline`.
    ///
    /// - `CredentialsRejected` and `Forbidden` are remembered, and not tried again for a while.
    async fn log_in(&self, deadline: Instant) -> Result<Grant>;

    /// Asks the site whether it still knows a grant.
    async fn knows(&self, grant: &Grant, deadline: Instant) -> Known;

    /// Gives a grant back. A failure is for the log alone.
    async fn log_out(&self, grant: &Grant);
}

/// The session of one user at one site. Clones share it.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    login: Arc<dyn Login>,
    origin: Origin,
    /// Names this user at this site in the shared state, without telling who it is.
    key: String,
    state: State,
    budget: Budget,
    refusals: Refusals,
    denials: Denials,
    current: RwLock<Option<Held>>,
    renewal: Mutex<Option<Flight<Held>>>,
    tasks: TaskTracker,
}

/// A grant in use.
#[derive(Debug, Clone)]
pub struct Held {
    grant: Arc<Grant>,
    /// The version under which the shared state keeps it; `None` where it could not be kept.
    version: Option<u64>,
}

/// Why a call under a grant was refused.
#[derive(Debug)]
pub enum Refusal {
    /// The site says that it does not know the grant, or no more. Nothing was done.
    Session(Error, Evidence),
    /// Anything else.
    Other(Error),
}

/// What shows that a call was refused for its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The site's words about the grant.
    Words,
    /// The HTTP status alone.
    Status,
}

/// A grant under which a call was refused.
#[derive(Debug, Clone)]
struct Doubt {
    held: Held,
    evidence: Evidence,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Held {
    /// The grant.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.grant, &other.grant) || (self.version.is_some() && self.version == other.version)
    }
}

impl Session {
    /// A session that begins when it is first needed. `identity` is everything that tells this user at this site
    /// from every other; accounts of one identity share one session. Only its digest is kept. Logins run in `tasks`.
    #[must_use]
    pub fn new(login: Arc<dyn Login>, origin: Origin, identity: &[&str], state: &State, tasks: &TaskTracker) -> Self {
        Self::with(login, origin, fingerprint(identity), state.clone(), tasks.clone(), LoginBudget::default())
    }

    /// The same session, not begun yet, under another budget.
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
            budget: Budget::new(&key, limits, Arc::clone(&state.values)),
            refusals: Refusals::new(&key, Arc::clone(&state.values)),
            denials: Denials::new(&key, Arc::clone(&state.values)),
            key,
            state,
            current: RwLock::default(),
            renewal: Mutex::default(),
            tasks,
        }))
    }

    /// Makes a call under the grant that is held, or a new one. If the site does not know it any more, the call is made
    /// once more under the next.
    ///
    /// Where the site cannot say whether it knows the grant, one login replaces it; also where it says that it does, and
    /// the call was refused in words about the grant. If the new grant is refused in the same words, calls that are
    /// refused so are denied for a minute.
    ///
    /// # Errors
    /// - The login's, and the call's own.
    /// - `Forbidden`: the call alone is denied. The site refuses it by its status and still knows the grant, or refuses
    ///   a new grant in the same words and does not deny that it knows it.
    /// - `SessionContended`: the site does not know the second grant either, or the budget allows no login before
    ///   `deadline`.
    pub async fn run<T, F, Fut>(&self, deadline: Instant, call: F) -> Result<T>
    where
        T: Send,
        F: Fn(Held) -> Fut + Send,
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

    /// The grant after one that the site has refused; the same one, where the site still knows it.
    async fn next(&self, refused: &Held, deadline: Instant, evidence: Evidence) -> Result<Held> {
        match self.0.current().filter(|current| !current.is(refused)) {
            Some(renewed) => Ok(renewed),
            None => self.renewed(deadline, Some(Doubt { held: refused.clone(), evidence })).await,
        }
    }

    /// The error of a call whose second grant is refused too.
    async fn refused_again(&self, held: &Held, error: Error, deadline: Instant) -> Error {
        if self.0.denials.hold(held).await {
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
                self.0.contended(self.0.budget.gap(), renewal::ENDED_AT_ONCE).with_source(error)
            }
            Known::CannotTell(untold) if renewal::asks_to_wait(&untold) => untold,
            Known::CannotTell(untold) => {
                tracing::debug!(error = %untold, "whether the new token is known cannot be asked; the call is denied");
                self.0.denials.note(held).await;
                self.0.denied(error)
            }
        }
    }

    /// The grant that is held; a new one where there is none.
    ///
    /// # Errors
    /// As for [`Session::run`].
    pub async fn held(&self, deadline: Instant) -> Result<Held> {
        match self.0.current() {
            Some(held) => Ok(held),
            None => self.renewed(deadline, None).await,
        }
    }

    /// Says that the site does not know a grant. If it is the one that is held, whoever comes next logs in anew.
    pub async fn refused(&self, held: &Held) {
        self.0.drop_grant(held).await;
    }

    /// What follows for a call that is not repeated and was refused in words about its grant. The next call logs in anew.
    /// If the site still knows the grant, and the grant replaced one that the site knew, too, the call is denied.
    pub async fn refused_alone(&self, held: &Held, error: Error, deadline: Instant) -> Refusal {
        if let Known::Yes = self.0.login.knows(held.grant(), deadline).await {
            if self.0.denials.is_replacement(held).await {
                return Refusal::Other(self.0.denied(error));
            }
            self.0.denials.expect_replacement(held).await;
        }
        self.refused(held).await;
        Refusal::Session(error, Evidence::Words)
    }

    /// Gives back what is held, once.
    pub async fn close(&self) {
        let Some(held) = self.0.current() else { return };
        self.refused(&held).await;
        self.0.login.log_out(held.grant()).await;
    }

    async fn renewed(&self, deadline: Instant, doubt: Option<Doubt>) -> Result<Held> {
        let _wait = scope::wait();
        loop {
            let (renewal, is_own) = self.renewal(deadline, doubt.clone());
            match timeout_at(deadline, renewal.outcome()).await {
                // The caller that began it had less time.
                Ok(Err(error)) if !is_own && error.kind() == ErrorKind::Timeout => {}
                Ok(outcome) => return outcome,
                Err(_) => {
                    // A wait that is known to be longer than this is refused before, so it is the site that is late.
                    let late = self.0.error(ErrorKind::Timeout).retryable(true);
                    let late = late.with_transport(TransportFault::ResponseTimeout);
                    return Err(late.with_detail("The login took too long."));
                }
            }
        }
    }

    /// Returns the renewal under way, or one that begins now, and whether it begins now. It belongs to no caller, and
    /// a caller that is cancelled does not stop it.
    fn renewal(&self, deadline: Instant, doubt: Option<Doubt>) -> (Flight<Held>, bool) {
        let mut slot = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.as_ref().filter(|renewal| !renewal.has_ended()) {
            Some(under_way) => (under_way.clone(), false),
            None => (slot.insert(renewal::begin(Arc::clone(&self.0), deadline, doubt)).clone(), true),
        }
    }
}

impl Inner {
    fn current(&self) -> Option<Held> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: &Held) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
    }

    /// Forgets a grant, if it is the one that is held, here and wherever the state is shared.
    async fn drop_grant(&self, held: &Held) {
        self.current.write().unwrap_or_else(PoisonError::into_inner).take_if(|current| current.is(held));
        let Some(version) = held.version else { return };
        if let Err(error) = self.state.values.compare_and_remove(&self.session_key(), version).await {
            tracing::warn!(%error, "a token that the site refuses cannot be removed");
        }
    }

    fn session_key(&self) -> String {
        format!("session/{}", self.key)
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind).at(&self.origin.provider, self.login.operation())
    }

    /// The site refuses a call as if it did not know the session, which it does.
    fn denied(&self, refusal: Error) -> Error {
        let detail = format!("The site denies this to account \"{}\".", self.origin.account);
        refusal.into_kind(ErrorKind::Forbidden).retryable(false).with_detail(detail)
    }

    /// No login is possible now, or would help. `why` is a sentence about the account's session.
    fn contended(&self, wait: Duration, why: impl fmt::Display) -> Error {
        let account = &self.origin.account;
        let detail = format!("The site allows one session for each user. {why} Account: \"{account}\".");
        self.error(ErrorKind::SessionContended).retryable(true).with_retry_after(Some(wait)).with_detail(detail)
    }
}

/// The time by which other processes can say when something ends.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Without the shared state nobody knows how often others log in, so nobody does.
fn lost(error: StateError) -> Error {
    Error::new(ErrorKind::Internal).retryable(true).with_source(error)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("origin", &self.0.origin).finish_non_exhaustive()
    }
}
