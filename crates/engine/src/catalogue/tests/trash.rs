//! Deletions at a site that still lists what is in its trash, and reads that are slower than they are.

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
use crate::testing::{Site, profile};

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
        self.catalogue.file(&self.account, &self.file, freshness).await.unwrap().value.value.status
    }

    /// Asks for the file. The site has looked by now, and its answer is on its way.
    async fn ask_slowly(&self) -> JoinHandle<FileStatus> {
        self.site.asked();
        self.site.state().answer_delay = Duration::from_secs(5);
        let (catalogue, account, file) = (self.catalogue.clone(), Arc::clone(&self.account), self.file.clone());
        let asking =
            tokio::spawn(
                async move { catalogue.file(&account, &file, Freshness::Anew).await.unwrap().value.value.status },
            );
        while self.site.state().journal.is_empty() {
            tokio::task::yield_now().await;
        }
        // It says first that it was asked, and looks when others have had their turn.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.site.state().answer_delay = Duration::ZERO;
        asking
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_began_before_a_deletion_does_not_bring_the_file_back() {
    let world = World::new();
    assert_eq!(world.listed().await, 1);
    let asking = world.ask_slowly().await;
    changes::delete_file(&world.catalogue, &world.account, &world.file, &Preconditions::default()).await.unwrap();
    assert_eq!(asking.await.unwrap(), FileStatus::Active, "as it was when the site looked");
    assert_eq!(world.listed().await, 0);
    // One that begins afterwards knows better.
    world.site.state().files.get_mut(&world.file).unwrap().trashed = false;
    world.status(Freshness::Anew).await;
    advance(Duration::from_secs(31)).await;
    assert_eq!(world.listed().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_began_before_a_lost_deletion_says_nothing_about_its_outcome() {
    let world = World::new();
    world.listed().await;
    world.status(Freshness::Anew).await;
    let asking = world.ask_slowly().await;
    world.site.state().loses_answer = true;
    changes::delete_file(&world.catalogue, &world.account, &world.file, &Preconditions::default()).await.unwrap_err();
    assert_eq!(asking.await.unwrap(), FileStatus::Active);
    // The site still lists it, and does not say there that it is in the trash.
    assert_eq!(world.listed().await, 1);
    assert_eq!(world.status(Freshness::Cached).await, FileStatus::Trashed);
}
