//! The accounts of the current configuration: each with its adapter, its capabilities and its health.

mod operations;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use polyhost_domain::{
    AccountName, Capabilities, Capability, DialectName, Error, Profile, Provider, ProviderId, Result, Support,
};
use polyhost_state::{GenerationList, Generations, ScopeKey};
use polyhost_upstream::{CircuitState, operation};
use serde::Serialize;
use smallvec::SmallVec;
use utoipa::ToSchema;

pub use operations::ShownIn;

use crate::health::{AccountHealth, Observed};
use crate::lacking::Lacking;
use crate::measure;
use crate::problem::Problem;
use crate::progress;
use crate::scopes::{Change, EntrySubject, Scope, Stamp};
use crate::users::{PendingUploads, User};

/// A configured account, connected to its site.
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

/// A number that is unique to one account object of this process.
///
/// The name is not enough as a key, because a reload may give the same name to another user. Data that is keyed by the
/// incarnation is lost when the account is removed, and also when only its settings change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Incarnation(u64);

impl Incarnation {
    /// Returns its number, with the highest byte first.
    pub(crate) fn to_be_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

static NEXT_INCARNATION: AtomicU64 = AtomicU64::new(0);

/// All accounts, by name.
pub type Accounts = BTreeMap<AccountName, Arc<Account>>;

/// An account and its health.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "main", "provider": "pstream", "dialect": "openload",
    "health": {"circuit": "closed", "last_success_at": "2026-01-31T12:00:00Z", "last_error": null}
}))]
pub struct AccountSummary {
    /// The account's name.
    pub name: AccountName,
    /// The provider of the account.
    pub provider: ProviderId,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// The health of the account's calls to its site.
    pub health: AccountHealth,
}

impl Account {
    /// Creates the account of a user at a site. `unsupported` are the capabilities that the provider's configuration
    /// disables. `circuit` returns the state of the circuit breaker.
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

    /// Returns the account's name.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        &self.profile().origin.account
    }

    /// Returns a digest that identifies the account's user at the site.
    ///
    /// It depends on neither the account's name nor its settings, and is equal in every process. So data that is keyed
    /// by it survives a change of settings. If a reload gives the name to another user, that user has another digest.
    #[must_use]
    pub fn user(&self) -> &Arc<str> {
        self.user.id()
    }

    /// The state that all accounts of the same user share.
    pub(crate) fn user_state(&self) -> &User {
        &self.user
    }

    /// Returns the number that distinguishes it from every other account of this process.
    #[must_use]
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Returns the adapter's description of the site, which needs no request.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        self.provider.profile()
    }

    /// Returns the current capabilities: with the emulated ones, and without those that the site has recently rejected
    /// as unsupported.
    #[must_use]
    pub fn capabilities(&self) -> Cow<'_, Capabilities> {
        match self.lacking.without(&self.profile().capabilities) {
            Some(native) => Cow::Owned(effective(&native, &self.unsupported)),
            None => Cow::Borrowed(&self.capabilities),
        }
    }

    /// Checks that the account has a capability.
    ///
    /// # Errors
    /// `capability_unsupported`, which names the capability.
    pub fn require(&self, capability: Capability) -> std::result::Result<(), Problem> {
        if self.capabilities().supports(capability) { Ok(()) } else { Err(Problem::unsupported(capability)) }
    }

    /// Runs a read as one operation within the configured time limit, and records its result.
    ///
    /// # Errors
    /// The errors of `call`.
    async fn read<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        progress::asks(&self.profile().origin.provider);
        let result = operation(call).await;
        self.observe(result.as_ref().err());
        result
    }

    /// Runs a write as one operation within the configured time limit, and records its result.
    ///
    /// Invalidates the affected cache entries before and after the write, even if it fails. They are also invalidated
    /// if this future is dropped during the write.
    ///
    /// # Errors
    /// The errors of `call`.
    async fn write<T>(&self, change: &Change, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.invalidate(change).await;
        progress::asks(&self.profile().origin.provider);
        let invalidation = InvalidateOnDrop(Some((Arc::clone(self.user.generations()), self.scopes(change))));
        let result = operation(call).await;
        invalidation.now().await;
        self.observe(result.as_ref().err());
        result
    }

    /// Returns the record of the user's pending uploads and of the files that they have created.
    pub(crate) fn pending_uploads(&self) -> &PendingUploads {
        self.user.pending_uploads()
    }

    /// Returns the generation that changes with every write of the user; `None` if the shared state cannot be reached.
    pub async fn generation(&self) -> Option<u64> {
        self.generation_of(&Scope::Writes).await
    }

    /// Returns the generation that changes with every change of the account's folders; `None` if the shared state
    /// cannot be reached.
    pub(crate) async fn tree(&self) -> Option<u64> {
        self.generation_of(&Scope::Tree).await
    }

    /// Returns the current generations for a subject. A cache entry with older generations may be out of date. `None`
    /// if the shared state cannot be reached: then every entry may be out of date.
    pub(crate) async fn stamp(&self, what: &EntrySubject) -> Option<Stamp> {
        let (scopes, keys) = self.scope_keys(what);
        Some(Stamp::of(&scopes, self.generations(&keys).await?))
    }

    /// Returns the stamp, as [`stamp`](Self::stamp) does, if it is known without waiting.
    pub(crate) fn known_stamp(&self, what: &EntrySubject) -> Option<Stamp> {
        let (scopes, keys) = self.scope_keys(what);
        Some(Stamp::of(&scopes, self.user.generations().known(&keys)?))
    }

    fn scope_keys(&self, what: &EntrySubject) -> ([Option<Scope>; 3], SmallVec<[ScopeKey; 3]>) {
        let scopes = what.scopes();
        let keys = scopes.iter().flatten().map(|scope| scope.key(self.user())).collect();
        (scopes, keys)
    }

    /// Invalidates the cache entries that a change affects.
    pub(crate) async fn invalidate(&self, change: &Change) {
        raise(self.user.generations(), &self.scopes(change)).await;
    }

    async fn generation_of(&self, scope: &Scope) -> Option<u64> {
        self.generations(&[scope.key(self.user())]).await?.first().copied()
    }

    async fn generations(&self, scopes: &[ScopeKey]) -> Option<GenerationList> {
        let generations = self.user.generations();
        match generations.known(scopes) {
            Some(known) => Some(known),
            None => generations.current(scopes).await.ok(),
        }
    }

    fn scopes(&self, change: &Change) -> Vec<ScopeKey> {
        change.scopes().iter().map(|scope| scope.key(self.user())).collect()
    }

    fn observe(&self, error: Option<&Error>) {
        error.into_iter().for_each(measure::site_error);
        error.into_iter().for_each(|error| self.lacking.note(error));
        self.health.lock().unwrap_or_else(PoisonError::into_inner).note(error);
    }

    /// Returns the account and its health.
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

/// Raises generations: in `now`, or in a spawned task if it is dropped before `now` has completed.
struct InvalidateOnDrop(Option<(Arc<dyn Generations>, Vec<ScopeKey>)>);

impl InvalidateOnDrop {
    async fn now(mut self) {
        // Cleared only afterwards: if this future is dropped before that, `drop` raises all generations again.
        if let Some((generations, scopes)) = &self.0 {
            raise(generations, scopes).await;
        }
        self.0 = None;
    }
}

impl Drop for InvalidateOnDrop {
    fn drop(&mut self) {
        if let (Some((generations, scopes)), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { raise(&generations, &scopes).await });
        }
    }
}

/// Raises generations. Without the shared state this replica uses no cache entry until they are raised, so a failure
/// stops no write. Other replicas may use entries from before the write.
async fn raise(generations: &Arc<dyn Generations>, scopes: &[ScopeKey]) {
    if let Err(error) = generations.raise(scopes).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "other replicas do not know of a write yet");
    }
}

/// Returns the adapter's capabilities and those that the gateway emulates with them. Capabilities in `unsupported` are
/// not emulated.
#[must_use]
pub fn effective(native: &Capabilities, unsupported: &[Capability]) -> Capabilities {
    /// Pairs of an emulated capability and the capability that its emulation needs.
    const EMULATED: [(Capability, Capability); 2] =
        [(Capability::FilesLookup, Capability::FilesRead), (Capability::FoldersRead, Capability::FoldersList)];
    EMULATED.into_iter().fold(native.clone(), |all, (emulated, primitive)| {
        if !all.supports(emulated) && all.supports(primitive) && !unsupported.contains(&emulated) {
            all.with(emulated, Support::Emulated)
        } else {
            all
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_lookup_is_emulated_by_reads_unless_disabled() {
        let reads = Capabilities::native(&[Capability::FilesRead]);
        assert_eq!(effective(&reads, &[]).support(Capability::FilesLookup), Support::Emulated);
        assert!(!effective(&reads, &[Capability::FilesLookup]).supports(Capability::FilesLookup));
    }

    #[test]
    fn folder_read_is_emulated_by_listings_unless_disabled() {
        let lists = Capabilities::native(&[Capability::FoldersList]);
        assert_eq!(effective(&lists, &[]).support(Capability::FoldersRead), Support::Emulated);
        assert!(!effective(&lists, &[Capability::FoldersRead]).supports(Capability::FoldersRead));
        assert!(!effective(&Capabilities::native(&[]), &[]).supports(Capability::FoldersRead));
        let reads = Capabilities::native(&[Capability::FoldersList, Capability::FoldersRead]);
        assert_eq!(effective(&reads, &[]).support(Capability::FoldersRead), Support::Native);
    }
}
