//! Tests of commands that change or watch objects.

use polyhost_client::verbs::rm::{Removal, run as rm};
use polyhost_client::verbs::watch::{Watched, run as watch};
use polyhost_client::{Exit, Interrupt, Location, Output, Session};
use serde_json::json;

use crate::gateway::{Reply, Scripted, problem};

async fn remove(gateway: &Scripted, locations: &[&str]) -> Exit {
    let session = Session::new(gateway.gateway(), Output::Json, Interrupt::default());
    let locations = locations.iter().map(|location| Location::parse(location).unwrap()).collect();
    rm(&session, &Removal { locations, recursive: true, asks: false, dry_run: false }).await
}

#[tokio::test]
async fn deletion_answered_by_a_proxy_is_unknown_and_others_go_on() {
    let gateway = Scripted::start(|received, _| match received.method.as_str() {
        "GET" if received.target.contains("/folders/") => problem(404, "folder_not_found", false, None),
        "GET" => Reply::json(200, &json!({"type": "file", "id": "1", "name": "a.mp4"})),
        _ => Reply::of(524, &[("Content-Type", "text/html")], b"timeout"),
    })
    .await;
    assert_eq!(remove(&gateway, &["main:#1", "main:#2"]).await, Exit::OutcomeUnknown);
    assert_eq!(gateway.received("DELETE", "/files/1").len() + gateway.received("DELETE", "/files/2").len(), 2);
}

#[tokio::test]
async fn id_of_a_file_and_a_folder_is_not_deleted() {
    let object = || Reply::json(200, &json!({"id": "5", "name": "a"}));
    let gateway = Scripted::start(move |_, _| object()).await;
    assert_eq!(remove(&gateway, &["main:#5"]).await, Exit::SomeFailed);
    let unsupported = |_: &_, _| problem(501, "capability_unsupported", false, None);
    let silent = Scripted::start(unsupported).await;
    assert_eq!(remove(&silent, &["main:#5"]).await, Exit::SomeFailed);
    for gateway in [gateway, silent] {
        assert!(gateway.received("DELETE", "/5").is_empty());
    }
}

#[tokio::test]
async fn watch_continues_after_the_stream_ended_early() {
    let event = |state: &str, id: u8| {
        let data = json!({"id": "3", "state": state});
        let text = format!("event: remote_upload.updated\nid: {id}\ndata: {data}\n\n");
        Reply::of(200, &[("Content-Type", "text/event-stream")], text.as_bytes())
    };
    let gateway = Scripted::start(move |received, _| match received.header("last-event-id") {
        None => event("running", 1),
        Some(_) => event("failed", 2),
    })
    .await;
    let session = Session::new(gateway.gateway(), Output::Json, Interrupt::default());
    let watched = Watched { account: "main".to_owned(), remote_uploads: vec!["3".to_owned()], conversions: Vec::new() };
    assert_eq!(watch(&session, &watched).await, Exit::SomeFailed);
    assert_eq!(gateway.received("GET", "/events").len(), 2);
}
