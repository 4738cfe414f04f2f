//! One question for equal ones, answers that are fresh for their time, and old ones only where the site fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_config::CacheConfig;
use polyhost_domain::{ErrorKind, FolderId};
use tokio::time::{advance, sleep};

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Source};
use crate::testing::{Site, profile, retryable};

const ROOT: FolderId = FolderId::Root;
const LONG: Duration = Duration::from_millis(500);

fn opened() -> (Site, Arc<Account>, Catalogue) {
    let site = Site::new(profile());
    site.put_file("f1", "a", &ROOT);
    let (account, catalogue) = site.opened(&CacheConfig::default());
    (site, account, catalogue)
}

async fn list(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    freshness: Freshness,
) -> Result<(usize, Source), ErrorKind> {
    let known = catalogue.listing(account, &ROOT, freshness).await.map_err(|error| error.kind())?;
    Ok((known.value.len(), known.source))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_who_miss_together_ask_once() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let answers = join_all((0..1000).map(|_| list(&catalogue, &account, Freshness::Cached))).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok((1, Source::Miss))).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok((1, Source::Collapsed))).count(), 999);
    assert_eq!(site.asked(), ["list root"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_outlives_whoever_has_asked_it() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let asking = list(&catalogue, &account, Freshness::Cached);
    assert!(tokio::time::timeout(LONG / 2, asking).await.is_err());
    sleep(LONG).await;
    assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Ok((1, Source::Hit { ttl_seconds: 30 })));
    assert_eq!(site.asked(), ["list root"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_shared_with_those_who_waited_and_with_nobody_else() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    site.fail(retryable(ErrorKind::SiteFailed));
    let answers = join_all((0..10).map(|_| list(&catalogue, &account, Freshness::Cached))).await;
    assert_eq!(answers, vec![Err(ErrorKind::SiteFailed); 10]);
    assert_eq!(site.asked().len(), 1);
    site.recover();
    assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Ok((1, Source::Miss)));
}

#[tokio::test(start_paused = true)]
async fn callers_who_insist_share_a_question_that_is_asked_after_they_came() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let first = list(&catalogue, &account, Freshness::Anew);
    let others = async {
        sleep(LONG / 2).await;
        site.put_file("f2", "b", &ROOT);
        join_all((0..50).map(|_| list(&catalogue, &account, Freshness::Anew))).await
    };
    let (_, others) = tokio::join!(first, others);
    // The site may have answered the first already when the others came.
    assert!(others.iter().all(|answer| matches!(answer, Ok((2, Source::Requested { .. })))), "{others:?}");
    assert_eq!(site.asked(), ["list root", "list root"]);
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_fresh_for_its_own_time() {
    let site = Site::new(profile());
    let file = site.put_file("f1", "a", &ROOT);
    let config = CacheConfig {
        account_ttl: Duration::from_secs(30),
        file_ttl: Duration::from_secs(20),
        listing_ttl: Duration::from_secs(10),
        ..CacheConfig::default()
    };
    let (account, catalogue) = site.opened(&config);
    let read = async || {
        let cached = Freshness::Cached;
        catalogue.listing(&account, &ROOT, cached).await.unwrap();
        catalogue.account(&account, cached).await.unwrap();
        catalogue.limits(&account, cached).await.unwrap();
        let (site_asked, known) = (site.asked(), catalogue.file(&account, &file, cached).await.unwrap());
        ([site_asked, site.asked()].concat(), known.source)
    };
    assert_eq!(read().await.0, ["list root", "account", "limits", "files f1"]);
    assert_eq!(read().await, (vec![], Source::Hit { ttl_seconds: 20 }));
    advance(Duration::from_secs(11)).await;
    assert_eq!(read().await, (vec!["list root".to_owned()], Source::Hit { ttl_seconds: 9 }));
    advance(Duration::from_secs(20)).await;
    assert_eq!(read().await.0, ["list root", "account", "limits"]);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_given_where_the_site_fails_and_the_caller_does_not_insist() {
    for kind in [ErrorKind::Timeout, ErrorKind::Unavailable, ErrorKind::SiteFailed, ErrorKind::RateLimited] {
        let (site, account, catalogue) = opened();
        list(&catalogue, &account, Freshness::Cached).await.unwrap();
        advance(Duration::from_secs(42)).await;
        site.fail(retryable(kind));
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Ok((1, Source::Stale { ttl_seconds: -12 })));
        assert_eq!(list(&catalogue, &account, Freshness::Anew).await, Err(kind));
        assert_eq!(list(&catalogue, &account, Freshness::Fresh).await, Err(kind));
        // After a write it is old in another way.
        account.outdate(&crate::catalogue::Change::added(&ROOT)).await.unwrap();
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(kind));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_old_is_given_to_nobody() {
    let (site, account, catalogue) = opened();
    list(&catalogue, &account, Freshness::Cached).await.unwrap();
    site.fail(retryable(ErrorKind::Timeout));
    advance(Duration::from_secs(630)).await;
    assert!(list(&catalogue, &account, Freshness::Cached).await.is_ok());
    advance(Duration::from_secs(1)).await;
    assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(ErrorKind::Timeout));
}

#[tokio::test(start_paused = true)]
async fn what_the_site_refuses_or_has_lost_does_not_come_back_when_it_fails_next() {
    for kind in [ErrorKind::CredentialsRejected, ErrorKind::Forbidden, ErrorKind::FolderNotFound] {
        let (site, account, catalogue) = opened();
        list(&catalogue, &account, Freshness::Cached).await.unwrap();
        advance(Duration::from_secs(31)).await;
        site.fail(retryable(kind));
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(kind));
        site.fail(retryable(ErrorKind::Timeout));
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(ErrorKind::Timeout), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_shows_a_file_once_it_is_known_to_tell_as_much() {
    let (site, account, catalogue) = opened();
    let (first, second) = (site.file_id("f1"), site.put_file("f2", "b", &ROOT));
    list(&catalogue, &account, Freshness::Cached).await.unwrap();
    // Nobody knows yet what this site tells of a single file.
    let known = catalogue.file(&account, &first, Freshness::Cached).await.unwrap();
    assert_eq!(known.value.value.folder_id, Some(ROOT), "which only the listing tells");
    assert_eq!(site.asked(), ["list root", "files f1"]);
    advance(Duration::from_secs(5)).await;
    let known = catalogue.file(&account, &second, Freshness::Cached).await.unwrap();
    assert_eq!((known.value.value.name.as_deref(), known.age.as_secs()), (Some("b"), 5));
    assert_eq!(known.source, Source::Hit { ttl_seconds: 25 });
    assert!(site.asked().is_empty());
    let anew = catalogue.file(&account, &second, Freshness::Anew).await.unwrap();
    assert_eq!(anew.value.etag, known.value.etag, "equal content has equal tags");
    assert_eq!(site.asked(), ["files f2"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_takes_no_more_room_than_it_may() {
    let site = Site::new(profile());
    let (account, catalogue) = site.opened(&CacheConfig { max_size: 64 << 10, ..CacheConfig::default() });
    for number in 0..100 {
        let folder = site.put_folder(&format!("d{number}"), "d", &ROOT);
        for file in 0..10 {
            site.put_file(&format!("f{number}-{file}"), "a file", &folder);
        }
        catalogue.listing(&account, &folder, Freshness::Cached).await.unwrap();
        assert!(catalogue.0.store.weight().await <= 64 << 10);
    }
    assert!(catalogue.0.store.weight().await > 32 << 10, "and not much less");
}

#[tokio::test(start_paused = true)]
async fn a_purge_forgets_all_of_one_account() {
    let (site, account, catalogue) = opened();
    let file = site.file_id("f1");
    let read = async || {
        list(&catalogue, &account, Freshness::Cached).await.unwrap();
        catalogue.file(&account, &file, Freshness::Cached).await.unwrap();
        catalogue.limits(&account, Freshness::Cached).await.unwrap();
        site.asked().len()
    };
    assert_eq!((read().await, read().await), (3, 0));
    catalogue.purge(&account).await.unwrap();
    // By now it is known that the listing tells all there is of a file.
    assert_eq!((read().await, read().await), (2, 0));
}
