//! Tests of ids outside the grammar, in every place of a request: 404 of the object's kind, and nothing is sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use polyhost_end_to_end::wire;
use serde_json::json;

use crate::world::{KEY, World, at};

/// Returns texts that are no valid id at the site.
fn strange() -> Vec<String> {
    let mut texts: Vec<String> =
        ["a b", "a,b", "../x", "a/b", "é", "東", "a\0b", "a\nb", "a%20b", "a&key=x", "a?b", "a#b", "*", "a.b"]
            .map(str::to_owned)
            .to_vec();
    texts.push("x".repeat(65));
    texts
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn invalid_file_ids_are_not_sent() {
    let world = World::start().await;
    let caller = &world.caller;
    for id in strange() {
        let path = at(&format!("files/{}", encoded(&id)));
        caller.get(&path).await.problem(404, "file_not_found");
        caller.delete(&path).await.problem(404, "file_not_found");
        caller.patch(&path, &json!({"name": "x"})).await.problem(404, "file_not_found");
        caller.get(&format!("{path}/thumbnail")).await.problem(404, "file_not_found");
        caller.get(&at(&format!("conversions?file_id={}", encoded(&id)))).await.problem(404, "file_not_found");
        let lookup = caller.post(&at("files/lookup"), &json!({"ids": [id]})).await.json(200);
        assert_eq!((&lookup["items"][0]["id"], &lookup["items"][0]["status"]), (&json!(id), &json!(404)));
        assert_eq!(lookup["items"][0]["problem"]["code"], "file_not_found");
    }
    caller.get(&at("conversions?file_id=")).await.problem(404, "file_not_found");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn invalid_folder_ids_are_not_sent() {
    let world = World::start().await;
    let caller = &world.caller;
    let file = world.site.add_file("0", "a.mp4", b"a");
    for id in strange() {
        let path = at(&format!("folders/{}", encoded(&id)));
        caller.get(&path).await.problem(404, "folder_not_found");
        caller.get(&format!("{path}/items")).await.problem(404, "folder_not_found");
        caller.get(&format!("{path}/usage")).await.problem(404, "folder_not_found");
        caller.delete(&path).await.problem(404, "folder_not_found");
        caller.delete(&format!("{path}?recursive=true")).await.problem(404, "folder_not_found");
        caller.patch(&path, &json!({"name": "x"})).await.problem(404, "folder_not_found");
        inside(&world, &file, &id).await;
    }
    inside(&world, &file, "").await;
    world.assert_nothing_sent();
}

/// Checks a folder's id in bodies and queries.
async fn inside(world: &World, file: &str, id: &str) {
    let caller = &world.caller;
    let bodies = [
        ("PATCH", format!("files/{file}"), json!({"folder_id": id})),
        ("POST", "folders".to_owned(), json!({"name": "x", "parent_id": id})),
        ("POST", "upload-tickets".to_owned(), json!({"folder_id": id})),
        ("POST", "remote-uploads".to_owned(), json!({"url": "https://example.org/a.mp4", "folder_id": id})),
    ];
    for (method, path, body) in bodies {
        caller.json(method, &at(&path), &body).await.problem(404, "folder_not_found");
    }
    let path = at(&format!("files?name=a.mp4&folder_id={}", encoded(id)));
    caller.typed("POST", &path, "video/mp4", "hello").await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn invalid_remote_upload_ids_are_not_sent() {
    let world = World::start().await;
    for id in strange() {
        let path = at(&format!("remote-uploads/{}", encoded(&id)));
        world.caller.get(&path).await.problem(404, "remote_upload_not_found");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn root_id_of_the_site_is_not_accepted() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    for zero in ["0", "00"] {
        let path = at(&format!("folders/{zero}"));
        world.caller.delete(&format!("{path}?recursive=true")).await.problem(404, "folder_not_found");
        world.caller.delete(&path).await.problem(404, "folder_not_found");
        world.caller.get(&path).await.problem(404, "folder_not_found");
        world.caller.get(&format!("{path}/items")).await.problem(404, "folder_not_found");
        world.caller.patch(&path, &json!({"name": "x"})).await.problem(404, "folder_not_found");
        inside(&world, &file, zero).await;
    }
    world.assert_nothing_sent();
    assert!(world.site.file_bytes(&file).is_some());
}

#[tokio::test]
async fn malformed_paths_are_not_found() {
    let world = World::start().await;
    let address = world.gateway.address();
    let dots = [
        "files/..",
        "files/.",
        "files/%2e%2e",
        "files/%2E",
        "folders/../files/x",
        "folders//items",
        "folders/%00/items",
    ];
    for path in dots {
        for method in ["GET", "DELETE"] {
            let answer = wire::request(address, method, &at(path), KEY).await.expect("an answer");
            assert!(matches!(answer.status, 404 | 405), "{method} {path}: {} {}", answer.status, answer.text());
        }
    }
    for path in ["files/%ff", "folders/%C3%28/items"] {
        let answer = wire::request(address, "GET", &at(path), KEY).await.expect("an answer");
        assert!(matches!(answer.status, 400 | 404), "{path}: {} {}", answer.status, answer.text());
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn unknown_accounts_are_404() {
    let world = World::start().await;
    for name in ["nobody", "MAIN", "a%20b", "..%2Fmain", "%E6%9D%B1", "main%00"] {
        for path in ["", "/capabilities", "/files/x", "/folders/root/items"] {
            world.caller.get(&format!("/v1/accounts/{name}{path}")).await.problem(404, "account_not_found");
        }
    }
    world.assert_nothing_sent();
}
