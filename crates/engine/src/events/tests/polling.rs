//! Tests of polling: the interval, the subjects and the number of the poller's calls to the site.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, try_join_all};
use polyhost_domain::{Capability, FolderId, JobState};
use tokio::task::unconstrained;
use tokio::time::sleep;

use super::{ALL, LONG, World, site, states};
use crate::problem::Code;

/// A waker that counts its wakes.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_watchers_share_polls_and_wake_on_changes() {
    const WATCHERS: usize = 10_000;
    let world = World::new();
    world.site.put_upload("1", JobState::Queued, 0.0);
    let mut all = try_join_all((0..WATCHERS).map(|_| world.watch(&["1"], &[]))).await.unwrap();
    assert_eq!(world.site.asked(), ["ids 1"]);
    for subscription in &mut all {
        subscription.next().now_or_never().unwrap().unwrap();
    }

    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    // In production, each is a task with its own coop budget. `unconstrained` keeps them from sharing one budget here.
    let mut waiting: Vec<BoxFuture<'_, _>> =
        all.iter_mut().map(|subscription| unconstrained(subscription.next()).boxed()).collect();
    // The first poll may wake the task itself.
    for _ in 0..2 {
        assert!(waiting.iter_mut().all(|next| next.as_mut().poll(&mut context).is_pending()));
    }
    wakes.0.store(0, Ordering::Relaxed);
    sleep(Duration::from_secs(17)).await;
    assert_eq!(world.site.asked().len(), 4, "after 2, 5, 9.5 and 16.25 seconds");
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0);

    world.site.put_upload("1", JobState::Running, 1.0);
    sleep(LONG).await;
    assert_eq!(wakes.0.load(Ordering::Relaxed), WATCHERS);
    for next in &mut waiting {
        assert!(matches!(next.as_mut().poll(&mut context), Poll::Ready(Some(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn polling_slows_down_while_nothing_changes() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut subscription = world.watch(&["1"], &[]).await.unwrap();
    sleep(Duration::from_secs(75)).await;
    // Each response takes a millisecond.
    assert_eq!(world.site.asked_at(), [0, 2001, 5002, 9503, 16254, 26380, 41381, 56382, 71383]);
    assert_eq!(states(&mut subscription).await, ["1 running"]);

    world.site.put_upload("1", JobState::Running, 2.0);
    sleep(Duration::from_secs(17)).await;
    assert_eq!(world.site.asked_at(), [86_384, 88_385, 91_386]);
    assert_eq!(states(&mut subscription).await, ["1 running"]);
}

#[tokio::test(start_paused = true)]
async fn change_of_the_update_time_alone_is_no_event() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut subscription = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut subscription).await, ["1 running"]);
    for second in 1..20 {
        world.site.touch_uploads(second);
        sleep(Duration::from_secs(1)).await;
    }
    assert!(states(&mut subscription).await.is_empty());
    assert_eq!(world.site.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn new_watcher_polls_only_unknown_subjects() {
    let world = World::new();
    for id in ["1", "2", "3"] {
        world.site.put_upload(id, JobState::Running, 1.0);
    }
    let first = world.watch(&["1", "2"], &[]).await.unwrap();
    sleep(Duration::from_secs(40)).await;
    world.site.asked();
    let known = world.watch(&["2"], &[]).await.unwrap();
    assert!(world.site.asked().is_empty());
    let new = world.watch(&["1", "3"], &[]).await.unwrap();
    assert_eq!(world.site.asked(), ["ids 3"]);
    // The new subject is a change, so polling is fast again.
    sleep(Duration::from_millis(2100)).await;
    assert_eq!(world.site.asked(), ["recent 100"]);
    drop((first, known, new));
}

#[tokio::test(start_paused = true)]
async fn remote_uploads_are_listed_and_only_unlisted_ones_read_alone() {
    let world = World::new();
    for n in 100..250 {
        world.site.put_upload(&n.to_string(), JobState::Running, 1.0);
    }
    let _all = world.watch(&["249", "150", "103", "101"], &[]).await.unwrap();
    let mut asked = world.site.asked();
    asked.sort();
    assert_eq!(asked, ["ids 101", "ids 103", "recent 100"]);
}

#[tokio::test(start_paused = true)]
async fn remote_uploads_without_list_are_read_one_by_one() {
    let site = site(&[Capability::RemoteUploadsRead]);
    let ids: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for id in &ids {
        site.put_upload(id, JobState::Running, 1.0);
    }
    let world = World::at(&site);
    let _all = world.watch(&ids, &[]).await.unwrap();
    assert_eq!(site.asked().len(), 50);
    assert_eq!(site.most_under_way(), 8);
}

#[tokio::test(start_paused = true)]
async fn finished_upload_is_not_polled_again() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let _all = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(world.site.asked(), ["recent 100"]);
    sleep(Duration::from_millis(2100)).await;
    assert_eq!(world.site.asked(), ["ids 2"]);
}

#[tokio::test(start_paused = true)]
async fn conversions_of_many_files_are_read_with_one_call() {
    let world = World::new();
    for n in 0..3 {
        let file = format!("f{n}");
        world.site.put_file(&file, "clip", &FolderId::Root);
        world.site.put_conversion(&n.to_string(), &file, JobState::Running);
    }
    let mut one = world.watch(&[], &["f1"]).await.unwrap();
    assert_eq!(world.site.asked(), ["conversions f1 100"]);
    assert_eq!(states(&mut one).await, ["1 running"]);
    drop(one);
    let mut many = world.watch(&[], &["f0", "f2"]).await.unwrap();
    assert_eq!(world.site.asked(), ["conversions all 100"]);
    assert_eq!(states(&mut many).await, ["0 running", "2 running"]);
}

#[tokio::test(start_paused = true)]
async fn files_missing_from_a_full_list_are_read_alone() {
    let world = World::new();
    for n in 0..101 {
        world.site.put_conversion(&n.to_string(), &format!("f{n}"), JobState::Running);
    }
    let mut both = world.watch(&[], &["f0", "f100"]).await.unwrap();
    assert_eq!(world.site.asked(), ["conversions all 100", "conversions f100 100"]);
    assert_eq!(states(&mut both).await, ["0 running", "100 running"]);
}

#[tokio::test(start_paused = true)]
async fn file_without_conversions_waits_and_missing_file_is_404() {
    let world = World::new();
    world.site.put_file("new", "clip", &FolderId::Root);
    let mut subscription = world.watch(&[], &["new"]).await.unwrap();
    assert_eq!(world.site.asked(), ["conversions new 100", "files new"]);
    assert!(states(&mut subscription).await.is_empty());
    world.site.put_conversion("7", "new", JobState::Succeeded);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(states(&mut subscription).await, ["7 succeeded"]);
    assert_eq!(subscription.next().await, None);

    let missing = world.watch(&[], &["new", "gone"]).await.err().unwrap();
    assert_eq!(missing.code(), Code::FileNotFound);
    assert!(missing.detail().contains("gone"));
}

#[tokio::test(start_paused = true)]
async fn poller_stops_with_the_last_watcher_and_restarts() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let all = join_all((0..3).map(|_| world.watch(&["1"], &[]))).await;
    assert_eq!(world.tasks.len(), 1);
    drop(all);
    sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
    world.site.asked();
    sleep(LONG).await;
    assert!(world.site.asked().is_empty());

    let _again = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!((world.tasks.len(), world.site.asked().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn subscription_dropped_before_the_first_answer_is_removed() {
    let world = World::at(&site(ALL));
    let subscription = world.subscribe(&["1"], &[]);
    assert_eq!(world.tasks.len(), 1);
    drop(subscription);
    sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn watcher_of_a_retired_account_has_its_own_poller() {
    let mut world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let late = world.watch(&["1"], &[]).await.unwrap();
    let new = world.site.account("user");
    let old = std::mem::replace(&mut world.account, new);
    let one = world.watch(&["1"], &[]).await.unwrap();
    let other = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(world.tasks.len(), 2, "each account has a poller, which all its watchers share");

    drop((late, one, other));
    sleep(Duration::from_millis(1)).await;
    assert_eq!((Arc::strong_count(&old), Arc::strong_count(&world.account)), (1, 1), "no feed holds them");
}

#[tokio::test(start_paused = true)]
async fn feeds_of_removed_accounts_are_dropped() {
    let mut world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    for _ in 0..100 {
        world.account = world.site.account("user");
        drop(world.watch(&["1"], &[]).await.unwrap());
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.events.feeds.lock().unwrap().len(), 1);
}
