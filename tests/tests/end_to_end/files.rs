//! Tests of files: reading one or many, changing and deleting them, and their thumbnails.

use polyhost_end_to_end::body;
use serde_json::{Value, json};

use crate::world::{World, at};

/// The SHA-1 of `hello`.
const HELLO: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

#[tokio::test]
async fn file_is_read_in_one_call() {
    let world = World::start().await;
    let id = world.site.add_file("0", "Big bunny buck 720p.mp4", b"hello");
    let file = world.caller.get(&at(&format!("files/{id}"))).await.json(200);
    body::file(&file);
    assert_eq!(
        (&file["id"], &file["account"], &file["name"]),
        (&json!(id), &json!("main"), &json!("Big bunny buck 720p.mp4"))
    );
    assert_eq!((&file["size"], &file["sha1"], &file["content_type"]), (&json!(5), &json!(HELLO), &json!("video/mp4")));
    // The answer of file/info has no folder.
    assert_eq!((&file["status"], &file["folder_id"], &file["md5"]), (&json!("active"), &Value::Null, &Value::Null));
    world.assert_sent(&[("file/info", &[("file", &id)])]);
}

#[tokio::test]
async fn missing_file_is_404_and_a_broken_one_502() {
    let world = World::start().await;
    let missing = world.caller.get(&at("files/nothing")).await.problem(404, "file_not_found");
    assert_eq!(missing["upstream"]["operation"], "file/info");
    assert_eq!(missing["upstream"]["status"], "404");
    assert!(missing["detail"].as_str().unwrap().contains("nothing"));
    assert_eq!(missing["retryable"], false);

    let broken = world.site.add_file("0", "broken.mp4", b"hello");
    world.site.break_file(&broken);
    let problem = world.caller.get(&at(&format!("files/{broken}"))).await.problem(502, "upstream_error");
    assert_eq!((&problem["retryable"], &problem["upstream"]["status"]), (&json!(false), &json!("500")));

    let blocked = world.site.add_file("0", "blocked.mp4", b"hello");
    world.site.block_file(&blocked);
    world.caller.get(&at(&format!("files/{blocked}"))).await.problem(451, "legal_block");
}

#[tokio::test]
async fn lookup_answers_each_id_in_the_requested_order() {
    let world = World::start().await;
    let good = world.site.add_file("0", "good.mp4", b"hello");
    let broken = world.site.add_file("0", "broken.mp4", b"hello");
    world.site.break_file(&broken);
    let ids = json!([broken, "nothing", good, "not an id"]);
    let answer = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await.json(200);
    body::keys(&answer, &["items"]);
    let items = answer["items"].as_array().unwrap();
    items.iter().for_each(body::lookup_item);
    assert_eq!(items.iter().map(|item| item["id"].clone()).collect::<Value>(), ids);
    assert_eq!(items.iter().map(|item| item["status"].clone()).collect::<Value>(), json!([502, 404, 200, 404]));
    assert_eq!((&items[0]["file"]["status"], &items[0]["file"]["size"]), (&json!("failed"), &Value::Null));
    assert_eq!(items[0]["problem"]["code"], "upstream_error");
    assert_eq!((&items[1]["file"], &items[1]["problem"]["code"]), (&Value::Null, &json!("file_not_found")));
    assert_eq!((&items[2]["file"]["sha1"], &items[2]["problem"]), (&json!(HELLO), &Value::Null));
    assert_eq!(items[3]["problem"]["code"], "file_not_found");
    // An invalid id is not sent to the site.
    let list = format!("{broken},nothing,{good}");
    world.assert_sent(&[("file/info", &[("file", &list)])]);
}

#[tokio::test]
async fn large_lookup_is_split_into_calls_of_fifty() {
    let world = World::start().await;
    let ids: Vec<String> = (0..120).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    let items = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await.json(200)["items"].take();
    let names: Vec<&str> =
        items.as_array().unwrap().iter().map(|item| item["file"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, (0..120).map(|n| format!("{n}.mp4")).collect::<Vec<_>>());
    let arrived = world.arrived();
    let mut sizes: Vec<usize> = arrived.iter().map(|call| call.parameter("file").unwrap().split(',').count()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 50, 50]);
    assert!(arrived.iter().all(|call| call.operation == "file/info"));
}

#[tokio::test]
async fn rename_is_one_call_and_the_result_is_read_back() {
    let world = World::start().await;
    let id = world.site.add_file("0", "old.mp4", b"hello");
    let path = at(&format!("files/{id}"));
    let name = "Été & 東京 + 100%=\"ok\".mp4";
    let file = world.caller.patch(&path, &json!({"name": name})).await.json(200);
    body::file(&file);
    assert_eq!((&file["name"], &file["sha1"]), (&json!(name), &json!(HELLO)));
    world.assert_sent(&[("file/rename", &[("file", &id), ("name", name)]), ("file/info", &[("file", &id)])]);
    assert_eq!(world.site.find_file(name), Some(id));
}

#[tokio::test]
async fn move_sends_the_folder_id_or_zero_for_the_root() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{id}"));
    let file = world.caller.patch(&path, &json!({"folder_id": folder})).await.json(200);
    body::file(&file);
    assert_eq!(file["folder_id"], json!(folder));
    assert_eq!(world.site.folder_of(&id), Some(folder.clone()));
    world.assert_sent(&[("file/move", &[("file", &id), ("folder", &folder)]), ("file/info", &[("file", &id)])]);

    let file = world.caller.patch(&path, &json!({"folder_id": "root"})).await.json(200);
    assert_eq!(file["folder_id"], "root");
    world.assert_sent(&[("file/move", &[("file", &id), ("folder", "0")]), ("file/info", &[("file", &id)])]);
}

#[tokio::test]
async fn failed_rename_reports_the_earlier_move_as_applied() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{id}"));
    let both = json!({"name": "b.mp4", "folder_id": folder});
    world.site.forbid("file/rename");
    let problem = world.caller.patch(&path, &both).await.problem(403, "upstream_forbidden");
    assert_eq!((&problem["applied"], &problem["retryable"]), (&json!(["folder_id"]), &json!(false)));
    assert_eq!(world.operations(), ["file/move", "file/rename", "account/info"]);
    assert_eq!(world.site.folder_of(&id), Some(folder));

    world.site.allow("file/rename");
    let file = world.caller.patch(&path, &both).await.json(200);
    assert_eq!(file["name"], "b.mp4");
    assert_eq!(world.operations(), ["file/move", "file/rename", "file/info"]);
}

#[tokio::test]
async fn change_of_a_missing_object_names_it() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let gone = world.caller.patch(&at("files/nothing"), &json!({"name": "b"})).await;
    assert_eq!(gone.problem(404, "file_not_found")["applied"], json!([]));
    // The site does not report which of the two is missing, so the detail names both.
    let moved = world.caller.patch(&at(&format!("files/{id}")), &json!({"folder_id": "99999"})).await;
    let problem = moved.problem(404, "file_not_found");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&id) && detail.contains("99999"), "{detail}");
}

#[tokio::test]
async fn confirmed_change_succeeds_though_its_read_back_fails() {
    let world = World::start().await;
    let id = world.site.add_file("0", "old.mp4", b"hello");
    world.inject("file/info", polyhost_sandbox::Fault::http(500));
    let file = world.caller.patch(&at(&format!("files/{id}")), &json!({"name": "new.mp4"})).await.json(200);
    body::file(&file);
    assert_eq!((&file["id"], &file["name"], &file["size"]), (&json!(id), &json!("new.mp4"), &Value::Null));
    assert_eq!(world.site.find_file("new.mp4"), Some(id));
}

#[tokio::test]
async fn deleted_file_is_not_found() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{id}"));
    world.caller.delete(&path).await.no_content();
    world.assert_sent(&[("file/delete", &[("file", &id)])]);
    assert_eq!(world.site.file_bytes(&id), None);
    world.caller.delete(&path).await.problem(404, "file_not_found");
    world.caller.get(&path).await.problem(404, "file_not_found");
}

#[tokio::test]
async fn thumbnail_is_returned_or_redirected_and_not_stored() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{id}/thumbnail"));
    let answer = world.caller.get(&path).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let thumbnail = answer.json(200);
    body::keys(&thumbnail, &["url"]);
    let url = thumbnail["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.contains(&id), "{url}");
    world.assert_sent(&[("file/getsplash", &[("file", &id)])]);

    let redirect = world.caller.get(&format!("{path}?mode=redirect")).await.status(302);
    assert_eq!(redirect.header("location"), Some(url));
    assert_eq!(redirect.header("cache-control"), Some("no-store"));
    world.caller.get(&at("files/nothing/thumbnail")).await.problem(404, "file_not_found");
    assert_eq!(world.caller.get(&format!("{path}?mode=picture")).await.faults("invalid_request"), ["mode"]);
}
