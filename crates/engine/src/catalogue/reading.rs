//! One read: from the cache if a fresh entry exists, else from the site in one request shared by all callers. If the
//! site fails, a stale entry may be returned.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Result, UpstreamAnswer};
use polyhost_upstream::wait;
use tokio::time::Instant;

use super::answers::{Freshness, Known, Source};
use super::flights::{Role, Shares};
use super::key::{Cacheable, Key, Stored, Value};
use super::{FlightKey, Inner};
use crate::accounts::Account;
use crate::measure;
use crate::problem::whole_seconds;
use crate::progress;
use crate::scopes::{Change, EntrySubject, Reach, Stamp};

/// A site's answer, before it is stored.
pub(super) struct Fetched {
    pub(super) value: Value,
    pub(super) reach: Reach,
}

/// The result of one cache lookup.
pub(super) struct Lookup {
    pub(super) key: Key,
    /// The generations that the entry depends on, read before the lookup. `None` if they are unknown: then the cache is
    /// bypassed.
    pub(super) now: Option<Stamp>,
    /// The entry, if no write has invalidated it. It may be stale.
    pub(super) cached: Option<Stored>,
}

impl Inner {
    /// Returns a value that has a cache entry of its own.
    pub(super) async fn known<T: Cacheable, F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        what: EntrySubject,
        freshness: Freshness,
        ask: impl Fn(Arc<Account>) -> F + Send + Sync + 'static,
    ) -> Result<Known<T::Kept>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let lookup = self.lookup(account, what).await;
        match self.fresh(&lookup, freshness) {
            Some(stored) => downcast::<T>(self.hit(&lookup.key.what, stored)),
            None => self.known_uncached(account, lookup, freshness, ask).await,
        }
    }

    /// Like [`Self::known`], after a lookup that found no fresh entry.
    pub(super) async fn known_uncached<T: Cacheable, F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        lookup: Lookup,
        freshness: Freshness,
        ask: impl Fn(Arc<Account>) -> F + Send + Sync + 'static,
    ) -> Result<Known<T::Kept>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let ask = Arc::new(ask);
        // A folder may report totals of its content, which any write may change. All other kinds depend on their own
        // scopes only.
        let reach = if matches!(lookup.key.what, EntrySubject::Folder(_)) { Reach::Beyond } else { Reach::Own };
        let fetch = move |account: Arc<Account>| {
            let ask = Arc::clone(&ask);
            async move {
                let value = ask(Arc::clone(&account)).await?;
                Ok(Fetched { value: value.store(&account)?, reach })
            }
        };
        downcast::<T>(self.read_uncached(account, lookup, freshness, fetch).await?)
    }

    /// Returns an entry of any kind.
    pub(super) async fn read<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        what: EntrySubject,
        freshness: Freshness,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<Known<Stored>>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        let lookup = self.lookup(account, what).await;
        match self.fresh(&lookup, freshness) {
            Some(stored) => Ok(self.hit(&lookup.key.what, stored)),
            None => self.read_uncached(account, lookup, freshness, fetch).await,
        }
    }

    /// Like [`Self::read`], after a lookup that found no fresh entry.
    async fn read_uncached<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        Lookup { key, now, cached }: Lookup,
        freshness: Freshness,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<Known<Stored>>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        let known = match self.join_flight(account, &key, freshness, now, fetch).await {
            Ok((stored, source)) => Known { age: stored.taken_at.elapsed(), value: stored, source },
            Err(error) => self.stale_fallback(account, &key, freshness, cached, error).await?,
        };
        measure::cache(key.what.kind().name(), known.source.word());
        Ok(known)
    }

    /// Looks an entry up, with the generations that it depends on.
    pub(super) async fn lookup(&self, account: &Account, what: EntrySubject) -> Lookup {
        let key = Key::new(account, what);
        let now = account.stamp(&key.what).await;
        let cached = match now {
            Some(now) => self.cached(&key).filter(|stored| stored.stamp.holds(now, stored.reach)),
            None => None,
        };
        Lookup { key, now, cached }
    }

    /// Looks an entry up, as [`lookup`](Self::lookup) does, if nothing has to be awaited.
    pub(super) fn lookup_now(&self, account: &Account, what: EntrySubject) -> Option<Lookup> {
        let key = Key::new(account, what);
        let now = account.known_stamp(&key.what)?;
        let cached = self.cached(&key).filter(|stored| stored.stamp.holds(now, stored.reach));
        Some(Lookup { key, now: Some(now), cached })
    }

    /// Returns the entry under a key if no write has invalidated it. It may be stale. Most keys have no entry; then the
    /// generations are not read.
    pub(super) async fn valid_entry(&self, account: &Account, key: &Key) -> Option<Stored> {
        let stored = self.cached(key)?;
        self.is_valid(account, key, &stored).await.then_some(stored)
    }

    /// Returns whether no write has invalidated an entry. It may be stale.
    pub(super) async fn is_valid(&self, account: &Account, key: &Key, stored: &Stored) -> bool {
        account.stamp(&key.what).await.is_some_and(|now| stored.stamp.holds(now, stored.reach))
    }

    /// Returns the entry of a lookup if it is fresh and the caller accepts cached answers.
    pub(super) fn fresh(&self, lookup: &Lookup, freshness: Freshness) -> Option<Stored> {
        let ttl = self.ttl(&lookup.key.what);
        lookup
            .cached
            .as_ref()
            .filter(|cached| freshness != Freshness::NoCache && cached.taken_at.elapsed() < ttl)
            .cloned()
    }

    pub(super) fn hit(&self, what: &EntrySubject, stored: Stored) -> Known<Stored> {
        let age = stored.taken_at.elapsed();
        let source = Source::Hit { ttl_seconds: ttl_seconds(self.ttl(what), age) };
        measure::cache(what.kind().name(), source.word());
        Known { value: stored, age, source }
    }

    /// Reads from the site, and shares the request with other callers that need the same answer.
    async fn join_flight<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        key: &Key,
        freshness: Freshness,
        now: Option<Stamp>,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<(Stored, Source)>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        progress::asks(&account.profile().origin.provider);
        // A follower waits for the site too, through the leader's request, so its time counts as waiting.
        let _waiting = wait();
        // Without generations, a read that has begun may be from before a write.
        let shares = if freshness == Freshness::NoCache || now.is_none() { Shares::NotBegun } else { Shares::Any };
        let Stamp { wide, own, .. } = now.unwrap_or_default();
        let join = |shares| {
            let read = || Arc::clone(self).fetch(Arc::clone(account), key.clone(), freshness, fetch.clone());
            self.flights.join(FlightKey { key: key.clone(), wide, own }, shares, read)
        };
        let (flight, role) = join(shares);
        let stored = flight.outcome().await?;
        let began_later = role == Role::Leader || shares == Shares::NotBegun;
        if began_later || now.is_some_and(|now| stored.stamp.holds(now, stored.reach)) {
            return Ok((stored, source(freshness, role)));
        }
        // A listing may also describe other folders. If the flight began before a write to one of those, its answer is
        // too old. The same holds if the flight could not read its generations. The next flight begins later.
        let (flight, role) = join(Shares::NotBegun);
        Ok((flight.outcome().await?, source(freshness, role)))
    }

    /// Runs in the flight's task: reads from the site and stores the answer. The answer is stored under the generations
    /// from before the request. If a write happened meanwhile, later lookups ignore it.
    async fn fetch<F>(
        self: Arc<Self>,
        account: Arc<Account>,
        key: Key,
        freshness: Freshness,
        fetch: impl Fn(Arc<Account>) -> F + Send,
    ) -> Result<Stored>
    where
        F: Future<Output = Result<Fetched>> + Send,
    {
        let lookup = self.lookup(&account, key.what.clone()).await;
        // A flight may have finished since the caller's lookup; reuse its result. This never serves a caller with
        // `Freshness::NoCache`: such callers join only reads that one of them began.
        if let Some(stored) = self.fresh(&lookup, freshness) {
            return Ok(stored);
        }
        let Fetched { value, reach } = match fetch(Arc::clone(&account)).await {
            Ok(fetched) => fetched,
            Err(error) => {
                self.discard_contradicted(&account, &key, error.kind()).await;
                return Err(error);
            }
        };
        let stored = Stored { value, stamp: lookup.now.unwrap_or_default(), reach, taken_at: Instant::now() };
        Ok(if lookup.now.is_some() { self.store_answer(&key, stored) } else { stored })
    }

    /// Discards entries that an error shows to be wrong, so that they do not serve as the stale fallback of a later
    /// failure.
    async fn discard_contradicted(&self, account: &Account, key: &Key, kind: ErrorKind) {
        match kind {
            ErrorKind::CredentialsRejected => {
                account.invalidate(&Change::everything()).await;
            }
            ErrorKind::FileNotFound | ErrorKind::FolderNotFound | ErrorKind::Forbidden | ErrorKind::LegalBlock => {
                self.store.remove(key);
            }
            _ => {}
        }
    }

    /// Returns the stale entry if the site has failed and the caller accepts stale answers, else the error.
    async fn stale_fallback(
        &self,
        account: &Account,
        key: &Key,
        freshness: Freshness,
        cached: Option<Stored>,
        error: Error,
    ) -> Result<Known<Stored>> {
        let Some(stored) = cached.filter(|_| freshness == Freshness::Cached && is_failure(&error)) else {
            return Err(error);
        };
        let (ttl, age) = (self.ttl(&key.what), stored.taken_at.elapsed());
        // A write may have happened during the request to the site.
        if age > ttl + self.config.stale_if_error || !self.is_valid(account, key, &stored).await {
            return Err(error);
        }
        Ok(Known { value: stored, age, source: Source::Stale { ttl_seconds: ttl_seconds(ttl, age) } })
    }

    /// Returns the entry under a key. A listing's entry holds only a digest; its snapshot is resolved.
    pub(super) fn cached(&self, key: &Key) -> Option<Stored> {
        let stored = self.store.get(key)?;
        match (&key.what, &stored.value) {
            (EntrySubject::Listing(folder), Value::Listing(digest)) => {
                let snapshot = self.store.get(&key.of_snapshot(folder, *digest))?;
                Some(Stored { value: snapshot.value, ..stored })
            }
            _ => Some(stored),
        }
    }

    /// Stores an answer. A listing with unchanged content reuses its snapshot, and with it the sort orders computed so
    /// far. Otherwise the old snapshot is removed, unless a walk uses it.
    fn store_answer(&self, key: &Key, stored: Stored) -> Stored {
        let (EntrySubject::Listing(folder), Value::Snapshot(snapshot)) = (&key.what, &stored.value) else {
            self.store.insert(key, stored.clone());
            return stored;
        };
        let before = self.cached(key);
        if let Some(Value::Snapshot(before)) = before.map(|before| before.value)
            && before.digest() != snapshot.digest()
            && before.since_last_walk().is_none()
        {
            self.store.remove(&key.of_snapshot(folder, before.digest()));
        }
        let of_snapshot = key.of_snapshot(folder, snapshot.digest());
        let stored = match self.store.get(&of_snapshot) {
            Some(same) => Stored { value: same.value, ..stored },
            None => stored,
        };
        // An entry with the same snapshot is replaced as well, because its lifetime begins anew.
        self.store.insert(&of_snapshot, stored.clone());
        if let Value::Snapshot(snapshot) = &stored.value {
            self.store.insert(key, Stored { value: Value::Listing(snapshot.digest()), ..stored.clone() });
        }
        stored
    }

    pub(super) fn ttl(&self, what: &EntrySubject) -> Duration {
        match what {
            EntrySubject::Account | EntrySubject::Limits => self.config.account_ttl,
            EntrySubject::File(_) => self.config.file_ttl,
            EntrySubject::Folder(_) | EntrySubject::Listing(_) | EntrySubject::Snapshot(..) => self.config.listing_ttl,
        }
    }
}

/// Extracts the typed value from an entry. Fails with `Internal` if the entry is of another kind.
pub(super) fn downcast<T: Cacheable>(known: Known<Stored>) -> Result<Known<T::Kept>> {
    let value = T::take(&known.value.value).ok_or_else(|| Error::new(ErrorKind::Internal))?;
    Ok(known.map(|_| value))
}

fn source(freshness: Freshness, role: Role) -> Source {
    match (freshness, role) {
        (Freshness::NoCache, role) => Source::Requested { collapsed: role == Role::Follower },
        (_, Role::Follower) => Source::Collapsed,
        (_, Role::Leader) => Source::Miss,
    }
}

/// Returns the remaining seconds for which an answer of this age is fresh. The result is negative for a stale answer,
/// even if it became stale less than a second ago.
pub(super) fn ttl_seconds(ttl: Duration, age: Duration) -> i64 {
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    match age.checked_sub(ttl) {
        None => seconds(ttl.as_secs()) - seconds(age.as_secs()),
        Some(over) => -seconds(whole_seconds(over).max(1)),
    }
}

/// Returns whether an error is a failure of the site that does not contradict its earlier answers.
fn is_failure(error: &Error) -> bool {
    let fails = matches!(
        error.kind(),
        ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::SiteFailed | ErrorKind::RateLimited
    );
    // A 403 or 404 for the root folder is reported as a failure of the site. It does contradict the earlier answers.
    let denies = |answer: &UpstreamAnswer| {
        matches!(answer.http_status, Some(403 | 404)) || matches!(answer.status.as_deref(), Some("403" | "404"))
    };
    fails && !error.answer().is_some_and(denies)
}
