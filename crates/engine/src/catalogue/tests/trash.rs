//! Tests of deletions at a site that still lists the files in its trash, with reads that are slower than the deletions.

use std::sync::Arc;
use std::time::Duration;

use polyhost_config::CacheConfig;
use polyhost_domain::{DeleteSemantics, FileId, FileStatus, FolderId, Profile};
use tokio::task::JoinHandle;
use tokio::time::advance;

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};
use crate::changes;
use crate::preconditions::Preconditions;
use crate::tests::{Site, profile};

const ROOT: FolderId = FolderId::Root;

struct World {
    site: Site,
    account: Arc<Account>,
    catalogue: Catalogue,
    file: FileId,
}

impl World {
    fn new() -> Self {
        let site = Site::new(Profile { delete: DeleteSemantics::Trash, ..profile() });
        let file = site.put_file("f1", "one", &ROOT);
        let (account, catalogue) = site.opened(&CacheConfig::default());
        Self { site, account, catalogue, file }
    }

    async fn listed(&self) -> usize {
        self.catalogue.listing(&self.account, &ROOT, Freshness::Cached).await.unwrap().value.len()
    }

    async fn status(&self, freshness: Freshness) -> FileStatus {
        self.catalogue
            .file(&self.account, &self.file, freshness)
            .await
            .unwrap()
            .value
            .read(&self.account)
            .unwrap()
            .status
    }

    /// Begins a read of the file. When this returns, the site has read its state, and its answer is delayed.
    async fn begin_slow_read(&self) -> JoinHandle<FileStatus> {
        self.site.asked();
        self.site.state().answer_delay = Duration::from_secs(5);
        let (catalogue, account, file) = (self.catalogue.clone(), Arc::clone(&self.account), self.file.clone());
        let reading = tokio::spawn(async move {
            catalogue.file(&account, &file, Freshness::NoCache).await.unwrap().value.read(&account).unwrap().status
        });
        while self.site.state().journal.is_empty() {
            tokio::task::yield_now().await;
        }
        // The site records the call first, and reads its state after other tasks have run.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.site.state().answer_delay = Duration::ZERO;
        reading
    }
}

#[tokio::test(start_paused = true)]
async fn read_begun_before_a_deletion_keeps_the_tombstone() {
    let world = World::new();
    assert_eq!(world.listed().await, 1);
    let reading = world.begin_slow_read().await;
    changes::delete_file(&world.catalogue, &world.account, &world.file, &Preconditions::default()).await.unwrap();
    assert_eq!(reading.await.unwrap(), FileStatus::Active, "the state when the site read it");
    assert_eq!(world.listed().await, 0);
    // The file is restored from the trash. A read that begins after that removes the tombstone.
    world.site.state().files.get_mut(&world.file).unwrap().trashed = false;
    world.status(Freshness::NoCache).await;
    advance(Duration::from_secs(31)).await;
    assert_eq!(world.listed().await, 1);
}

#[tokio::test(start_paused = true)]
async fn read_begun_before_a_lost_deletion_is_no_evidence() {
    let world = World::new();
    world.listed().await;
    world.status(Freshness::NoCache).await;
    let reading = world.begin_slow_read().await;
    world.site.state().loses_answer = true;
    changes::delete_file(&world.catalogue, &world.account, &world.file, &Preconditions::default()).await.unwrap_err();
    assert_eq!(reading.await.unwrap(), FileStatus::Active);
    // The site still lists the file, and the listing does not say that it is in the trash.
    assert_eq!(world.listed().await, 1);
    assert_eq!(world.status(Freshness::Cached).await, FileStatus::Trashed);
}
