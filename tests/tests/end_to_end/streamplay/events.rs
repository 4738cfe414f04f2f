//! Tests of server-sent events at streamplay, which reports one remote upload per call, and has no conversions.

use std::time::Duration;

use serde_json::json;

use super::world::{World, at, id};
use crate::listener::Listener;

/// The interval at which the site starts a remote upload, and the time that one takes.
const TICK: Duration = Duration::from_secs(2);

async fn add(world: &World, name: &str) -> String {
    let body = json!({"url": format!("https://media.example.org/films/{name}.mov")});
    id(&world.caller.post(&at("remote-uploads"), &body).await.json(202))
}

#[tokio::test]
async fn remote_uploads_are_watched_until_the_last_has_ended() {
    let world = World::start().await;
    let ids = [add(&world, "a").await, add(&world, "b").await];
    world.arrived();
    let path = at(&format!("events?remote_upload={}&remote_upload={}", ids[0], ids[1]));
    let mut stream = Listener::open(&world.caller, &path).await;
    let mut expect = async |place: usize, state: &str| {
        assert_eq!(stream.state().await, (ids[place].clone(), state.to_owned()));
    };
    expect(0, "queued").await;
    expect(1, "queued").await;
    // The polls are concurrent, so they come in any order.
    let mut polled = world.arrived().into_iter().map(|call| call.parameter("scheduled_item_id").unwrap().to_owned());
    let mut polled = [polled.next().unwrap(), polled.next().unwrap()];
    polled.sort();
    assert_eq!(polled, ids);

    world.clock.advance(TICK);
    expect(0, "running").await;
    world.clock.advance(TICK);
    expect(0, "succeeded").await;
    expect(1, "running").await;
    world.arrived();
    world.clock.advance(TICK);
    expect(1, "succeeded").await;
    assert!(stream.next().await.is_none());
    // A finished upload is not polled again.
    world.assert_sent(&[("file/url_upload_status", &[("scheduled_item_id", &ids[1])])]);
    assert_eq!(world.site.logins(), 1);
}

#[tokio::test]
async fn hundred_streams_share_one_poll() {
    let world = World::start().await;
    let id = add(&world, "a").await;
    world.arrived();
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(Listener::open(&world.caller, &at(&format!("events?remote_upload={id}"))).await);
    }
    for stream in &mut streams {
        assert_eq!(stream.state().await, (id.clone(), "queued".to_owned()));
    }
    world.clock.advance(TICK * 2);
    for stream in &mut streams {
        assert_eq!(stream.state().await, (id.clone(), "succeeded".to_owned()));
    }
    assert!(world.operations().len() <= 3);
}

#[tokio::test]
async fn invalid_watch_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let conversion = world.caller.get(&at("events?conversion=12")).await;
    let problem = conversion.problem(422, "capability_unsupported");
    assert!(problem["detail"].as_str().unwrap().contains("conversions.list"), "{problem}");
    for wrong in ["12abc", "0", "null", "012", ""] {
        let answer = world.caller.get(&at(&format!("events?remote_upload={wrong}"))).await;
        answer.problem(404, "remote_upload_not_found");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn watch_of_an_unknown_remote_upload_is_not_found() {
    let world = World::start().await;
    let id = add(&world, "a").await;
    for query in ["remote_upload=77".to_owned(), format!("remote_upload={id}&remote_upload=77")] {
        let problem = world.caller.get(&at(&format!("events?{query}"))).await.problem(404, "remote_upload_not_found");
        assert_eq!(problem["upstream"]["operation"], "file/url_upload_status");
    }
}
