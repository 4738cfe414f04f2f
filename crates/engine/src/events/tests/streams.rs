//! What a stream tells, in which order, until when, and where it takes up again.

use std::time::Duration;

use polyhost_domain::JobState;
use tokio::time::sleep;

use super::{ALL, LONG, World, json, site, states, told};
use crate::phase::Phase;

#[tokio::test(start_paused = true)]
async fn a_stream_tells_of_each_change_and_ends_when_all_has_ended() {
    let world = World::new();
    world.site.put_upload("1", JobState::Queued, 0.0);
    world.site.put_upload("2", JobState::Running, 10.0);
    let mut stream = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(states(&mut stream).await, ["1 queued", "2 running"]);
    assert!(!stream.is_finished());

    world.site.put_upload("2", JobState::Cancelled, 10.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["2 cancelled"]);
    world.site.put_upload("1", JobState::Failed, 100.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["1 failed"]);
    assert!(stream.is_finished());
    assert_eq!(stream.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_is_told_the_latest_state_alone() {
    let world = World::new();
    world.site.put_upload("1", JobState::Queued, 0.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    for percent in 1..=50 {
        world.site.put_upload("1", JobState::Running, f64::from(percent));
        sleep(Duration::from_secs(3)).await;
    }
    let messages = told(&mut stream).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(json(&messages[0])["progress_percent"], 50.0);
}

#[tokio::test(start_paused = true)]
async fn both_kinds_are_told_under_their_names_with_an_id_that_changes_with_each() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    world.site.put_conversion("7", "abc", JobState::Running);
    world.site.put_conversion("8", "abc", JobState::Queued);
    let mut stream = world.watch(&["1"], &["abc"]).await.unwrap();
    let messages = told(&mut stream).await;
    let names: Vec<&str> = messages.iter().map(|message| message.name).collect();
    assert_eq!(names, ["remote_upload.updated", "conversion.updated", "conversion.updated"]);
    let mut ids: Vec<_> = messages.iter().map(|message| message.id.clone().unwrap()).collect();
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    ids.dedup();
    assert_eq!(ids.len(), 3);

    world.site.put_conversion("7", "abc", JobState::Succeeded);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["7 succeeded"]);
    assert!(!stream.is_finished(), "the other conversion of the file goes on");
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_nothing_until_something_changes_at_another_replica_too() {
    let site = site(ALL);
    site.put_upload("1", JobState::Running, 1.0);
    site.put_upload("2", JobState::Running, 2.0);
    let one = World::at(&site);
    let mut stream = one.watch(&["1", "2"], &[]).await.unwrap();
    let last = told(&mut stream).await.pop().unwrap().id.unwrap();
    drop(stream);

    site.touch_uploads(77);
    let other = World::at(&site);
    let mut stream = other.resume(&["1", "2"], &last).await;
    assert!(told(&mut stream).await.is_empty());
    site.put_upload("2", JobState::Running, 3.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["2 running"]);
}

#[tokio::test(start_paused = true)]
async fn who_was_cut_off_in_the_first_round_is_told_the_rest() {
    let world = World::new();
    for id in ["1", "2", "3"] {
        world.site.put_upload(id, JobState::Running, 1.0);
    }
    let messages = told(&mut world.watch(&["1", "2", "3"], &[]).await.unwrap()).await;
    let ids: Vec<String> = messages.into_iter().map(|message| message.id.unwrap()).collect();
    let all = ["1", "2", "3"];
    assert_eq!(states(&mut world.resume(&all, &ids[0]).await).await, ["2 running", "3 running"]);
    assert_eq!(states(&mut world.resume(&all, &ids[1]).await).await, ["3 running"]);
    assert!(states(&mut world.resume(&all, &ids[2]).await).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_stands_for_something_else_has_all_told() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let last = told(&mut world.watch(&["1", "2"], &[]).await.unwrap()).await.pop().unwrap().id.unwrap();
    for other in [&last[..31], "", "nonsense"] {
        assert_eq!(states(&mut world.resume(&["1", "2"], other).await).await.len(), 2, "{other}");
    }
    assert_eq!(states(&mut world.resume(&["1"], &last).await).await, ["1 running"]);
    world.site.put_upload("1", JobState::Running, 2.0);
    sleep(LONG).await;
    assert_eq!(states(&mut world.resume(&["1", "2"], &last).await).await, ["1 running", "2 running"]);
}

#[tokio::test(start_paused = true)]
async fn who_has_seen_the_end_is_told_that_there_is_nothing_more() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    assert!(!stream.is_finished());
    let last = stream.next().await.unwrap().id.unwrap();
    assert_eq!(stream.next().await, None);
    assert!(world.resume(&["1"], &last).await.is_finished());
}

#[tokio::test(start_paused = true)]
async fn streams_and_the_poller_end_at_once_when_the_process_is_draining() {
    let world = World::new();
    for id in ["1", "2"] {
        world.site.put_upload(id, JobState::Running, 1.0);
    }
    let mut waiting = world.watch(&["1"], &[]).await.unwrap();
    let mut telling = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(states(&mut waiting).await, ["1 running"]);
    telling.next().await.unwrap();
    world.site.asked();

    let drain = async { world.phase.send_replace(Phase::Draining) };
    let (ended, _) = tokio::join!(waiting.next(), drain);
    assert_eq!(ended, None);
    assert_eq!(telling.next().await, None, "although there was more to tell");
    world.tasks.close();
    world.tasks.wait().await;

    let mut late = world.watch(&["3"], &[]).await.unwrap();
    assert_eq!(late.next().await, None);
    sleep(LONG).await;
    assert!(world.site.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_cached_of_the_account_is_dropped_once_before_a_success_is_told() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut stream).await, ["1 running"]);
    let before = world.account.generation().await.unwrap();
    sleep(LONG).await;
    assert_eq!(world.account.generation().await.unwrap(), before);

    world.site.put_upload("1", JobState::Succeeded, 100.0);
    let message = stream.next().await.unwrap();
    assert_eq!(json(&message)["state"], "succeeded");
    let after = world.account.generation().await.unwrap();
    assert!(after > before);
    drop(stream);
    assert_eq!(states(&mut world.watch(&["1"], &[]).await.unwrap()).await, ["1 succeeded"]);
    assert_eq!(world.account.generation().await.unwrap(), after, "this success is known");
}

#[tokio::test(start_paused = true)]
async fn messages_that_nobody_reads_any_more_give_up_their_place() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let messages = world.watch(&["1"], &[]).await.unwrap().messages();
    assert_eq!(world.tasks.len(), 1);
    drop(messages);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}
