//! How often the site is asked, for whom, and with how many questions.

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

/// Counts how often anybody is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_watchers_cost_one_poll_per_interval_and_are_woken_by_changes_alone() {
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
    // Each of them is a task of its own in life, so that none uses up the budget of the others.
    let mut waiting: Vec<BoxFuture<'_, _>> =
        all.iter_mut().map(|subscription| unconstrained(subscription.next()).boxed()).collect();
    // The first look may end with a wake of its own.
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
async fn while_nothing_moves_the_site_is_asked_less_and_less() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut subscription = world.watch(&["1"], &[]).await.unwrap();
    sleep(Duration::from_secs(75)).await;
    // Each answer takes a millisecond.
    assert_eq!(world.site.asked_at(), [0, 2001, 5002, 9503, 16254, 26380, 41381, 56382, 71383]);
    assert_eq!(states(&mut subscription).await, ["1 running"]);

    world.site.put_upload("1", JobState::Running, 2.0);
    sleep(Duration::from_secs(17)).await;
    assert_eq!(world.site.asked_at(), [86_384, 88_385, 91_386]);
    assert_eq!(states(&mut subscription).await, ["1 running"]);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_moves_alone_is_no_change() {
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
async fn a_watcher_of_what_is_known_asks_nothing_and_one_of_something_new_asks_for_that_alone() {
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
    // There is something new, so the pace is that of the beginning.
    sleep(Duration::from_millis(2100)).await;
    assert_eq!(world.site.asked(), ["recent 100"]);
    drop((first, known, new));
}

#[tokio::test(start_paused = true)]
async fn many_remote_uploads_are_one_question_and_only_those_that_are_not_listed_are_asked_for_alone() {
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
async fn a_site_that_lists_none_is_asked_for_each_and_for_a_few_at_a_time() {
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
async fn what_has_ended_is_not_asked_for_again() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let _all = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(world.site.asked(), ["recent 100"]);
    sleep(Duration::from_millis(2100)).await;
    assert_eq!(world.site.asked(), ["ids 2"]);
}

#[tokio::test(start_paused = true)]
async fn conversions_of_many_files_are_one_question() {
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
async fn files_that_a_full_list_leaves_out_are_asked_for_alone() {
    let world = World::new();
    for n in 0..101 {
        world.site.put_conversion(&n.to_string(), &format!("f{n}"), JobState::Running);
    }
    let mut both = world.watch(&[], &["f0", "f100"]).await.unwrap();
    assert_eq!(world.site.asked(), ["conversions all 100", "conversions f100 100"]);
    assert_eq!(states(&mut both).await, ["0 running", "100 running"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_without_conversions_is_waited_for_and_one_that_is_not_there_is_not_found() {
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
async fn the_poller_goes_with_the_last_watcher_and_comes_with_the_next() {
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
async fn who_goes_away_before_the_first_answer_is_forgotten_too() {
    let world = World::at(&site(ALL));
    let subscription = world.sit(&["1"], &[]);
    assert_eq!(world.tasks.len(), 1);
    drop(subscription);
    sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_late_watcher_of_an_account_that_was_left_behind_is_in_nobodys_way() {
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
    assert_eq!((Arc::strong_count(&old), Arc::strong_count(&world.account)), (1, 1), "nobody uses them");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_accounts_that_come_and_go() {
    let mut world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    for _ in 0..100 {
        world.account = world.site.account("user");
        drop(world.watch(&["1"], &[]).await.unwrap());
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.events.feeds.lock().unwrap().len(), 1);
}
