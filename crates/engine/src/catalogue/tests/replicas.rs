//! Tests of two replicas that share their state: each has a catalogue of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_config::CacheConfig;
use polyhost_domain::{DeleteSemantics, FileStatus, FolderId, JobState, Profile, RemoteUpload};
use polyhost_state::conformance::SharedMarks;
use polyhost_state::{GenerationList, Generations, MemoryGenerations, ScopeKey, State, StateError};
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};
use crate::changes;
use crate::completions::Completions;
use crate::preconditions::Preconditions;
use crate::tests::{Site, profile};
use crate::users::User;

const ROOT: FolderId = FolderId::Root;

/// Generations in memory that are never known without a call. The calls are counted.
#[derive(Default)]
struct CountedGenerations {
    generations: MemoryGenerations,
    calls: AtomicUsize,
    raises: AtomicUsize,
}

#[async_trait]
impl Generations for CountedGenerations {
    fn known(&self, _: &[ScopeKey]) -> Option<GenerationList> {
        None
    }

    async fn current(&self, scopes: &[ScopeKey]) -> Result<GenerationList, StateError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.generations.current(scopes).await
    }

    async fn raise(&self, scopes: &[ScopeKey]) -> Result<(), StateError> {
        self.raises.fetch_add(1, Ordering::SeqCst);
        self.generations.raise(scopes).await
    }
}

/// One replica.
struct Replica {
    account: Arc<Account>,
    catalogue: Catalogue,
}

impl Replica {
    fn new(site: &Site, state: &State) -> Self {
        let account = site.account_of(&Arc::new(User::new("user", state)));
        Self { account, catalogue: Catalogue::new(&CacheConfig::default(), TaskTracker::new()) }
    }

    async fn listed(&self) -> usize {
        self.catalogue.listing(&self.account, &ROOT, Freshness::Cached).await.unwrap().value.len()
    }
}

fn replicas(site: &Site) -> [Replica; 2] {
    let state = State { marks: Some(Arc::new(SharedMarks::default())), ..State::in_memory() };
    [(), ()].map(|()| Replica::new(site, &state))
}

#[tokio::test(start_paused = true)]
async fn object_deleted_at_one_replica_is_not_listed_by_another() {
    let site = Site::new(Profile { delete: DeleteSemantics::Trash, ..profile() });
    let (file, folder) = (site.put_file("f1", "one", &ROOT), site.put_folder("d1", "two", &ROOT));
    let [one, other] = replicas(&site);
    assert_eq!(other.listed().await, 2);

    changes::delete_file(&one.catalogue, &one.account, &file, &Preconditions::default()).await.unwrap();
    assert_eq!(other.listed().await, 1);
    let known = other.catalogue.file(&other.account, &file, Freshness::Cached).await.unwrap();
    let status = known.value.read(&other.account).unwrap().status;
    assert_ne!(status, FileStatus::Active);
    one.catalogue.note_folder_deleted(&one.account, &folder).await;
    assert!(other.catalogue.has_deleted_folder(&other.account, &folder).await);
}

#[tokio::test(start_paused = true)]
async fn restored_file_stays_listed_at_the_replica_that_has_read_it() {
    let site = Site::new(Profile { delete: DeleteSemantics::Trash, ..profile() });
    let file = site.put_file("f1", "one", &ROOT);
    let replicas = replicas(&site);
    let [one, other] = &replicas;
    changes::delete_file(&one.catalogue, &one.account, &file, &Preconditions::default()).await.unwrap();
    assert_eq!((one.listed().await, other.listed().await), (0, 0));

    site.state().files.get_mut(&file).unwrap().trashed = false;
    for replica in &replicas {
        replica.catalogue.file(&replica.account, &file, Freshness::NoCache).await.unwrap();
        for _ in 0..2 {
            tokio::time::advance(Duration::from_secs(31)).await;
            assert_eq!(replica.listed().await, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn uncached_file_takes_no_call_for_each_cached_listing() {
    let site = Site::new(profile());
    let generations = Arc::new(CountedGenerations::default());
    let replica = Replica::new(&site, &State { generations: Arc::clone(&generations) as _, ..State::in_memory() });
    let file = site.put_file("f1", "one", &ROOT);
    let calls = async |folders: usize| {
        for number in 0..folders {
            let folder = site.put_folder(&format!("d{number}"), "two", &ROOT);
            replica.catalogue.listing(&replica.account, &folder, Freshness::Cached).await.unwrap();
        }
        let before = generations.calls.load(Ordering::SeqCst);
        replica.catalogue.file(&replica.account, &file, Freshness::NoCache).await.unwrap();
        generations.calls.load(Ordering::SeqCst) - before
    };

    assert_eq!(calls(0).await, calls(10).await);
}

#[tokio::test(start_paused = true)]
async fn completions_in_one_answer_invalidate_once_a_replica() {
    let site = Site::new(profile());
    let generations = Arc::new(CountedGenerations::default());
    let state = State { generations: Arc::clone(&generations) as _, ..State::in_memory() };
    let upload = |id: &str, state| RemoteUpload { state, ..RemoteUpload::bare(&profile().origin, site.upload_id(id)) };
    let [first, second] = [("1", JobState::Succeeded), ("2", JobState::Succeeded)].map(|(id, state)| upload(id, state));
    let running = upload("3", JobState::Running);
    for already in [0, 2] {
        let (replica, completions) = (Replica::new(&site, &state), Completions::default());
        let raises = async |uploads: &[RemoteUpload]| {
            completions.notice(&replica.account, uploads).await;
            generations.raises.load(Ordering::SeqCst) - already
        };
        assert_eq!(raises(std::slice::from_ref(&running)).await, 0);
        assert_eq!(raises(&[first.clone(), second.clone(), running.clone()]).await, 1);
        assert_eq!(raises(&[first.clone(), second.clone()]).await, 1);
        assert_eq!(raises(&[first.clone(), RemoteUpload { state: JobState::Succeeded, ..running.clone() }]).await, 2);
    }
}
