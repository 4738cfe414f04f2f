//! Tests of server-sent events about remote uploads and conversions.

use std::time::{Duration, Instant};

use polyhost_end_to_end::Gateway;
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use crate::listener::Listener;
use crate::world::{KEY, World, at, configuration};

const URL: &str = "https://media.example.org/films/bunny.mov";

async fn add(world: &World, url: &str) -> String {
    let added = world.caller.post(&at("remote-uploads"), &json!({"url": url})).await.json(202);
    added["id"].as_str().unwrap().to_owned()
}

fn watching(id: &str) -> String {
    at(&format!("events?remote_upload={id}"))
}

#[tokio::test]
async fn remote_upload_is_watched_from_start_to_end() {
    // The request timeout does not end a stream.
    let world = World::configured(|configuration| configuration.server("request_timeout = \"3s\"")).await;
    let id = add(&world, URL).await;
    world.caller.get(&at("folders/root/items")).await.status(200);
    world.arrived();
    let mut stream = Listener::open(&world.caller, &watching(&id)).await;
    let queued = stream.object("remote_upload.updated").await;
    assert_eq!(stream.retry.as_deref(), Some("3000"));
    let read = world.caller.get(&at(&format!("remote-uploads/{id}"))).await.json(200);
    assert_eq!((&queued.data, &queued.data["state"]), (&read, &json!("queued")));
    let first = world.operations();
    assert!(first.len() >= 2 && first.iter().all(|operation| operation == "remotedl/status"), "{first:?}");

    world.clock.advance(Duration::from_secs(3));
    let running = stream.object("remote_upload.updated").await;
    assert_eq!((&running.data["state"], &running.data["progress_percent"]), (&json!("running"), &json!(25.0)));
    assert_ne!(running.id, queued.id);

    world.clock.advance(Duration::from_secs(10));
    let done = stream.object("remote_upload.updated").await;
    assert_eq!((&done.data["id"], &done.data["state"]), (&json!(id), &json!("succeeded")));
    assert!(stream.next().await.is_none());
    // Two polls, unless the machine delayed this test.
    let rest = world.operations();
    assert!((2..=4).contains(&rest.len()), "{rest:?}");

    // The cached listing of the folder was invalidated.
    let items = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!(items[0]["id"], done.data["file_id"]);
    let again = world.caller.request("GET", &watching(&id)).header("last-event-id", done.id.unwrap());
    world.caller.send(again).await.status(204);
}

#[tokio::test]
async fn finished_remote_upload_invalidates_its_folder_once() {
    let world = World::start().await;
    let id = add(&world, URL).await;
    assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty());
    world.clock.advance(Duration::from_secs(60));
    assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty(), "the listing is cached");
    let cache = async |path: &str| {
        world.caller.get(&at(path)).await.json(200);
        let listed = world.caller.get(&at("folders/root/items")).await.status(200);
        listed.header("cache-status").unwrap().to_owned()
    };
    assert!(cache(&format!("remote-uploads/{id}")).await.contains("fwd=uri-miss"));
    for path in [&format!("remote-uploads/{id}"), "remote-uploads"] {
        assert!(cache(path).await.contains("hit"), "{path}");
    }
}

#[tokio::test]
async fn all_streams_of_an_account_share_one_poll() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(add(&world, &format!("{URL}?n={n}")).await);
    }
    let mut streams = Vec::new();
    for _ in 0..10 {
        for id in &ids {
            streams.push(Listener::open(&world.caller, &watching(id)).await);
        }
    }
    for stream in &mut streams {
        assert_eq!(stream.state().await.1, "queued");
    }
    world.arrived();
    world.clock.advance(Duration::from_secs(60));
    for stream in &mut streams {
        assert_eq!(stream.state().await.1, "succeeded");
        assert!(stream.next().await.is_none());
    }
    world.assert_sent(&[("remotedl/status", &[("limit", "100")])]);
}

#[tokio::test]
async fn one_stream_watches_conversions_and_remote_uploads() {
    let world = World::start().await;
    let upload = add(&world, URL).await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let path = at(&format!("events?conversion={file}&remote_upload={upload}"));
    let mut stream = Listener::open(&world.caller, &path).await;
    assert_eq!(stream.state().await, (upload.clone(), "queued".to_owned()));
    let queued = stream.object("conversion.updated").await.data;
    assert_eq!((&queued["file_id"], &queued["state"]), (&json!(file), &json!("queued")));

    world.clock.advance(Duration::from_secs(60));
    assert_eq!(stream.state().await, (upload, "succeeded".to_owned()));
    let done = stream.object("conversion.updated").await.data;
    assert_eq!((&done["id"], &done["state"]), (&queued["id"], &json!("succeeded")));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn resumed_stream_at_another_replica_gets_only_new_events() {
    let world = World::start().await;
    let (one, other) = (add(&world, URL).await, add(&world, "https://example.org/b.mov").await);
    let path = at(&format!("events?remote_upload={one}&remote_upload={other}"));
    let mut stream = Listener::open(&world.caller, &path).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(stream.object("remote_upload.updated").await.id.unwrap());
    }
    drop(stream);

    let gateway = Gateway::start(&configuration(&world.site)).await;
    let replica = gateway.caller(KEY);
    let mut resumed = Listener::resume(&replica, &path, Some(&ids[0])).await;
    assert_eq!(resumed.state().await, (other.clone(), "queued".to_owned()));
    assert!(resumed.is_silent().await);
    let reordered = at(&format!("events?remote_upload={other}&remote_upload={one}"));
    let mut whole = Listener::resume(&replica, &reordered, Some(&ids[1])).await;
    assert!(whole.is_silent().await);
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(whole.state().await, (one, "running".to_owned()));
    assert_eq!(whole.state().await, (other, "running".to_owned()));
}

#[tokio::test]
async fn invalid_watch_is_refused_before_anything_is_sent() {
    let world = World::configured(|configuration| configuration.client("job", "key-of-job", &["*"], &["write"])).await;
    let many = |name: &str, count: usize| (0..count).map(|n| format!("{name}={n}&")).collect::<String>();
    let cases = [
        (String::new(), vec!["remote_upload"]),
        ("remote_upload=1&conversion=a&conversion=a".to_owned(), vec!["conversion"]),
        (many("remote_upload", 101), vec!["remote_upload"]),
        (many("conversion", 101) + "colour=red", vec!["colour"]),
    ];
    for (query, parameters) in cases {
        assert_eq!(world.caller.get(&at(&format!("events?{query}"))).await.faults("invalid_request"), parameters);
    }
    for (query, code) in [
        ("remote_upload=a%20b", "remote_upload_not_found"),
        ("remote_upload=1&conversion=..", "file_not_found"),
        ("conversion=", "file_not_found"),
    ] {
        world.caller.get(&at(&format!("events?{query}"))).await.problem(404, code);
    }
    let writer = world.gateway.caller("key-of-job");
    writer.get(&watching("1")).await.problem(403, "forbidden");
    world.gateway.keyless().get(&watching("1")).await.problem(401, "unauthenticated");
    world.caller.get("/v1/accounts/nobody/events?remote_upload=1").await.problem(404, "account_not_found");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn watch_of_an_unknown_object_is_not_found() {
    let world = World::start().await;
    let id = add(&world, URL).await;
    world.arrived();
    for (query, code) in [
        ("remote_upload=77".to_owned(), "remote_upload_not_found"),
        (format!("remote_upload={id}&remote_upload=77"), "remote_upload_not_found"),
        ("conversion=nothing".to_owned(), "file_not_found"),
    ] {
        world.caller.get(&at(&format!("events?{query}"))).await.problem(404, code);
    }
    world.inject("remotedl/status", Fault::http(503));
    world.caller.get(&watching(&id)).await.problem(502, "upstream_error");
}

#[tokio::test]
async fn stream_reports_errors_and_ends_only_on_permanent_ones() {
    let world = World::start().await;
    let id = add(&world, URL).await;
    let mut stream = Listener::open(&world.caller, &watching(&id)).await;
    assert_eq!(stream.state().await.1, "queued");
    world.site.faults().add(Rule::new("remotedl/status", Fault::http(503)).times(1));
    let problem = stream.object("error").await.data;
    assert_eq!((&problem["code"], &problem["retryable"]), (&json!("upstream_error"), &json!(true)));
    assert_eq!(problem["instance"], at("events"));
    assert_eq!(problem["request_id"], json!(stream.request_id()));
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(stream.state().await.1, "running");

    world.inject("remotedl/status", Fault::envelope(404));
    let problem = stream.object("error").await.data;
    assert_eq!((&problem["code"], &problem["retryable"]), (&json!("remote_upload_not_found"), &json!(false)));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn closed_stream_stops_the_polling_at_once() {
    let world = World::start().await;
    let id = add(&world, URL).await;
    world.arrived();
    for _ in 0..3 {
        let mut stream = Listener::open(&world.caller, &watching(&id)).await;
        assert_eq!(stream.state().await.1, "queued");
        // While a stream is open, its last poll answers at once, without a call.
        assert!(!world.operations().is_empty(), "no stream is open, so the site must be called");
        drop(stream);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

#[tokio::test]
async fn streams_end_at_once_on_shutdown() {
    let world = World::start().await;
    let id = add(&world, URL).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = Listener::open(&world.caller, &watching(&id)).await;
        assert_eq!(stream.state().await.1, "queued");
        streams.push(stream);
    }
    let stopped = Instant::now();
    let ended = world.gateway.stop().await;
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("all requests finished"), "{}", ended.stderr);
    for stream in &mut streams {
        assert!(stream.next().await.is_none());
    }
}
