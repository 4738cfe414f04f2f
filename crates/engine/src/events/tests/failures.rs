//! Tests of failures: the messages and the polling while calls to the site fail.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, JobState};
use tokio::time::sleep;

use super::{LONG, World, json, ready_messages, states};
use crate::problem::Code;
use crate::tests::retryable;

fn unavailable() -> Error {
    retryable(ErrorKind::Unavailable).at(&"pstream".parse().unwrap(), "remotedl/status")
}

#[tokio::test(start_paused = true)]
async fn error_is_sent_once_and_the_stream_continues_afterwards() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let mut stream = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(states(&mut stream).await.len(), 2);

    world.site.fail(unavailable());
    sleep(Duration::from_secs(60)).await;
    let messages = ready_messages(&mut stream).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!((messages[0].name, &messages[0].id), ("error", &None));
    let problem = json(&messages[0]);
    assert_eq!((&problem["code"], &problem["retryable"]), (&"upstream_unavailable".into(), &true.into()));
    assert_eq!((&problem["request_id"], &problem["status"]), (&"id-of-the-request".into(), &503.into()));
    assert_eq!(problem["instance"], "/v1/accounts/main/events");
    assert_eq!(problem["upstream"]["operation"], "remotedl/status");

    world.site.recover();
    world.site.put_upload("2", JobState::Running, 2.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["2 running"]);
    world.site.fail(unavailable());
    sleep(LONG).await;
    assert_eq!(ready_messages(&mut stream).await.len(), 1, "this is a new failure");
}

#[tokio::test(start_paused = true)]
async fn polling_slows_down_on_errors_and_respects_retry_after() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let _stream = world.watch(&["1"], &[]).await.unwrap();
    world.site.asked();
    world.site.fail(unavailable());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.site.asked_at(), [2001, 5002, 9503]);

    let limited = retryable(ErrorKind::RateLimited);
    world.site.fail(limited.with_retry_after(Some(Duration::from_secs(60))));
    sleep(Duration::from_secs(80)).await;
    assert_eq!(world.site.asked_at(), [16_254, 76_255]);
}

#[tokio::test(start_paused = true)]
async fn polling_resumes_after_an_hour_despite_longer_waits() {
    for wait in [Duration::from_secs(24 * 60 * 60), Duration::MAX] {
        let world = World::new();
        world.site.put_upload("1", JobState::Running, 1.0);
        let mut stream = world.watch(&["1"], &[]).await.unwrap();
        let limited = retryable(ErrorKind::RateLimited);
        world.site.fail(limited.with_retry_after(Some(wait)));
        sleep(Duration::from_secs(3)).await;
        world.site.recover();
        world.site.put_upload("1", JobState::Succeeded, 100.0);
        assert_eq!(ready_messages(&mut stream).await.len(), 2, "the state and the failure");
        sleep(Duration::from_secs(60 * 60)).await;
        assert_eq!(states(&mut stream).await, ["1 succeeded"]);
    }
}

#[tokio::test(start_paused = true)]
async fn panic_in_a_round_does_not_end_the_streams() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut stream = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut stream).await, ["1 running"]);
    world.site.panic_once();
    sleep(Duration::from_secs(3)).await;
    world.site.put_upload("1", JobState::Running, 2.0);
    sleep(LONG).await;
    assert_eq!(states(&mut stream).await, ["1 running"]);

    world.site.panic_once();
    let mut new_stream = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut new_stream).await, ["1 running"]);
    sleep(LONG).await;
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    sleep(LONG).await;
    assert_eq!((states(&mut stream).await, states(&mut new_stream).await.len()), (vec!["1 succeeded".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn new_watcher_does_not_shorten_the_sites_wait() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let _stream = world.watch(&["1"], &[]).await.unwrap();
    let limited = retryable(ErrorKind::RateLimited);
    world.site.fail(limited.with_retry_after(Some(Duration::from_secs(60))));
    sleep(Duration::from_secs(3)).await;
    world.site.recover();
    world.site.asked();
    let _new_stream = world.watch(&["2"], &[]).await.unwrap();
    sleep(Duration::from_secs(50)).await;
    assert_eq!(world.site.asked(), ["ids 2"]);
}

#[tokio::test(start_paused = true)]
async fn error_before_the_stream_begins_is_a_response() {
    let world = World::new();
    world.site.fail(unavailable());
    assert_eq!(world.watch(&["1"], &[]).await.err().unwrap().code(), Code::UpstreamUnavailable);
    world.site.recover();
    let missing = world.watch(&["1"], &[]).await.err().unwrap();
    assert_eq!(missing.code(), Code::RemoteUploadNotFound);
    sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn unknown_id_does_not_affect_other_streams() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut good = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut good).await, ["1 running"]);
    assert_eq!(world.watch(&["1", "77"], &[]).await.err().unwrap().code(), Code::RemoteUploadNotFound);
    sleep(LONG).await;
    assert!(ready_messages(&mut good).await.is_empty());
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    sleep(LONG).await;
    assert_eq!(states(&mut good).await, ["1 succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn final_error_ends_the_stream() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let mut forgotten = world.watch(&["1"], &[]).await.unwrap();
    let mut other = world.watch(&["2"], &[]).await.unwrap();
    assert_eq!(states(&mut forgotten).await.len() + states(&mut other).await.len(), 2);
    world.site.remove_upload("1");
    sleep(LONG).await;
    let messages = ready_messages(&mut forgotten).await;
    assert_eq!((messages.len(), &json(&messages[0])["code"]), (1, &"remote_upload_not_found".into()));
    assert_eq!(forgotten.next().await, None);

    assert!(ready_messages(&mut other).await.is_empty());
    world.site.fail(Error::new(ErrorKind::CredentialsRejected));
    sleep(LONG).await;
    let messages = ready_messages(&mut other).await;
    assert_eq!((messages.len(), &json(&messages[0])["code"]), (1, &"upstream_credentials_rejected".into()));
    assert_eq!(other.next().await, None);
    world.site.asked();
    sleep(LONG).await;
    assert!(world.site.asked().is_empty(), "subjects with a final failure are not polled");
}
