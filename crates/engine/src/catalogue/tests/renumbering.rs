//! Tests of sites at which a move gives the file another id.

use polyhost_config::CacheConfig;
use polyhost_domain::{ErrorKind, FileEdit, FolderId};

use crate::catalogue::Freshness;
use crate::changes::{self, FileChange};
use crate::preconditions::Preconditions;
use crate::problem::Code;
use crate::tests::{Site, profile};

const ROOT: FolderId = FolderId::Root;

#[tokio::test(start_paused = true)]
async fn moved_file_is_answered_and_edited_by_its_new_id() {
    let site = Site::new(profile());
    let (account, catalogue) = site.opened(&CacheConfig::default());
    let (folder, old) = (site.put_folder("a", "a", &ROOT), site.put_file("f1", "one", &ROOT));
    site.state().renumbers = true;
    let edit = FileEdit { name: Some("two".parse().unwrap()), content_type: None };
    let change = FileChange { folder: Some(folder.clone()), edit };
    let changed = changes::change_file(&catalogue, &account, &old, change, &Preconditions::default()).await.unwrap();
    assert_eq!(site.asked(), ["move f1", "rename f1x"]);
    assert_eq!((changed.now.id.as_str(), changed.now.folder_id), ("f1x", Some(folder)));

    let change = FileChange { folder: Some(ROOT), edit: FileEdit::default() };
    let unknown =
        changes::change_file(&catalogue, &account, &old, change, &Preconditions::default()).await.unwrap_err();
    assert_eq!((unknown.code(), unknown.is_retryable()), (Code::FileNotFound, false));
}

#[tokio::test(start_paused = true)]
async fn old_id_of_a_moved_file_is_not_cached() {
    let site = Site::new(profile());
    let (account, catalogue) = site.opened(&CacheConfig::default());
    let (folder, old) = (site.put_folder("a", "a", &ROOT), site.put_file("f1", "one", &ROOT));
    for folder in [&ROOT, &folder] {
        catalogue.listing(&account, folder, Freshness::Cached).await.unwrap();
    }
    catalogue.file(&account, &old, Freshness::Cached).await.unwrap();
    site.state().renumbers = true;
    let change = FileChange { folder: Some(folder.clone()), edit: FileEdit::default() };
    changes::change_file(&catalogue, &account, &old, change, &Preconditions::default()).await.unwrap();

    let gone = catalogue.file(&account, &old, Freshness::Cached).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::FileNotFound);
    assert!(catalogue.cached_file(&account, &old).is_none());
    let root = catalogue.listing(&account, &ROOT, Freshness::Cached).await.unwrap().value;
    assert_eq!(root.files().count(), 0);
    let listing = catalogue.listing(&account, &folder, Freshness::Cached).await.unwrap().value;
    assert_eq!(listing.files().map(|file| file.id.to_owned()).collect::<Vec<_>>(), ["f1x"]);
}

#[tokio::test(start_paused = true)]
async fn edit_that_fails_after_the_move_names_the_new_id() {
    let site = Site::new(profile());
    let (account, catalogue) = site.opened(&CacheConfig::default());
    let (folder, old) = (site.put_folder("a", "a", &ROOT), site.put_file("f1", "one", &ROOT));
    site.state().renumbers = true;
    site.state().protected = Some(site.file_id("f1x"));
    let edit = FileEdit { name: Some("two".parse().unwrap()), content_type: None };
    let change = FileChange { folder: Some(folder), edit };
    let problem =
        changes::change_file(&catalogue, &account, &old, change, &Preconditions::default()).await.unwrap_err();
    assert_eq!((problem.code(), problem.is_retryable()), (Code::UpstreamForbidden, false));
    assert!(problem.detail().contains("\"f1x\""), "{}", problem.detail());
    assert_eq!(problem.facts().applied, ["folder_id"]);
}
