//! Tests of the catalogue while the generations are unknown: the cache is bypassed, and no request fails for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_config::CacheConfig;
use polyhost_domain::FolderId;
use polyhost_state::{
    GenerationList, Generations, MemoryGenerations, Port, ScopeKey, State, StateError, StateErrorKind,
};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Source};
use crate::tests::{Site, profile};
use crate::users::User;

const ROOT: FolderId = FolderId::Root;
const LONG: Duration = Duration::from_millis(500);

/// Generations that are unknown while the store is away. They are raised nevertheless, as if they were raised when it
/// answers again.
#[derive(Default)]
struct Store {
    generations: MemoryGenerations,
    is_away: AtomicBool,
    answers_once_more: AtomicBool,
}

impl Store {
    fn go_away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    fn go_away_after_one_answer(&self) {
        self.go_away();
        self.answers_once_more.store(true, Ordering::SeqCst);
    }

    fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StateError> {
        let away = StateError::new(Port::Generations, StateErrorKind::Unavailable);
        let is_away = self.is_away.load(Ordering::SeqCst) && !self.answers_once_more.swap(false, Ordering::SeqCst);
        if is_away { Err(away) } else { Ok(()) }
    }
}

#[async_trait]
impl Generations for Store {
    fn known(&self, _: &[ScopeKey]) -> Option<GenerationList> {
        None
    }

    async fn current(&self, scopes: &[ScopeKey]) -> Result<GenerationList, StateError> {
        self.check()?;
        self.generations.current(scopes).await
    }

    async fn raise(&self, scopes: &[ScopeKey]) -> Result<(), StateError> {
        self.generations.raise(scopes).await?;
        self.check()
    }
}

struct World {
    site: Site,
    store: Arc<Store>,
    account: Arc<Account>,
    catalogue: Catalogue,
}

impl World {
    fn new() -> Self {
        let site = Site::new(profile());
        site.put_file("f1", "a", &ROOT);
        let store = Arc::new(Store::default());
        let state = State { generations: Arc::clone(&store) as Arc<dyn Generations>, ..State::in_memory() };
        let account = site.account_of(&Arc::new(User::new("user", &state)));
        Self { site, store, account, catalogue: Catalogue::new(&CacheConfig::default(), TaskTracker::new()) }
    }

    async fn list(&self) -> (usize, Source) {
        let known = self.catalogue.listing(&self.account, &ROOT, Freshness::Cached).await.unwrap();
        (known.value.len(), known.source)
    }
}

#[tokio::test(start_paused = true)]
async fn cache_is_bypassed_while_generations_are_unknown() {
    let world = World::new();
    assert_eq!(world.list().await, (1, Source::Miss));
    assert_eq!(world.list().await, (1, Source::Hit { ttl_seconds: 30 }));

    world.store.go_away();
    for _ in 0..2 {
        assert_eq!(world.list().await, (1, Source::Miss));
    }
    let file = world.site.file_id("f1");
    for _ in 0..2 {
        let known = world.catalogue.file(&world.account, &file, Freshness::Cached).await.unwrap();
        assert_eq!(known.source, Source::Miss);
    }

    world.store.come_back();
    assert_eq!(world.list().await, (1, Source::Hit { ttl_seconds: 30 }), "nothing was written meanwhile");
}

#[tokio::test(start_paused = true)]
async fn read_that_loses_its_generations_is_answered() {
    let world = World::new();
    world.site.state().answer_delay = LONG;
    for _ in 0..2 {
        // The caller's lookup succeeds, and that of its read fails.
        world.store.go_away_after_one_answer();
        let (leader, follower) = timeout(10 * LONG, async { tokio::join!(world.list(), world.list()) }).await.unwrap();
        assert_eq!((leader.0, follower.0), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn write_without_the_store_is_made_and_read_back() {
    let world = World::new();
    world.list().await;
    world.store.go_away();

    world.account.copy_file(&world.site.file_id("f1"), &ROOT).await.unwrap();
    assert_eq!(world.list().await.0, 2);

    world.store.come_back();
    assert_eq!(world.list().await, (2, Source::Miss), "the entry from before the write is out of date");
}

#[tokio::test(start_paused = true)]
async fn read_begun_before_a_write_is_not_shared_after_it() {
    let world = World::new();
    world.store.go_away();
    world.site.state().answer_delay = LONG;
    let (early, late) = tokio::join!(world.list(), async {
        sleep(LONG / 2).await;
        world.site.put_file("f2", "b", &ROOT);
        world.list().await
    });

    assert_eq!(early.0, 1);
    assert_eq!(late.0, 2);
}
