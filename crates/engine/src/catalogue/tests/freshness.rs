//! Tests of freshness: concurrent equal reads make one request, entries are fresh for their TTL, and stale entries
//! serve only as a fallback when the site fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_config::CacheConfig;
use polyhost_domain::{ErrorKind, FolderId};
use tokio::time::{advance, sleep};

use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Source};
use crate::tests::{Site, profile, retryable};

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
async fn thousand_concurrent_misses_make_one_request() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let answers = join_all((0..1000).map(|_| list(&catalogue, &account, Freshness::Cached))).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Ok((1, Source::Miss))).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Ok((1, Source::Collapsed))).count(), 999);
    assert_eq!(site.asked(), ["list root"]);
}

#[tokio::test(start_paused = true)]
async fn read_completes_after_its_caller_is_cancelled() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let reading = list(&catalogue, &account, Freshness::Cached);
    assert!(tokio::time::timeout(LONG / 2, reading).await.is_err());
    sleep(LONG).await;
    assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Ok((1, Source::Hit { ttl_seconds: 30 })));
    assert_eq!(site.asked(), ["list root"]);
}

#[tokio::test(start_paused = true)]
async fn error_is_shared_by_waiters_and_not_cached() {
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
async fn uncached_reads_share_a_request_begun_after_them() {
    let (site, account, catalogue) = opened();
    site.state().delay = LONG;
    let first = list(&catalogue, &account, Freshness::NoCache);
    let others = async {
        sleep(LONG / 2).await;
        site.put_file("f2", "b", &ROOT);
        join_all((0..50).map(|_| list(&catalogue, &account, Freshness::NoCache))).await
    };
    let (_, others) = tokio::join!(first, others);
    // The site may have answered the first request before the other callers' requests, so they may not share it.
    assert!(others.iter().all(|answer| matches!(answer, Ok((2, Source::Requested { .. })))), "{others:?}");
    assert_eq!(site.asked(), ["list root", "list root"]);
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_fresh_for_its_own_ttl() {
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
async fn stale_answer_is_returned_only_if_the_caller_accepts_it() {
    for kind in [ErrorKind::Timeout, ErrorKind::Unavailable, ErrorKind::SiteFailed, ErrorKind::RateLimited] {
        let (site, account, catalogue) = opened();
        list(&catalogue, &account, Freshness::Cached).await.unwrap();
        advance(Duration::from_secs(42)).await;
        site.fail(retryable(kind));
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Ok((1, Source::Stale { ttl_seconds: -12 })));
        assert_eq!(list(&catalogue, &account, Freshness::NoCache).await, Err(kind));
        assert_eq!(list(&catalogue, &account, Freshness::Fresh).await, Err(kind));
        // A write makes the entry invalid, not only stale.
        account.invalidate(&crate::catalogue::Change::added(&ROOT)).await;
        assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(kind));
    }
}

#[tokio::test(start_paused = true)]
async fn answer_past_stale_if_error_is_not_returned() {
    let (site, account, catalogue) = opened();
    list(&catalogue, &account, Freshness::Cached).await.unwrap();
    site.fail(retryable(ErrorKind::Timeout));
    advance(Duration::from_secs(630)).await;
    assert!(list(&catalogue, &account, Freshness::Cached).await.is_ok());
    advance(Duration::from_secs(1)).await;
    assert_eq!(list(&catalogue, &account, Freshness::Cached).await, Err(ErrorKind::Timeout));
}

#[tokio::test(start_paused = true)]
async fn contradicted_answer_is_not_a_stale_fallback() {
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
async fn listing_serves_a_file_once_it_has_all_known_fields() {
    let (site, account, catalogue) = opened();
    let (first, second) = (site.file_id("f1"), site.put_file("f2", "b", &ROOT));
    list(&catalogue, &account, Freshness::Cached).await.unwrap();
    // The catalogue does not know yet which fields this site reports for a single file.
    let known = catalogue.file(&account, &first, Freshness::Cached).await.unwrap();
    assert_eq!(known.value.read(&account).unwrap().folder_id, Some(ROOT), "only the listing reports the folder");
    assert_eq!(site.asked(), ["list root", "files f1"]);
    advance(Duration::from_secs(5)).await;
    let known = catalogue.file(&account, &second, Freshness::Cached).await.unwrap();
    assert_eq!((known.value.read(&account).unwrap().name.as_deref(), known.age.as_secs()), (Some("b"), 5));
    assert_eq!(known.source, Source::Hit { ttl_seconds: 25 });
    assert!(site.asked().is_empty());
    let anew = catalogue.file(&account, &second, Freshness::NoCache).await.unwrap();
    assert_eq!(anew.value.etag(), known.value.etag(), "equal content has equal tags");
    assert_eq!(site.asked(), ["files f2"]);
}

#[tokio::test(start_paused = true)]
async fn cache_stays_below_its_maximum_weight() {
    let site = Site::new(profile());
    let (account, catalogue) = site.opened(&CacheConfig { max_size: 64 << 10, ..CacheConfig::default() });
    for number in 0..100 {
        let folder = site.put_folder(&format!("d{number}"), "d", &ROOT);
        for file in 0..10 {
            site.put_file(&format!("f{number}-{file}"), "a file", &folder);
        }
        catalogue.listing(&account, &folder, Freshness::Cached).await.unwrap();
        assert!(catalogue.0.store.weight() <= 64 << 10);
    }
    assert!(catalogue.0.store.weight() > 32 << 10, "the maximum is nearly used");
}

#[tokio::test(start_paused = true)]
async fn purge_discards_all_entries_of_an_account() {
    let (site, account, catalogue) = opened();
    let file = site.file_id("f1");
    let read = async || {
        list(&catalogue, &account, Freshness::Cached).await.unwrap();
        catalogue.file(&account, &file, Freshness::Cached).await.unwrap();
        catalogue.limits(&account, Freshness::Cached).await.unwrap();
        site.asked().len()
    };
    assert_eq!((read().await, read().await), (3, 0));
    catalogue.purge(&account).await;
    // The catalogue knows by now that the listing has all fields of a file, so the file needs no request.
    assert_eq!((read().await, read().await), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn sweep_removes_entries_that_are_too_old_for_every_use() {
    let (site, account, catalogue) = opened();
    let config = CacheConfig::default();
    list(&catalogue, &account, Freshness::Cached).await.unwrap();
    catalogue.file(&account, &site.file_id("f1"), Freshness::Cached).await.unwrap();
    catalogue.limits(&account, Freshness::Cached).await.unwrap();
    let all = catalogue.weight();

    // Entries that may be a stale fallback stay. The next insertion after the interval of sweeps starts one.
    advance(config.file_ttl.max(config.listing_ttl) + Duration::from_secs(61)).await;
    catalogue.limits(&account, Freshness::NoCache).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(catalogue.weight(), all);

    advance(config.file_ttl.max(config.listing_ttl) + config.stale_if_error).await;
    let limits = catalogue.limits(&account, Freshness::NoCache);
    limits.await.unwrap();
    let swept = async {
        while catalogue.weight() > all / 2 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(600), swept)
        .await
        .expect("the listing, its snapshot and the file are gone");
}
