//! Tests of transfers whose listings are incomplete, empty or hostile: nothing is deleted or written that they do not
//! name.

use polyhost_client::transfer::{Existing, Extras, Shape, Transfer, run};
use polyhost_client::{Argument, Exit, Interrupt, Output, Session};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Reply, Scripted, problem};

/// Runs `polyhost sync --delete --yes` at a gateway that lists every folder as `listing`.
async fn sync(listing: Value, from_site: bool, delete_all: bool) -> (Exit, TempDir, Scripted) {
    let scripted = Scripted::start(move |_, _| Reply::json(200, &listing)).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("precious.mp4"), b"x").unwrap();
    let site = Argument::parse("main:".as_ref()).unwrap();
    let local = Argument::Local(folder.path().to_owned());
    let (source, destination) = if from_site { (site, local) } else { (local, site) };
    let transfer = Transfer {
        shape: Shape::Folder,
        existing: Existing::Replace,
        extras: Extras::Delete,
        delete_all,
        ..Transfer::new(vec![source], destination)
    };
    let session = Session::new(scripted.gateway(), Output::Json, Interrupt::default());
    (run(&session, &transfer).await, folder, scripted)
}

#[tokio::test]
async fn source_with_unreadable_entries_deletes_nothing() {
    let nameless = json!({"type": "file", "name": "precious.mp4"});
    for (listing, exit) in [
        (json!({"items": [], "next_cursor": null, "unreadable": 2}), Exit::SomeFailed),
        (json!({"items": [nameless], "next_cursor": null, "unreadable": 0}), Exit::SomeFailed),
        (json!({"items": [], "next_cursor": null, "unreadable": 0}), Exit::Done),
    ] {
        let (ended, folder, _) = sync(listing, true, true).await;
        assert_eq!((ended, folder.path().join("precious.mp4").exists()), (exit, exit != Exit::Done));
    }
}

#[tokio::test]
async fn empty_source_deletes_nothing_unless_confirmed() {
    let (ended, folder, scripted) = sync(json!({"items": [], "unreadable": 0}), true, false).await;
    assert_eq!((ended, folder.path().join("precious.mp4").exists()), (Exit::SomeFailed, true));
    let listings = scripted.received("GET", "/items");
    assert_eq!(listings[0].header("cache-control"), Some("no-cache"));
}

#[tokio::test]
async fn destination_with_unreadable_entries_is_not_changed() {
    let (ended, _, scripted) = sync(json!({"items": [], "unreadable": 1}), false, false).await;
    assert_eq!(ended, Exit::SomeFailed);
    for method in ["POST", "PUT", "DELETE"] {
        assert!(scripted.received(method, "").is_empty(), "{method}");
    }
}

#[tokio::test]
async fn folders_named_by_ids_keep_safe_names() {
    let scripted = Scripted::start(|received, _| match received.target.split('?').next().unwrap() {
        "/v1/accounts/main/folders/116" => Reply::json(200, &json!({"type": "folder", "id": "116", "name": "../x"})),
        "/v1/accounts/main/folders/117" => Reply::json(200, &json!({"type": "folder", "id": "117", "name": "b"})),
        path if path.contains("/files/") => problem(404, "file_not_found", false, None),
        _ => Reply::json(200, &json!({"items": [], "next_cursor": null, "unreadable": 0})),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let sources = ["main:#116", "main:#117"].map(|text| Argument::parse(text.as_ref()).unwrap());
    let transfer = Transfer::new(sources.to_vec(), Argument::Local(folder.path().join("merged")));
    let session = Session::new(scripted.gateway(), Output::Json, Interrupt::default());
    assert_eq!(run(&session, &transfer).await, Exit::Done);
    let entries = std::fs::read_dir(folder.path().join("merged")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["___x", "b"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
