//! Tests of writes through the gateway: the entries that they affect are invalidated before the write is answered, and
//! all others stay.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use polyhost_config::CacheConfig;
use polyhost_domain::{DeleteSemantics, EntryName, ErrorKind, File, FileEdit, FolderId, Profile};
use serde_json::Value;
use tokio::time::{advance, sleep, timeout};

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, ListQuery, PageRequest};
use crate::changes::{self, FileChange};
use crate::emulate;
use crate::preconditions::Preconditions;
use crate::problem::{Code, Problem};
use crate::tests::{Site, profile};
use crate::uploads::{self, Incoming, IncomingBody, Spool, Terms};

const ROOT: FolderId = FolderId::Root;

fn opened(profile: Profile) -> (Site, Arc<Account>, Catalogue) {
    let site = Site::new(profile);
    let (account, catalogue) = site.opened(&CacheConfig::default());
    (site, account, catalogue)
}

async fn names(catalogue: &Catalogue, account: &Arc<Account>, folder: &FolderId) -> Vec<String> {
    let known = catalogue.listing(account, folder, Freshness::Cached).await.unwrap();
    (0..known.value.len()).map(|place| known.value.item(place).name.unwrap().to_owned()).collect()
}

fn rename(name: &str) -> FileChange {
    let name: EntryName = name.parse().unwrap();
    FileChange { folder: None, edit: FileEdit { name: Some(name), content_type: None } }
}

#[tokio::test(start_paused = true)]
async fn write_keeps_the_listings_it_does_not_affect() {
    let (site, account, catalogue) = opened(profile());
    let folders = ["a", "b", "c"].map(|id| site.put_folder(id, id, &ROOT));
    let file = site.put_file("f1", "one", &folders[0]);
    let read = async || {
        for folder in folders.iter().chain([&ROOT]) {
            names(&catalogue, &account, folder).await;
        }
        site.asked()
    };
    assert_eq!(read().await.len(), 4);
    changes::change_file(&catalogue, &account, &file, rename("two"), &Preconditions::default()).await.unwrap();
    site.asked();
    assert_eq!(read().await, ["list a"]);
    let to_b = FileChange { folder: Some(folders[1].clone()), edit: FileEdit::default() };
    changes::change_file(&catalogue, &account, &file, to_b, &Preconditions::default()).await.unwrap();
    site.asked();
    assert_eq!(read().await, ["list a", "list b"]);
    account.copy_file(&file, &folders[2]).await.unwrap();
    site.asked();
    assert_eq!(read().await, ["list c"]);
    changes::delete_file(&catalogue, &account, &file, &Preconditions::default()).await.unwrap();
    site.asked();
    assert_eq!(read().await, ["list b"]);
    assert_eq!(names(&catalogue, &account, &folders[1]).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn write_to_an_unlisted_file_invalidates_every_listing() {
    let (site, account, catalogue) = opened(profile());
    let folder = site.put_folder("a", "a", &ROOT);
    names(&catalogue, &account, &ROOT).await;
    names(&catalogue, &account, &folder).await;
    // The file was added at the site, without the gateway.
    let file = site.put_file("f1", "one", &folder);
    changes::change_file(&catalogue, &account, &file, rename("two"), &Preconditions::default()).await.unwrap();
    assert_eq!(names(&catalogue, &account, &folder).await, ["two"]);
}

#[tokio::test(start_paused = true)]
async fn read_under_way_does_not_restore_the_old_listing() {
    for loses in [false, true] {
        let (site, account, catalogue) = opened(profile());
        let file = site.put_file("f1", "one", &ROOT);
        names(&catalogue, &account, &ROOT).await;
        advance(Duration::from_secs(31)).await;
        let reading = {
            let (catalogue, account) = (catalogue.clone(), Arc::clone(&account));
            tokio::spawn(async move { names(&catalogue, &account, &ROOT).await })
        };
        // After the loop, the site has read its state, and its answer is on its way.
        while site.state().journal.len() < 2 {
            tokio::task::yield_now().await;
        }
        site.state().loses_answer = loses;
        let deleted = changes::delete_file(&catalogue, &account, &file, &Preconditions::default()).await;
        assert_eq!(deleted.is_err(), loses);
        reading.await.unwrap();
        assert_eq!(names(&catalogue, &account, &ROOT).await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_write_still_invalidates_the_listing() {
    let (site, account, catalogue) = opened(profile());
    let file = site.put_file("f1", "one", &ROOT);
    names(&catalogue, &account, &ROOT).await;
    site.state().delay = Duration::from_secs(1);
    let conditions = Preconditions::default();
    let deleting = changes::delete_file(&catalogue, &account, &file, &conditions);
    assert!(timeout(Duration::from_millis(500), deleting).await.is_err());
    // The site deletes the file although the caller is gone.
    site.state().files.clear();
    site.state().delay = Duration::ZERO;
    sleep(Duration::from_millis(1)).await;
    assert_eq!(names(&catalogue, &account, &ROOT).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn trashed_entries_stay_hidden_until_restored() {
    let (site, account, catalogue) = opened(Profile { delete: DeleteSemantics::Trash, ..profile() });
    let file = site.put_file("f1", "one", &ROOT);
    let folder = site.put_folder("d1", "folder", &ROOT);
    assert_eq!(names(&catalogue, &account, &ROOT).await, ["folder", "one"]);
    changes::delete_file(&catalogue, &account, &file, &Preconditions::default()).await.unwrap();
    assert_eq!(names(&catalogue, &account, &ROOT).await, ["folder"]);
    changes::delete_folder(&catalogue, &account, &folder, changes::Deletion::Recursive, &Preconditions::default())
        .await
        .unwrap();
    assert_eq!(names(&catalogue, &account, &ROOT).await, [""; 0]);
    assert!(emulate::is_empty(&catalogue, &account, &ROOT).await.unwrap());
    advance(Duration::from_secs(31)).await;
    assert_eq!(names(&catalogue, &account, &ROOT).await, [""; 0]);
    // The file is restored from the trash without the gateway, and is then read from the site.
    site.state().files.get_mut(&file).unwrap().trashed = false;
    catalogue.file(&account, &file, Freshness::NoCache).await.unwrap();
    catalogue.listing(&account, &ROOT, Freshness::NoCache).await.unwrap();
    assert_eq!(names(&catalogue, &account, &ROOT).await, ["one"]);
}

pub(super) async fn send_clip(account: &Account) -> Result<File, Problem> {
    let bytes = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"clip"))]);
    let incoming = Incoming {
        name: "clip".parse().unwrap(),
        folder: ROOT,
        content_type: None,
        sha1: None,
        body: IncomingBody::new(Some(4), bytes, Duration::from_secs(30)),
    };
    let terms = Terms { most: 100, spool: Spool::new(std::env::temp_dir(), 0) };
    uploads::receive(account, incoming, terms).await.map(|received| received.file)
}

#[tokio::test(start_paused = true)]
async fn upload_with_a_lost_answer_is_found_and_listed() {
    let (site, account, catalogue) = opened(profile());
    let meanwhile = async {
        sleep(Duration::from_secs(1)).await;
        // Another caller lists the folder while the site is still processing the file.
        assert_eq!(names(&catalogue, &account, &ROOT).await, [""; 0]);
        site.put_file("u1", "clip", &ROOT);
    };
    let (sent, ()) = tokio::join!(send_clip(&account), meanwhile);
    assert_eq!(sent.unwrap().id.as_str(), "u1");
    assert_eq!(names(&catalogue, &account, &ROOT).await, ["clip"]);
}

#[tokio::test(start_paused = true)]
async fn ambiguous_file_is_not_taken_for_a_lost_upload() {
    let (site, account, _catalogue) = opened(profile());
    site.put_file("u1", "clip", &ROOT);
    assert_eq!(send_clip(&account).await.unwrap().id.as_str(), "u1");
    let again = send_clip(&account).await.unwrap_err();
    assert_eq!(again.code(), Code::OutcomeUnknown, "the file belongs to the first upload");

    let (site, account, _catalogue) = opened(profile());
    site.state().hides_dates = true;
    site.put_file("u1", "clip", &ROOT);
    let undated = send_clip(&account).await.unwrap_err();
    assert_eq!(undated.code(), Code::OutcomeUnknown, "the file's age is unknown");
}

async fn page(catalogue: &Catalogue, account: &Arc<Account>, cursor: Option<String>) -> (Vec<String>, Option<String>) {
    let (query, freshness) = (ListQuery::default(), Freshness::Cached);
    let request = PageRequest { query, limit: 2, cursor, freshness, secret: Vec::new() };
    let page = catalogue.page(account, &ROOT, &request).await.unwrap();
    let page: Value = serde_json::from_slice(&page.value.json.concat()).unwrap();
    let names = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
    (names.collect(), page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn walk_is_pinned_after_each_page_then_resumes_fresh() {
    let (site, account, catalogue) = opened(profile());
    for name in ["a", "c", "e", "g", "i", "k"] {
        site.put_file(name, name, &ROOT);
    }
    let (first, cursor) = page(&catalogue, &account, None).await;
    assert_eq!(first, ["a", "c"]);
    for name in ["b", "d", "f"] {
        site.put_file(name, name, &ROOT);
    }
    changes::delete_file(&catalogue, &account, &site.file_id("c"), &Preconditions::default()).await.unwrap();
    advance(Duration::from_secs(14 * 60)).await;
    let (second, cursor) = page(&catalogue, &account, cursor).await;
    assert_eq!(second, ["e", "g"], "from the pinned snapshot");
    advance(Duration::from_secs(14 * 60)).await;
    let (_, again) = page(&catalogue, &account, cursor.clone()).await;
    assert_eq!(again, None, "the last two items of the pinned snapshot");
    advance(Duration::from_secs(16 * 60)).await;
    site.put_file("h", "h", &ROOT);
    assert_eq!(page(&catalogue, &account, cursor).await.0, ["h", "i"], "after the last item of the walk");
}

#[tokio::test(start_paused = true)]
async fn folder_search_continues_where_it_stopped() {
    let (site, account, catalogue) = opened(profile());
    let mut parent = ROOT;
    for depth in 0..300 {
        parent = site.put_folder(&format!("d{depth}"), "deeper", &parent);
    }
    site.state().delay = Duration::from_millis(250);
    let mut tries = 0;
    let found = loop {
        tries += 1;
        match emulate::folder(&catalogue, &account, &parent, Freshness::Cached).await {
            Ok(found) => break found,
            Err(error) => assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true)),
        }
        // After this time every cached listing is stale.
        advance(Duration::from_secs(60)).await;
    };
    assert_eq!((found.value.value.id.as_str(), tries), ("d299", 4));
    let asked = site.asked().len();
    assert!(asked <= 300 + tries, "{asked} listings");
    // The folder's parent is stored, so one listing is enough.
    emulate::folder(&catalogue, &account, &parent, Freshness::Cached).await.unwrap();
    assert!(site.asked().len() <= 1);
    let missing = emulate::folder(&catalogue, &account, &site.folder_id("none"), Freshness::Cached).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::FolderNotFound);
}
