//! What is told, and done, when the site cannot be asked.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, JobState};
use tokio::time::sleep;

use super::{LONG, World, json, states, told};
use crate::problem::Code;
use crate::testing::retryable;

fn away() -> Error {
    retryable(ErrorKind::Unavailable).at(&"pstream".parse().unwrap(), "remotedl/status")
}

#[tokio::test(start_paused = true)]
async fn an_error_is_told_once_and_the_stream_goes_on_when_the_site_is_back() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let mut stream = world.watch(&["1", "2"], &[]).await.unwrap();
    assert_eq!(states(&mut stream).await.len(), 2);

    world.site.fail(away());
    sleep(Duration::from_secs(60)).await;
    let messages = told(&mut stream).await;
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
    world.site.fail(away());
    sleep(LONG).await;
    assert_eq!(told(&mut stream).await.len(), 1, "this is another one");
}

#[tokio::test(start_paused = true)]
async fn while_the_site_fails_it_is_asked_less_and_less_and_not_before_it_says() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let _stream = world.watch(&["1"], &[]).await.unwrap();
    world.site.asked();
    world.site.fail(away());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.site.asked_at(), [2001, 5002, 9503]);

    let limited = retryable(ErrorKind::RateLimited);
    world.site.fail(limited.with_retry_after(Some(Duration::from_secs(60))));
    sleep(Duration::from_secs(80)).await;
    assert_eq!(world.site.asked_at(), [16_254, 76_255]);
}

#[tokio::test(start_paused = true)]
async fn however_long_the_site_wants_to_be_left_alone_it_is_asked_again_after_ten_minutes() {
    for wait in [Duration::from_secs(24 * 60 * 60), Duration::MAX] {
        let world = World::new();
        world.site.put_upload("1", JobState::Running, 1.0);
        let mut stream = world.watch(&["1"], &[]).await.unwrap();
        let limited = retryable(ErrorKind::RateLimited);
        world.site.fail(limited.with_retry_after(Some(wait)));
        sleep(Duration::from_secs(3)).await;
        world.site.recover();
        world.site.put_upload("1", JobState::Succeeded, 100.0);
        assert_eq!(told(&mut stream).await.len(), 2, "the state, and the trouble");
        sleep(Duration::from_secs(10 * 60)).await;
        assert_eq!(states(&mut stream).await, ["1 succeeded"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_does_not_end_the_news_of_all_who_watch() {
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
    let mut newcomer = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut newcomer).await, ["1 running"]);
    sleep(LONG).await;
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    sleep(LONG).await;
    assert_eq!((states(&mut stream).await, states(&mut newcomer).await.len()), (vec!["1 succeeded".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_does_not_bring_forward_what_the_site_has_put_off() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let _stream = world.watch(&["1"], &[]).await.unwrap();
    let limited = retryable(ErrorKind::RateLimited);
    world.site.fail(limited.with_retry_after(Some(Duration::from_secs(60))));
    sleep(Duration::from_secs(3)).await;
    world.site.recover();
    world.site.asked();
    let _newcomer = world.watch(&["2"], &[]).await.unwrap();
    sleep(Duration::from_secs(50)).await;
    assert_eq!(world.site.asked(), ["ids 2"]);
}

#[tokio::test(start_paused = true)]
async fn before_the_stream_has_begun_an_error_is_an_answer() {
    let world = World::new();
    world.site.fail(away());
    assert_eq!(world.watch(&["1"], &[]).await.err().unwrap().code(), Code::UpstreamUnavailable);
    world.site.recover();
    let missing = world.watch(&["1"], &[]).await.err().unwrap();
    assert_eq!(missing.code(), Code::RemoteUploadNotFound);
    sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_unknown_id_does_not_spoil_the_streams_of_others() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    let mut good = world.watch(&["1"], &[]).await.unwrap();
    assert_eq!(states(&mut good).await, ["1 running"]);
    assert_eq!(world.watch(&["1", "77"], &[]).await.err().unwrap().code(), Code::RemoteUploadNotFound);
    sleep(LONG).await;
    assert!(told(&mut good).await.is_empty());
    world.site.put_upload("1", JobState::Succeeded, 100.0);
    sleep(LONG).await;
    assert_eq!(states(&mut good).await, ["1 succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn after_an_error_that_will_not_pass_the_stream_ends() {
    let world = World::new();
    world.site.put_upload("1", JobState::Running, 1.0);
    world.site.put_upload("2", JobState::Running, 1.0);
    let mut forgotten = world.watch(&["1"], &[]).await.unwrap();
    let mut other = world.watch(&["2"], &[]).await.unwrap();
    assert_eq!(states(&mut forgotten).await.len() + states(&mut other).await.len(), 2);
    world.site.remove_upload("1");
    sleep(LONG).await;
    let messages = told(&mut forgotten).await;
    assert_eq!((messages.len(), &json(&messages[0])["code"]), (1, &"remote_upload_not_found".into()));
    assert_eq!(forgotten.next().await, None);

    assert!(told(&mut other).await.is_empty());
    world.site.fail(Error::new(ErrorKind::CredentialsRejected));
    sleep(LONG).await;
    let messages = told(&mut other).await;
    assert_eq!((messages.len(), &json(&messages[0])["code"]), (1, &"upstream_credentials_rejected".into()));
    assert_eq!(other.next().await, None);
    world.site.asked();
    sleep(LONG).await;
    assert!(world.site.asked().is_empty(), "nobody asks for what will not be told");
}
