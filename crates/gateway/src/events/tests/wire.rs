//! What a stream looks like on the wire.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures_util::StreamExt as _;
use polyhost_domain::{Error, ErrorKind, JobState};
use tokio::time::Instant;

use super::World;
use crate::routes::events::response;

async fn next(body: &mut BodyDataStream) -> String {
    let chunk = body.next().await.expect("the stream goes on").unwrap();
    String::from_utf8(chunk.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_written_line_by_line_and_is_never_silent_for_long() {
    let world = World::new();
    world.site.upload("1", JobState::Running, 1.0);
    let answer = response(world.watch(&["1"], &[]).await.unwrap(), std::future::pending());
    for (name, value) in
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
    {
        assert_eq!(answer.headers()[name], value);
    }
    let mut body = answer.into_body().into_data_stream();
    assert_eq!(next(&mut body).await, "retry: 3000\n\n");
    let event = next(&mut body).await;
    let lines: Vec<&str> = event.lines().collect();
    assert_eq!((lines.len(), lines[0]), (4, "event: remote_upload.updated"));
    assert!(lines[1].starts_with("id: ") && lines[2].starts_with("data: {\"id\":\"1\","), "{event}");

    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(next(&mut body).await, ": nothing new\n\n");
        assert!(began.elapsed() <= Duration::from_millis(15_002), "{:?}", began.elapsed());
    }
    world.site.fail(Error::new(ErrorKind::CredentialsRejected));
    let mut event = next(&mut body).await;
    if event.starts_with(':') {
        event = next(&mut body).await;
    }
    assert!(event.starts_with("event: error\ndata: {\"type\":\"/problems/"), "{event}");
    assert!(body.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_reads_any_more_gives_up_its_place() {
    let world = World::new();
    world.site.upload("1", JobState::Running, 1.0);
    let answer = response(world.watch(&["1"], &[]).await.unwrap(), std::future::pending());
    assert_eq!(world.tasks.len(), 1);
    drop(answer);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(world.tasks.is_empty());
}
