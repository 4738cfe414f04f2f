//! Tests of streams: which messages they send, in which order, when they end, and where they resume.

use std::time::Duration;

use polyhost_domain::JobState;
use tokio::time::sleep;

use super::{ALL, LONG, World, json, ready_messages, site, states};
use crate::phase::Phase;

#[tokio::test(start_paused = true)]
async fn stream_sends_each_change_and_ends_when_all_are_final() {
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
async fn slow_reader_gets_only_the_latest_state() {
    let world = World::new();
    world.site.put_upload("1", JobState::Queued, 0.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    for percent in 1..=50 {
        world.site.put_upload("1", JobState::Running, f64::from(percent));
        sleep(Duration::from_secs(3)).await;
    }
    let messages = ready_messages(&mut stream).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(json(&messages[0])["progress_percent"], 50.0);
}

#[tokio::test(start_paused = true)]
async fn both_kinds_of_events_have_their_names_and_distinct_ids() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    world.site.put_conversion("7", "abc", JobState::Running);
    world.site.put_conversion("8", "abc", JobState::Queued);
    let mut stream = world.watch(&["1"], &["abc"]).await.unwrap();
    let messages = ready_messages(&mut stream).await;
    let names: Vec<&str> = messages.iter().map(|message| message.name).collect();
    assert_eq!(names, ["remote_upload.updated", "conversion.updated", "conversion.updated"]);
    let mut ids: Vec<_> = messages.iter().map(|message| message.id.clone().unwrap()).collect();
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    ids.dedup();
    assert_eq!(ids.len(), 3);

    world.site.put_conversion("7", "abc", JobState::Succeeded);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["7 succeeded"]);
    assert!(!stream.is_finished(), "the other conversion of the file is still running");
}

#[tokio::test(start_paused = true)]
async fn stream_resumed_at_another_replica_sends_only_changes() {
    let site = site(ALL);
    site.put_upload("1", JobState::Running, 1.0);
    site.put_upload("2", JobState::Running, 2.0);
    let one = World::at(&site);
    let mut stream = one.watch(&["1", "2"], &[]).await.unwrap();
    let last = ready_messages(&mut stream).await.pop().unwrap().id.unwrap();
    drop(stream);

    site.touch_uploads(77);
    let other = World::at(&site);
    let mut stream = other.resume(&["1", "2"], &last).await;
    assert!(ready_messages(&mut stream).await.is_empty());
    site.put_upload("2", JobState::Running, 3.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["2 running"]);
}

#[tokio::test(start_paused = true)]
async fn stream_cut_off_among_first_states_resumes_with_the_rest() {
    let world = World::new();
    for id in ["1", "2", "3"] {
        world.site.put_upload(id, JobState::Running, 1.0);
    }
    let messages = ready_messages(&mut world.watch(&["1", "2", "3"], &[]).await.unwrap()).await;
    let ids: Vec<String> = messages.into_iter().map(|message| message.id.unwrap()).collect();
    let all = ["1", "2", "3"];
    assert_eq!(states(&mut world.resume(&all, &ids[0]).await).await, ["2 running", "3 running"]);
    assert_eq!(states(&mut world.resume(&all, &ids[1]).await).await, ["3 running"]);
    assert!(states(&mut world.resume(&all, &ids[2]).await).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn unknown_or_outdated_event_id_sends_all_states() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let last = ready_messages(&mut world.watch(&["1", "2"], &[]).await.unwrap()).await.pop().unwrap().id.unwrap();
    for other in [&last[..31], "", "nonsense"] {
        assert_eq!(states(&mut world.resume(&["1", "2"], other).await).await.len(), 2, "{other}");
    }
    assert_eq!(states(&mut world.resume(&["1"], &last).await).await, ["1 running"]);
    world.site.put_upload("1", JobState::Running, 2.0);
    sleep(LONG).await;
    assert_eq!(states(&mut world.resume(&["1", "2"], &last).await).await, ["1 running", "2 running"]);
}

#[tokio::test(start_paused = true)]
async fn stream_resumed_after_its_end_is_finished() {
    let world = World::new();
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    assert!(!stream.is_finished());
    let last = stream.next().await.unwrap().id.unwrap();
    assert_eq!(stream.next().await, None);
    assert!(world.resume(&["1"], &last).await.is_finished());
}

#[tokio::test(start_paused = true)]
async fn draining_ends_streams_and_the_poller_at_once() {
    let world = World::new();
    for id in ["1", "2"] {
        world.site.put_upload(id, JobState::Running, 1.0);
    }
    let mut waiting = world.watch(&["1"], &[]).await.unwrap();
    let mut sending = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(states(&mut waiting).await, ["1 running"]);
    sending.next().await.unwrap();
    world.site.asked();

    let drain = async { world.phase.send_replace(Phase::Draining) };
    let (ended, _) = tokio::join!(waiting.next(), drain);
    assert_eq!(ended, None);
    assert_eq!(sending.next().await, None, "although there was more to send");
    world.tasks.close();
    world.tasks.wait().await;

    let mut late = world.watch(&["3"], &[]).await.unwrap();
    assert_eq!(late.next().await, None);
    sleep(LONG).await;
    assert!(world.site.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn success_invalidates_the_cache_once_before_its_event() {
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
    assert_eq!(world.account.generation().await.unwrap(), after, "the success was already known");
}

#[tokio::test(start_paused = true)]
async fn dropped_message_stream_ends_its_subscription() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let messages = world.watch(&["1"], &[]).await.unwrap().messages();
    assert_eq!(world.tasks.len(), 1);
    drop(messages);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}
