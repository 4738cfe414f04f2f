//! The accounts of the configuration at work: each with its adapter, what can be done with it, and how it fares.

mod operations;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use polyhost_domain::{
    AccountName, Capabilities, Capability, DialectName, Error, ErrorKind, Profile, Provider, ProviderId, Result,
    Support,
};
use polyhost_state::Generations;
use polyhost_upstream::{CircuitState, operation};
use serde::Serialize;
use utoipa::ToSchema;

pub use operations::ShownIn;

use crate::health::{AccountHealth, Observed};
use crate::lacking::Lacking;
use crate::measure;
use crate::problem::Problem;
use crate::progress;
use crate::scopes::{Change, Scope, Stamp, What};
use crate::users::{PendingUploads, User};

/// An account at work.
pub struct Account {
    provider: Arc<dyn Provider>,
    user: Arc<User>,
    capabilities: Capabilities,
    unsupported: Vec<Capability>,
    lacking: Lacking,
    health: Mutex<Observed>,
    incarnation: Incarnation,
    circuit: Box<dyn Fn() -> CircuitState + Send + Sync>,
}

/// A number that no other account of this process has had, not even one of the same name: a new configuration may have
/// that name mean somebody else. What is known by it is lost with the account, and with a mere change of its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Incarnation(u64);

static NEXT_INCARNATION: AtomicU64 = AtomicU64::new(0);

/// Every account, by its name.
pub type Accounts = BTreeMap<AccountName, Arc<Account>>;

/// An account, and how it fares.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "main", "provider": "pstream", "dialect": "openload",
    "health": {"circuit": "closed", "last_success_at": "2026-01-31T12:00:00Z", "last_error": null}
}))]
pub struct AccountSummary {
    /// The account's name.
    pub name: AccountName,
    /// The provider that it is at.
    pub provider: ProviderId,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// How its calls to the site fare.
    pub health: AccountHealth,
}

impl Account {
    /// Creates the account of a user at a site. `unsupported` is what the provider's row of the configuration takes
    /// away; `circuit` says whether requests to the site are let through.
    #[must_use]
    pub fn new(
        provider: Arc<dyn Provider>,
        user: Arc<User>,
        unsupported: &[Capability],
        circuit: impl Fn() -> CircuitState + Send + Sync + 'static,
    ) -> Self {
        let profile = provider.profile();
        let capabilities = effective(&profile.capabilities, unsupported);
        Self {
            provider,
            user,
            capabilities,
            unsupported: unsupported.to_vec(),
            lacking: Lacking::default(),
            incarnation: Incarnation(NEXT_INCARNATION.fetch_add(1, Ordering::Relaxed)),
            health: Mutex::default(),
            circuit: Box::new(circuit),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        &self.profile().origin.account
    }

    /// Who it is at its site, as a digest: the same whatever it is called and however it is treated, and in every
    /// process. What is known by it outlives a change of settings, and is nobody else's where the name means somebody
    /// else now.
    #[must_use]
    pub fn user(&self) -> &Arc<str> {
        self.user.id()
    }

    /// The state that all accounts of the same user share.
    pub(crate) fn user_state(&self) -> &User {
        &self.user
    }

    /// What tells it from every other account that this process has had.
    #[must_use]
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// What is known of its site before the first request.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        self.provider.profile()
    }

    /// What can be done with it now: emulation included, and without what the site was seen to lack lately.
    #[must_use]
    pub fn capabilities(&self) -> Cow<'_, Capabilities> {
        match self.lacking.without(&self.profile().capabilities) {
            Some(native) => Cow::Owned(effective(&native, &self.unsupported)),
            None => Cow::Borrowed(&self.capabilities),
        }
    }

    /// Refuses what cannot be done with it.
    ///
    /// # Errors
    /// `capability_unsupported`, which names the capability.
    pub fn require(&self, capability: Capability) -> std::result::Result<(), Problem> {
        if self.capabilities().supports(capability) { Ok(()) } else { Err(Problem::unsupported(capability)) }
    }

    /// A read at the site, observed: one operation, in the time that the configuration gives it.
    ///
    /// # Errors
    /// The read's own.
    async fn read<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        progress::asks(&self.profile().origin.provider);
        let result = operation(call).await;
        self.observe(result.as_ref().err());
        result
    }

    /// A write at the site, observed: one operation, too. What it makes untrue of what is kept is out of date before
    /// and after it, however it ends: also when the caller goes away in the middle.
    ///
    /// # Errors
    /// The write's own.
    async fn write<T>(&self, change: &Change, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.outdate(change).await?;
        progress::asks(&self.profile().origin.provider);
        let outdated_later = OutdateOnDrop(Some((Arc::clone(self.user.generations()), self.scopes(change))));
        let result = operation(call).await;
        outdated_later.now().await;
        self.observe(result.as_ref().err());
        result
    }

    /// Which files its uploads have led to, and may lead to.
    pub(crate) fn pending_uploads(&self) -> &PendingUploads {
        self.user.pending_uploads()
    }

    /// The number that changes with every write.
    ///
    /// # Errors
    /// `Internal`, where the shared state cannot be reached.
    pub async fn generation(&self) -> Result<u64> {
        self.current(Some(&Scope::Writes)).await
    }

    /// The number that changes with every change of the account's folders.
    pub(crate) async fn tree(&self) -> Result<u64> {
        self.current(Some(&Scope::Tree)).await
    }

    /// The generations that something known depends on: what was read under older ones may be out of date.
    pub(crate) async fn stamp(&self, what: &What) -> Result<Stamp> {
        let [wide, own, writes] = what.scopes();
        Ok(Stamp {
            wide: self.current(wide.as_ref()).await?,
            own: self.current(own.as_ref()).await?,
            writes: self.current(writes.as_ref()).await?,
        })
    }

    /// Makes what a change touches out of date.
    ///
    /// # Errors
    /// `Internal`, where the shared state cannot be reached.
    pub(crate) async fn outdate(&self, change: &Change) -> Result<()> {
        for scope in self.scopes(change) {
            let raised = self.user.generations().raise(&scope).await;
            raised.map_err(|error| Error::new(ErrorKind::Internal).retryable(true).with_source(error))?;
        }
        Ok(())
    }

    /// The same, where the change is done and cannot fail any more.
    pub(crate) async fn outdate_at_last(&self, change: &Change) {
        raise(self.user.generations(), &self.scopes(change)).await;
    }

    async fn current(&self, scope: Option<&Scope>) -> Result<u64> {
        let Some(scope) = scope else { return Ok(0) };
        let current = self.user.generations().current(&scope.name(self.user())).await;
        current.map_err(|error| Error::new(ErrorKind::Internal).with_source(error))
    }

    fn scopes(&self, change: &Change) -> Vec<String> {
        change.scopes().iter().map(|scope| scope.name(self.user())).collect()
    }

    fn observe(&self, error: Option<&Error>) {
        error.into_iter().for_each(measure::site_error);
        error.into_iter().for_each(|error| self.lacking.note(error));
        self.health.lock().unwrap_or_else(PoisonError::into_inner).note(error);
    }

    /// The account, and how it fares.
    #[must_use]
    pub fn summary(&self) -> AccountSummary {
        let profile = self.profile();
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        AccountSummary {
            name: profile.origin.account.clone(),
            provider: profile.origin.provider.clone(),
            dialect: profile.dialect,
            health: health.report((self.circuit)()),
        }
    }
}

/// Raises generations when it is dropped, unless that was done in good order.
struct OutdateOnDrop(Option<(Arc<dyn Generations>, Vec<String>)>);

impl OutdateOnDrop {
    async fn now(mut self) {
        // Taken only when it is done, so that a caller who goes away meanwhile leaves it to be done all over.
        if let Some((generations, scopes)) = &self.0 {
            raise(generations, scopes).await;
        }
        self.0 = None;
    }
}

impl Drop for OutdateOnDrop {
    fn drop(&mut self) {
        if let (Some((generations, scopes)), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { raise(&generations, &scopes).await });
        }
    }
}

/// The write is done by now, so a failure here is for the log: a confirmed write is never answered with an error.
async fn raise(generations: &Arc<dyn Generations>, scopes: &[String]) {
    for scope in scopes {
        if let Err(error) = generations.raise(scope).await {
            tracing::error!(error = &error as &dyn std::error::Error, scope, "the cache may be out of date");
        }
    }
}

/// What an adapter does, and what the gateway makes of that; what the provider's row takes away stays away.
#[must_use]
pub fn effective(native: &Capabilities, unsupported: &[Capability]) -> Capabilities {
    /// What the gateway makes, and what it makes it of.
    const EMULATED: [(Capability, Capability); 2] =
        [(Capability::FilesLookup, Capability::FilesRead), (Capability::FoldersRead, Capability::FoldersList)];
    EMULATED.into_iter().fold(native.clone(), |all, (lacking, primitive)| {
        if !all.supports(lacking) && all.supports(primitive) && !unsupported.contains(&lacking) {
            all.with(lacking, Support::Emulated)
        } else {
            all
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_is_emulated_where_the_site_reads_one_file_at_a_time() {
        let reads = Capabilities::native(&[Capability::FilesRead]);
        assert_eq!(effective(&reads, &[]).support(Capability::FilesLookup), Support::Emulated);
        assert!(!effective(&reads, &[Capability::FilesLookup]).supports(Capability::FilesLookup));
    }

    #[test]
    fn a_folder_by_its_id_is_emulated_where_the_site_only_lists_unless_its_row_says_no() {
        let lists = Capabilities::native(&[Capability::FoldersList]);
        assert_eq!(effective(&lists, &[]).support(Capability::FoldersRead), Support::Emulated);
        assert!(!effective(&lists, &[Capability::FoldersRead]).supports(Capability::FoldersRead));
        assert!(!effective(&Capabilities::native(&[]), &[]).supports(Capability::FoldersRead));
        let reads = Capabilities::native(&[Capability::FoldersList, Capability::FoldersRead]);
        assert_eq!(effective(&reads, &[]).support(Capability::FoldersRead), Support::Native);
    }
}
