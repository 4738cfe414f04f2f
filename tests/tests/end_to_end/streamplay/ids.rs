//! Tests of ids outside the site's grammar: 404 of the object's kind, and nothing is sent. The site would convert each
//! to a number.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::world::{World, at};

/// Texts that are no valid id. `{}` stands for an existing id.
const STRANGE: [&str; 18] = [
    "{}abc",
    "0{}",
    "+{}",
    "-{}",
    " {}",
    "{} ",
    "{}.0",
    "{}e0",
    "0x{}",
    "{},{}",
    "{}\n",
    "0",
    "00",
    "null",
    "",
    "abc",
    "١٢",
    "12345678901234567890",
];

fn strange(id: &str) -> Vec<String> {
    STRANGE.iter().map(|text| text.replace("{}", id)).collect()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn invalid_file_ids_are_not_sent() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let caller = &world.caller;
    for id in strange(&file).iter().chain([&"root".to_owned()]) {
        if !id.is_empty() {
            let path = at(&format!("files/{}", encoded(id)));
            caller.get(&path).await.problem(404, "file_not_found");
            caller.delete(&path).await.problem(404, "file_not_found");
            caller.patch(&path, &json!({"name": "x"})).await.problem(404, "file_not_found");
            caller.get(&format!("{path}/content")).await.problem(404, "file_not_found");
            caller.get(&format!("{path}/content?mode=redirect")).await.problem(404, "file_not_found");
            caller.send(caller.request("HEAD", &format!("{path}/content"))).await.status(404);
            let copy = caller.post(&format!("{path}/copy"), &json!({"folder_id": "root"})).await;
            copy.problem(404, "file_not_found");
        }
        caller.post(&at("download-links"), &json!({"file_id": id})).await.problem(404, "file_not_found");
        let lookup = caller.post(&at("files/lookup"), &json!({"ids": [id]})).await.json(200);
        assert_eq!((&lookup["items"][0]["id"], &lookup["items"][0]["status"]), (&json!(id), &json!(404)));
    }
    world.assert_nothing_sent();
    assert_eq!(world.site.find_file("a.mp4"), Some(file));
}

#[tokio::test]
async fn invalid_folder_ids_are_not_sent() {
    let world = World::start().await;
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"hello"), world.site.add_folder("0", "Films"));
    let caller = &world.caller;
    for id in strange(&folder) {
        if !id.is_empty() {
            let path = at(&format!("folders/{}", encoded(&id)));
            for suffix in ["", "/items", "/usage"] {
                caller.get(&format!("{path}{suffix}")).await.problem(404, "folder_not_found");
            }
            caller.delete(&path).await.problem(404, "folder_not_found");
            caller.delete(&format!("{path}?recursive=true")).await.problem(404, "folder_not_found");
            for body in [json!({"name": "x"}), json!({"parent_id": "root"}), json!({"password": null})] {
                caller.patch(&path, &body).await.problem(404, "folder_not_found");
            }
        }
        let bodies = [
            ("PATCH", format!("files/{file}"), json!({"folder_id": id})),
            ("POST", format!("files/{file}/copy"), json!({"folder_id": id})),
            ("PATCH", format!("folders/{folder}"), json!({"parent_id": id})),
            ("POST", "folders".to_owned(), json!({"name": "x", "parent_id": id})),
            ("POST", "remote-uploads".to_owned(), json!({"url": "https://example.org/a.mp4", "folder_id": id})),
        ];
        for (method, path, body) in bodies {
            caller.json(method, &at(&path), &body).await.problem(404, "folder_not_found");
        }
        let upload = world.upload("a.mp4", &format!("&folder_id={}", encoded(&id)), b"hello").await;
        upload.problem(404, "folder_not_found");
    }
    world.assert_nothing_sent();
    let counts = world.site.counts();
    assert_eq!((counts.files, counts.folders, counts.remote_uploads), (1, 1, 0));
}

#[tokio::test]
async fn invalid_remote_upload_ids_are_not_sent() {
    let world = World::start().await;
    for id in strange("51").iter().filter(|id| !id.is_empty()) {
        let path = at(&format!("remote-uploads/{}", encoded(id)));
        world.caller.get(&path).await.problem(404, "remote_upload_not_found");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn invalid_short_codes_are_not_sent() {
    let world = World::start().await;
    for code in ["../x", "a b", "a/b", "", "a?b", "é", "a\u{0}", "a~i"] {
        let answer = world.caller.post(&at("download-links"), &json!({"short_code": code})).await;
        answer.problem(404, "file_not_found");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn id_of_nineteen_digits_is_valid() {
    let world = World::start().await;
    let id = "1234567890123456789";
    world.caller.get(&at(&format!("files/{id}"))).await.problem(404, "file_not_found");
    world.assert_sent(&[("file/info", &[("file_id", id)])]);
}
