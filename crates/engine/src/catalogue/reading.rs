//! One read: from the cache where that will do, else from the site, once for all who ask; and what was lately true,
//! where the site fails.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, Result, UpstreamAnswer};
use polyhost_upstream::wait;
use tokio::time::Instant;

use super::answers::{Freshness, Known, Source};
use super::flights::{Role, Shares};
use super::kept::Kept;
use super::key::{Keep, Key, Stored, Value};
use super::{Inner, Question};
use crate::accounts::Account;
use crate::measure;
use crate::problem::whole_seconds;
use crate::progress;
use crate::scopes::{Change, Reach, Stamp, What};

/// What a site has answered, to be kept.
pub(super) struct Fetched {
    pub(super) value: Value,
    pub(super) reach: Reach,
}

/// What is kept of something, as one look has found it.
pub(super) struct Look {
    pub(super) key: Key,
    /// The generations that it depends on, from before the look.
    pub(super) now: Stamp,
    /// What is kept and no write has overtaken, perhaps no longer fresh.
    pub(super) kept: Option<Stored>,
}

impl Inner {
    /// Something that is kept by itself.
    pub(super) async fn known<T: Keep, F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        what: What,
        freshness: Freshness,
        ask: impl Fn(Arc<Account>) -> F + Send + Sync + 'static,
    ) -> Result<Known<Arc<Kept<T>>>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let look = self.look(account, what).await?;
        match self.fresh(&look, freshness) {
            Some(stored) => taken(self.hit(&look.key.what, stored)),
            None => self.known_anew(account, look, freshness, ask).await,
        }
    }

    /// The same, of which nothing fresh is kept.
    pub(super) async fn known_anew<T: Keep, F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        look: Look,
        freshness: Freshness,
        ask: impl Fn(Arc<Account>) -> F + Send + Sync + 'static,
    ) -> Result<Known<Arc<Kept<T>>>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let ask = Arc::new(ask);
        // A folder tells what is in it, which any write may change; the rest says so in its scopes.
        let reach = if matches!(look.key.what, What::Folder(_)) { Reach::Beyond } else { Reach::Own };
        let fetch = move |account: Arc<Account>| {
            let ask = Arc::clone(&ask);
            async move {
                let told = ask(Arc::clone(&account)).await?;
                Ok(Fetched { value: T::store(Arc::new(Kept::new(told, &account)?)), reach })
            }
        };
        taken(self.read_anew(account, look, freshness, fetch).await?)
    }

    /// Anything that is kept.
    pub(super) async fn read<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        what: What,
        freshness: Freshness,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<Known<Stored>>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        let look = self.look(account, what).await?;
        match self.fresh(&look, freshness) {
            Some(stored) => Ok(self.hit(&look.key.what, stored)),
            None => self.read_anew(account, look, freshness, fetch).await,
        }
    }

    /// The same, of which nothing fresh is kept.
    async fn read_anew<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        Look { key, now, kept }: Look,
        freshness: Freshness,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<Known<Stored>>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        let known = match self.ask(account, &key, freshness, now, fetch).await {
            Ok((stored, source)) => Known { age: stored.taken_at.elapsed(), value: stored, source },
            Err(error) => self.instead(account, &key, freshness, kept, error).await?,
        };
        measure::cache(key.what.kind(), known.source.word());
        Ok(known)
    }

    /// Looks at what is kept.
    pub(super) async fn look(&self, account: &Account, what: What) -> Result<Look> {
        let key = Key::new(account, what);
        let now = account.stamp(&key.what).await?;
        let kept = self.kept(&key).await.filter(|stored| stored.stamp.holds(now, stored.reach));
        Ok(Look { key, now, kept })
    }

    /// What is kept there and no write has overtaken, perhaps no longer fresh. Mostly there is nothing, and then its
    /// generations are not asked for.
    pub(super) async fn standing(&self, account: &Account, key: &Key) -> Option<Stored> {
        let stored = self.kept(key).await?;
        let now = account.stamp(&key.what).await.ok()?;
        stored.stamp.holds(now, stored.reach).then_some(stored)
    }

    /// What a look has found, where it is fresh and that will do.
    pub(super) fn fresh(&self, look: &Look, freshness: Freshness) -> Option<Stored> {
        let ttl = self.ttl(&look.key.what);
        look.kept.as_ref().filter(|kept| freshness != Freshness::Anew && kept.taken_at.elapsed() < ttl).cloned()
    }

    pub(super) fn hit(&self, what: &What, stored: Stored) -> Known<Stored> {
        let age = stored.taken_at.elapsed();
        let source = Source::Hit { ttl_seconds: ttl_seconds(self.ttl(what), age) };
        measure::cache(what.kind(), source.word());
        Known { value: stored, age, source }
    }

    /// Asks the site, together with whoever asks for the same.
    async fn ask<F>(
        self: &Arc<Self>,
        account: &Arc<Account>,
        key: &Key,
        freshness: Freshness,
        now: Stamp,
        fetch: impl Fn(Arc<Account>) -> F + Clone + Send + 'static,
    ) -> Result<(Stored, Source)>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        progress::asks(&account.profile().origin.provider);
        // Whoever waits for another's answer waits for the site all the same.
        let _waiting = wait();
        let shares = if freshness == Freshness::Anew { Shares::NotBegun } else { Shares::Any };
        loop {
            let question = Question { key: key.clone(), wide: now.wide, own: now.own };
            let (flight, role) = self.flights.join(question, shares, || {
                Arc::clone(self).fetch(Arc::clone(account), key.clone(), freshness, fetch.clone())
            });
            let stored = flight.outcome().await?;
            // One that was asked for before a write of another folder may tell of that one. The next cannot.
            if stored.stamp.holds(now, stored.reach) {
                return Ok((stored, source(freshness, role)));
            }
        }
    }

    /// The task that asks. It keeps the answer under the generations from before it asked: if something was written
    /// meanwhile, nobody will be given it who comes later.
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
        let look = self.look(&account, key.what.clone()).await?;
        // Whoever looked before another's answer was kept, and came when nobody was asking any more, has it all the same.
        // None who insists waits for this: they join only what one of them asks.
        if let Some(stored) = self.fresh(&look, freshness) {
            return Ok(stored);
        }
        let stamp = look.now;
        let Fetched { value, reach } = match fetch(Arc::clone(&account)).await {
            Ok(fetched) => fetched,
            Err(error) => {
                self.distrust(&account, &key, error.kind()).await;
                return Err(error);
            }
        };
        Ok(self.keep(key, Stored { value, stamp, reach, taken_at: Instant::now() }).await)
    }

    /// After some errors the old answer is not true either, and must not come back when the site fails next.
    async fn distrust(&self, account: &Account, key: &Key, kind: ErrorKind) {
        match kind {
            ErrorKind::CredentialsRejected => {
                if let Err(error) = account.outdate(&Change::everything()).await {
                    tracing::error!(error = &error as &dyn std::error::Error, "the cache may be out of date");
                }
            }
            ErrorKind::FileNotFound | ErrorKind::FolderNotFound | ErrorKind::Forbidden | ErrorKind::LegalBlock => {
                self.store.remove(key).await;
            }
            _ => {}
        }
    }

    /// What was lately true, where the site has failed and the caller did not insist.
    async fn instead(
        &self,
        account: &Account,
        key: &Key,
        freshness: Freshness,
        kept: Option<Stored>,
        error: Error,
    ) -> Result<Known<Stored>> {
        let Some(stored) = kept.filter(|_| freshness == Freshness::Cached && is_failure(&error)) else {
            return Err(error);
        };
        let (ttl, age) = (self.ttl(&key.what), stored.taken_at.elapsed());
        // Something may have been written while the site was waited for.
        let holds = stored.stamp.holds(account.stamp(&key.what).await?, stored.reach);
        if !holds || age > ttl + self.config.stale_if_error {
            return Err(error);
        }
        Ok(Known { value: stored, age, source: Source::Stale { ttl_seconds: ttl_seconds(ttl, age) } })
    }

    /// What is kept there, whole: a listing's snapshot is kept by itself.
    pub(super) async fn kept(&self, key: &Key) -> Option<Stored> {
        let stored = self.store.get(key).await?;
        match (&key.what, &stored.value) {
            (What::Listing(folder), Value::Listing(digest)) => {
                let snapshot = self.store.get(&key.of_snapshot(folder, *digest)).await?;
                Some(Stored { value: snapshot.value, ..stored })
            }
            _ => Some(stored),
        }
    }

    /// Keeps an answer. A listing that is as it was keeps its snapshot, with the orders that were made of it; else the
    /// old one goes, unless a walk has begun in it.
    async fn keep(&self, key: Key, stored: Stored) -> Stored {
        let (What::Listing(folder), Value::Snapshot(snapshot)) = (&key.what, &stored.value) else {
            self.store.insert(key, stored.clone()).await;
            return stored;
        };
        let before = self.kept(&key).await;
        if let Some(Value::Snapshot(before)) = before.map(|before| before.value)
            && before.digest() != snapshot.digest()
            && before.walked_before().is_none()
        {
            self.store.remove(&key.of_snapshot(folder, before.digest())).await;
        }
        let of_snapshot = key.of_snapshot(folder, snapshot.digest());
        let stored = match self.store.get(&of_snapshot).await {
            Some(same) => Stored { value: same.value, ..stored },
            None => {
                self.store.insert(of_snapshot, stored.clone()).await;
                stored
            }
        };
        if let Value::Snapshot(snapshot) = &stored.value {
            self.store.insert(key, Stored { value: Value::Listing(snapshot.digest()), ..stored.clone() }).await;
        }
        stored
    }

    pub(super) fn ttl(&self, what: &What) -> Duration {
        match what {
            What::Account | What::Limits => self.config.account_ttl,
            What::File(_) => self.config.file_ttl,
            What::Folder(_) | What::Listing(_) | What::Snapshot(..) => self.config.listing_ttl,
        }
    }
}

/// What is kept by itself, taken out of its entry.
pub(super) fn taken<T: Keep>(known: Known<Stored>) -> Result<Known<Arc<Kept<T>>>> {
    let value = T::take(&known.value.value).ok_or_else(|| Error::new(ErrorKind::Internal))?;
    Ok(known.map(|_| value))
}

fn source(freshness: Freshness, role: Role) -> Source {
    match (freshness, role) {
        (Freshness::Anew, role) => Source::Requested { collapsed: role == Role::Follower },
        (_, Role::Follower) => Source::Collapsed,
        (_, Role::Leader) => Source::Miss,
    }
}

/// How much longer something of this age is fresh; less than zero for what is not, be it for a moment.
pub(super) fn ttl_seconds(ttl: Duration, age: Duration) -> i64 {
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    match age.checked_sub(ttl) {
        None => seconds(ttl.as_secs()) - seconds(age.as_secs()),
        Some(over) => -seconds(whole_seconds(over).max(1)),
    }
}

/// Failures of the site that say nothing against what it told before.
fn is_failure(error: &Error) -> bool {
    let fails = matches!(
        error.kind(),
        ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::SiteFailed | ErrorKind::RateLimited
    );
    // A root that the site does not find, or denies, is a failure of the site's as well.
    let denies = |answer: &UpstreamAnswer| {
        matches!(answer.http_status, Some(403 | 404)) || matches!(answer.status.as_deref(), Some("403" | "404"))
    };
    fails && !error.answer().is_some_and(denies)
}
