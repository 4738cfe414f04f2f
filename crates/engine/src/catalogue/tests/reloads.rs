//! Tests of reloads that give an account's name to another account. State of the old account must not leak into the new
//! one. If only settings change, the state of the user stays.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use polyhost_config::CacheConfig;
use polyhost_domain::{DeleteSemantics, ErrorKind, FolderId, JobState, Profile, RemoteUpload};
use polyhost_state::State;

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness};
use crate::changes;
use crate::completions::Completions;
use crate::emulate;
use crate::preconditions::Preconditions;
use crate::tests::{Site, profile};
use crate::users::ExpectedFile;
use crate::users::User;

const ROOT: FolderId = FolderId::Root;

async fn listed(catalogue: &Catalogue, account: &Arc<Account>) -> usize {
    catalogue.listing(account, &ROOT, Freshness::NoCache).await.unwrap().value.len()
}

#[tokio::test(start_paused = true)]
async fn folder_search_does_not_continue_at_another_site() {
    let (old, new) = (Site::new(profile()), Site::new(profile()));
    let (account, catalogue) = old.opened(&CacheConfig::default());
    let mut parent = ROOT;
    for depth in 0..300 {
        parent = old.put_folder(&format!("d{depth}"), "deeper", &parent);
    }
    old.state().delay = Duration::from_millis(250);
    let searched = emulate::folder(&catalogue, &account, &parent, Freshness::Cached).await;
    assert_eq!(searched.unwrap_err().kind(), ErrorKind::Timeout);

    let account = new.account("other");
    let folder = new.put_folder("n1", "new", &ROOT);
    let found = emulate::folder(&catalogue, &account, &folder, Freshness::Cached).await.unwrap();
    assert_eq!(found.value.value.id, folder);
}

#[tokio::test(start_paused = true)]
async fn deleted_file_is_hidden_from_its_user_only() {
    let trash = || Site::new(Profile { delete: DeleteSemantics::Trash, ..profile() });
    let (old, new) = (trash(), trash());
    let (account, catalogue) = old.opened(&CacheConfig::default());
    let file = old.put_file("123", "old", &ROOT);
    new.put_file("123", "new", &ROOT);
    changes::delete_file(&catalogue, &account, &file, &Preconditions::default()).await.unwrap();
    assert_eq!(listed(&catalogue, &account).await, 0);
    assert_eq!(listed(&catalogue, &new.account("other")).await, 1);
    assert_eq!(listed(&catalogue, &old.account("user")).await, 0, "the same user with other settings");
}

#[tokio::test(start_paused = true)]
async fn learned_file_fields_do_not_apply_to_another_site() {
    let (old, new) = (Site::new(profile()), Site::new(profile()));
    let (account, catalogue) = old.opened(&CacheConfig::default());
    let file = old.put_file("f1", "old", &ROOT);
    catalogue.file(&account, &file, Freshness::Cached).await.unwrap();

    let account = new.account("other");
    let file = new.put_file("f1", "new", &ROOT);
    listed(&catalogue, &account).await;
    catalogue.file(&account, &file, Freshness::Cached).await.unwrap();
    assert_eq!(new.asked(), ["list root", "files f1"]);
}

#[tokio::test]
async fn succeeded_remote_upload_is_new_at_another_site() {
    let (old, new) = (Site::new(profile()).account("user"), Site::new(profile()).account("other"));
    let completions = Completions::default();
    for account in [&old, &new] {
        let id = account.profile().ids.remote_upload("22").unwrap();
        let done = RemoteUpload { state: JobState::Succeeded, ..RemoteUpload::bare(&account.profile().origin, id) };
        let before = account.generation().await.unwrap();
        completions.notice(account, &[done]).await;
        assert!(account.generation().await.unwrap() > before, "the cache entries are invalidated");
    }
}

#[tokio::test(start_paused = true)]
async fn write_invalidates_all_accounts_of_its_user() {
    let site = Site::new(profile());
    let catalogue = site.opened(&CacheConfig::default()).1;
    let user = Arc::new(User::new("user", &State::in_memory()));
    let (one, two) = (site.account_of(&user), site.account_of(&user));
    let file = site.put_file("f1", "old", &ROOT);
    catalogue.file(&two, &file, Freshness::Cached).await.unwrap();
    changes::delete_file(&catalogue, &one, &file, &Preconditions::default()).await.unwrap();
    let gone = catalogue.file(&two, &file, Freshness::Cached).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::FileNotFound);

    user.pending_uploads().begin(wanted()).resolve(Some(&file)).await;
    for account in [one, two] {
        assert!(
            account.pending_uploads().has_received(&file),
            "no account of the user assigns the file to another upload"
        );
    }
}

/// Returns the expected file of an upload, with any name and content.
fn wanted() -> ExpectedFile {
    let names = vec!["any".to_owned()];
    ExpectedFile { folder: ROOT, names, length: None, sha1: None, began_at: Timestamp::UNIX_EPOCH }
}
