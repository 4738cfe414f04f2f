//! Tests of files at streamplay: reading, changing and deleting them.

use polyhost_end_to_end::body;
use polyhost_sandbox::Fault;
use polyhost_sandbox::yetishare::Escaping;
use serde_json::{Value, json};

use super::world::{World, at, id};

fn path(file: &str) -> String {
    at(&format!("files/{file}"))
}

#[tokio::test]
async fn file_is_read_in_one_call_with_every_reported_field() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let id = world.site.add_file(&folder, "Big bunny-720p.mp4", b"hello");
    world.site.set_downloads(&id, 5865);
    let file = world.caller.get(&path(&id)).await.json(200);
    body::file(&file);
    let code = file["short_code"].as_str().unwrap();
    let page = format!("{}/{code}", world.site.base_url().replace("/api/v2", ""));
    assert_eq!(
        file,
        json!({
            "type": "file", "id": id, "account": "plays", "provider": "streamplay", "name": "Big bunny-720p.mp4",
            "folder_id": folder, "size": 5, "content_type": "video/mp4", "sha1": null, "md5": null,
            "short_code": code, "status": "active", "conversion": null, "uploaded_at": "2019-07-06T12:00:00Z",
            "last_accessed_at": null, "download_count": 5865, "tags": ["Big", "bunny", "720p", "mp4"],
            "visibility": "private", "stats_url": format!("{page}~s"), "page_url": page, "embed_url": null,
        })
    );
    world.assert_sent(&[("file/info", &[("file_id", &id)])]);
    let in_root = world.site.add_file("0", "...", b"hello");
    let file = world.caller.get(&path(&in_root)).await.json(200);
    assert_eq!((&file["folder_id"], &file["tags"]), (&json!("root"), &json!([])));
}

#[tokio::test]
async fn states_of_a_file_are_normalized() {
    let world = World::configured(|configuration| configuration.cache("file_ttl = \"0s\"")).await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    for (word, status) in [("active", "active"), ("trash", "trashed"), ("deleted", "deleted"), ("odd", "unknown")] {
        world.site.set_file_status(&id, word);
        let request = world.caller.request("GET", &path(&id)).header("cache-control", "no-cache");
        assert_eq!(world.caller.send(request).await.json(200)["status"], status, "{word}");
    }
}

#[tokio::test]
async fn missing_or_foreign_file_is_404() {
    let world = World::start().await;
    let foreign = world.site.add_foreign_file("theirs.mp4", b"hello");
    for id in ["77777", "9999999999999999999", &foreign] {
        let problem = world.caller.get(&path(id)).await.problem(404, "file_not_found");
        assert_eq!((&problem["upstream"]["operation"], &problem["retryable"]), (&json!("file/info"), &json!(false)));
        assert_eq!(problem["upstream"]["provider"], "streamplay");
        assert!(problem["detail"].as_str().unwrap().contains(id));
        world.caller.delete(&path(id)).await.problem(404, "file_not_found");
        world.caller.patch(&path(id), &json!({"name": "b"})).await.problem(404, "file_not_found");
        world.caller.patch(&path(id), &json!({"folder_id": "root"})).await.problem(404, "file_not_found");
    }
    assert_eq!(world.site.file_status(&foreign).as_deref(), Some("active"));
    assert_eq!(world.site.find_file("b"), None);
}

#[tokio::test]
async fn name_and_content_type_change_in_one_edit() {
    let world = World::start().await;
    let id = world.site.add_file("0", "old.mp4", b"hello");
    let name = "Été & 東京 + 100%=\"ok\".webm";
    let file = world.caller.patch(&path(&id), &json!({"name": name})).await.json(200);
    body::file(&file);
    assert_eq!((&file["id"], &file["name"], &file["size"]), (&json!(id), &json!(name), &json!(5)));
    world.assert_changed(&[("file/edit", &[("file_id", &id), ("filename", name)])]);
    assert_eq!(world.site.find_file(name), Some(id.clone()));

    let file = world.caller.patch(&path(&id), &json!({"content_type": "video/webm"})).await.json(200);
    assert_eq!((&file["content_type"], &file["name"]), (&json!("video/webm"), &json!(name)));
    world.assert_changed(&[("file/edit", &[("fileType", "video/webm"), ("file_id", &id)])]);

    let both = json!({"name": "both.mp4", "content_type": "video/mp4"});
    let file = world.caller.patch(&path(&id), &both).await.json(200);
    assert_eq!((&file["content_type"], &file["name"]), (&json!("video/mp4"), &json!("both.mp4")));
    let all: [(&str, &str); 3] = [("fileType", "video/mp4"), ("file_id", &id), ("filename", "both.mp4")];
    world.assert_changed(&[("file/edit", &all)]);
    assert_eq!(world.caller.get(&path(&id)).await.json(200)["name"], "both.mp4");
}

#[tokio::test]
async fn name_changed_by_the_site_is_returned() {
    let world = World::start().await;
    let id = world.site.add_file("0", "old.mp4", b"hello");
    let file = world.caller.patch(&path(&id), &json!({"name": "  a.mp4 "})).await.json(200);
    assert_eq!(file["name"], "a.mp4");
}

#[tokio::test]
async fn move_is_a_call_of_its_own_with_null_for_the_root() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let file = world.caller.patch(&path(&id), &json!({"folder_id": folder})).await.json(200);
    body::file(&file);
    assert_eq!((&file["folder_id"], &file["name"]), (&json!(folder), &json!("a.mp4")));
    world.assert_changed(&[("file/move", &[("file_id", &id), ("new_parent_folder_id", &folder)])]);
    assert_eq!(world.site.folder_of(&id), Some(folder));

    let file = world.caller.patch(&path(&id), &json!({"folder_id": "root"})).await.json(200);
    assert_eq!(file["folder_id"], "root");
    world.assert_changed(&[("file/move", &[("file_id", &id), ("new_parent_folder_id", "null")])]);
    assert_eq!(world.site.folder_of(&id).as_deref(), Some("0"));
}

#[tokio::test]
async fn failed_edit_reports_the_earlier_move_as_applied() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let both = json!({"name": "b.mp4", "folder_id": folder});
    world.inject("file/edit", Fault::http(500));
    let problem = world.caller.patch(&path(&id), &both).await.problem(502, "upstream_error");
    assert_eq!((&problem["applied"], &problem["retryable"]), (&json!(["folder_id"]), &json!(false)));
    assert_eq!(world.site.folder_of(&id).as_deref(), Some(&*folder));
    world.arrived();

    world.site.faults().clear();
    let file = world.caller.patch(&path(&id), &both).await.json(200);
    assert_eq!((&file["name"], &file["folder_id"]), (&json!("b.mp4"), &json!(folder)));
    let moved: &[(&str, &str)] = &[("file_id", &id), ("new_parent_folder_id", &folder)];
    world.assert_changed(&[("file/move", moved), ("file/edit", &[("file_id", &id), ("filename", "b.mp4")])]);
}

#[tokio::test]
async fn move_to_a_missing_folder_is_refused() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let foreign = world.site.add_foreign_folder("Theirs");
    for folder in ["77777", &foreign] {
        let both = json!({"name": "b.mp4", "folder_id": folder});
        let problem = world.caller.patch(&path(&id), &both).await.problem(404, "folder_not_found");
        assert!(problem["detail"].as_str().unwrap().contains(folder), "{problem}");
        assert_eq!(problem["applied"], json!([]));
    }
    assert_eq!(world.site.folder_of(&id).as_deref(), Some("0"));
    assert_eq!(world.site.find_file("a.mp4"), Some(id));
    assert!(!world.operations().contains(&"file/edit".to_owned()));
}

#[tokio::test]
async fn deleted_file_is_trashed_and_still_readable() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    assert_eq!(world.caller.get(&path(&id)).await.json(200)["status"], "active");
    assert_eq!(world.caller.get(&at("folders/root/items")).await.items().len(), 1);
    world.arrived();
    world.caller.delete(&path(&id)).await.no_content();
    world.assert_changed(&[("file/delete", &[("file_id", &id)])]);
    assert_eq!(world.site.file_status(&id).as_deref(), Some("trash"));
    let file = world.caller.get(&path(&id)).await.json(200);
    body::file(&file);
    assert_eq!((&file["status"], &file["name"]), (&json!("trashed"), &json!("a.mp4")));
    assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty());
}

#[tokio::test]
async fn second_delete_of_a_trashed_file_succeeds() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    world.caller.delete(&path(&id)).await.no_content();
    world.caller.delete(&path(&id)).await.no_content();
    world.assert_changed(&[("file/delete", &[("file_id", &id)]), ("file/delete", &[("file_id", &id)])]);
    // The file may have been deleted without the gateway.
    let other = world.site.add_file("0", "b.mp4", b"hello");
    world.site.set_file_status(&other, "trash");
    world.caller.delete(&path(&other)).await.no_content();
    // If the file's state cannot be read, the answer of the deletion stands.
    world.inject("file/info", Fault::http(500));
    world.caller.delete(&path(&id)).await.problem(404, "file_not_found");
}

#[tokio::test]
async fn confirmed_change_succeeds_whatever_follows() {
    let world = World::start().await;
    let file = world.site.add_file("0", "old.mp4", b"hello");
    world.inject("file/info", Fault::http(500));
    let changed = world.caller.patch(&path(&file), &json!({"name": "new.mp4"})).await.json(200);
    body::file(&changed);
    assert_eq!((id(&changed), &changed["name"]), (file.clone(), &json!("new.mp4")));
    // The site confirms the change without the file's data.
    let body = Some(json!({"response": "File successfully updated.", "_status": "success"}).to_string());
    world.inject("file/edit", Fault::Status { http: 200, body_status: None, headers: Vec::new(), body });
    let changed = world.caller.patch(&path(&file), &json!({"name": "newer.mp4"})).await.json(200);
    body::file(&changed);
    assert_eq!((&changed["name"], &changed["size"]), (&json!("newer.mp4"), &Value::Null));
}

#[tokio::test]
async fn move_returns_the_folder_that_the_site_reports() {
    let world = World::start().await;
    let (requested, other) = (world.site.add_folder("0", "Asked"), world.site.add_folder("0", "Other"));
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for (reported, folder) in [(json!(other), other.as_str()), (json!("0"), "root"), (json!(requested), &requested)] {
        let data = json!({"id": file, "filename": "a.mp4", "fileSize": "5", "folderId": reported});
        let body = json!({"response": "File successfully moved.", "data": data, "_status": "success"}).to_string();
        world.site.faults().clear();
        world
            .inject("file/move", Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) });
        let moved = world.caller.patch(&path(&file), &json!({"folder_id": requested})).await.json(200);
        body::file(&moved);
        assert_eq!(moved["folder_id"], folder, "{reported}");
    }
}

#[tokio::test]
async fn html_entities_in_names_and_tags_are_decoded() {
    for escaping in [Escaping::None, Escaping::Special, Escaping::Numeric] {
        let world = World::at_site(|options| options.escaping = escaping).await;
        let name = "R&B \u{2013} it's \"live\".mp4";
        let folder = world.caller.post(&at("folders"), &json!({"name": "Rock & Roll"})).await.json(201);
        assert_eq!(folder["name"], "Rock & Roll", "{escaping:?}");
        let id = world.site.add_file("0", "old.mp4", b"hello");
        let renamed = world.caller.patch(&path(&id), &json!({"name": name})).await.json(200);
        assert_eq!(renamed["name"], name, "{escaping:?}");
        let file = world.caller.get(&path(&id)).await.json(200);
        assert_eq!((&file["name"], &file["tags"]), (&json!(name), &json!(["R", "B", "it", "s", "live", "mp4"])));
        let names: Vec<Value> =
            world.caller.get(&at("folders/root/items")).await.items().iter().map(|item| item["name"].clone()).collect();
        assert_eq!(names, ["Rock & Roll", name], "{escaping:?}");
        let uploaded = world.upload("A&B.mp4", "", b"hello").await.json(201);
        assert_eq!(uploaded["name"], "A&B.mp4", "{escaping:?}");
    }
}

#[tokio::test]
async fn texts_of_a_site_without_entities_are_not_decoded() {
    let world =
        World::configured(|configuration| configuration.table("[providers.streamplay]\nhtml_entities = false")).await;
    let id = world.site.add_file("0", "a&amp;b.mp4", b"hello");
    assert_eq!(world.caller.get(&path(&id)).await.json(200)["name"], "a&amp;b.mp4");
}
