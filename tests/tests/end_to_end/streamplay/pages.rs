//! Tests of the pages of a folder at streamplay, which lists whole folders, without dates of files.

use polyhost_end_to_end::body;
use serde_json::{Value, json};

use super::world::{World, at};

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn folders_come_first_and_every_item_has_every_field() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "zoo");
    world.site.add_file(&folder, "inside.mp4", b"12");
    let file = world.site.add_file("0", "a b.mp4", b"hello");
    let items = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!(items.len(), 2);
    body::folder(&items[0]);
    body::file(&items[1]);
    let fields =
        ["id", "name", "parent_id", "total_size", "visibility", "password_protected", "created_at", "file_count"];
    assert_eq!(
        json!(fields.map(|name| &items[0][name])),
        json!([folder, "zoo", "root", 2, "private", null, "2019-07-06T12:00:00Z", 1])
    );
    let fields = ["id", "name", "folder_id", "size", "content_type", "sha1", "md5", "status", "uploaded_at", "tags"];
    assert_eq!(
        json!(fields.map(|name| &items[1][name])),
        json!([file, "a b.mp4", "root", 5, "video/mp4", null, null, "active", null, ["a", "b", "mp4"]])
    );
    let alone = world.caller.get(&at(&format!("files/{file}"))).await.json(200);
    assert_eq!((&items[1]["short_code"], &items[1]["page_url"]), (&alone["short_code"], &alone["page_url"]));
    assert_eq!(world.operations(), ["folder/listing", "file/info"]);

    let items = world.caller.get(&at(&format!("folders/{folder}/items"))).await.items();
    assert_eq!((names(&items), &items[0]["folder_id"]), (vec!["inside.mp4"], &json!(folder)));
    world.assert_sent(&[("folder/listing", &[("parent_folder_id", &folder)])]);
    world.caller.get(&at("folders/77777/items")).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn sort_key_that_the_site_does_not_list_is_refused() {
    let world = World::at_site(|options| options.dates_in_listings = true).await;
    for sort in ["uploaded_at", "-uploaded_at"] {
        let answer = world.caller.get(&at(&format!("folders/root/items?sort={sort}"))).await;
        assert_eq!(answer.faults("invalid_request"), ["sort"]);
    }
    world.assert_nothing_sent();
    world.caller.get("/v1/accounts/main/folders/root/items?sort=uploaded_at").await.status(200);
}

#[tokio::test]
async fn one_listing_serves_all_orders_filters_and_pages() {
    let world = World::start().await;
    for name in ["y", "x"] {
        world.site.add_folder("0", name);
    }
    for (name, bytes) in [("b.mp4", "123"), ("a.mp4", "1"), ("c.mp4", "12")] {
        world.site.add_file("0", name, bytes.as_bytes());
    }
    let cases: [(&str, &[&str]); 6] = [
        ("", &["x", "y", "a.mp4", "b.mp4", "c.mp4"]),
        ("?sort=size", &["x", "y", "a.mp4", "c.mp4", "b.mp4"]),
        ("?sort=-size&type=file", &["b.mp4", "c.mp4", "a.mp4"]),
        ("?sort=-name&type=file", &["c.mp4", "b.mp4", "a.mp4"]),
        ("?type=folder", &["x", "y"]),
        ("?name=b.mp4", &["b.mp4"]),
    ];
    for (query, expected) in cases {
        let items = world.caller.get(&at(&format!("folders/root/items{query}"))).await.items();
        assert_eq!(names(&items), expected, "{query}");
    }
    let first = world.caller.get(&at("folders/root/items?limit=2")).await.json(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    world.site.add_file("0", "0.mp4", b"later");
    let rest = world.caller.get(&at(&format!("folders/root/items?limit=10&cursor={cursor}"))).await.json(200);
    assert_eq!(
        (names(rest["items"].as_array().unwrap()), &rest["next_cursor"]),
        (vec!["a.mp4", "b.mp4", "c.mp4"], &Value::Null)
    );
    assert_eq!(world.operations(), ["folder/listing"]);
}

#[tokio::test]
async fn cursor_of_one_account_is_invalid_at_another() {
    let world = World::start().await;
    for name in ["a.mp4", "b.mp4"] {
        world.site.add_file("0", name, b"x");
        world.pstream.add_file("0", name, b"x");
    }
    let first = world.caller.get(&at("folders/root/items?limit=1")).await.json(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let other = world.caller.get(&format!("/v1/accounts/main/folders/root/items?limit=1&cursor={cursor}")).await;
    other.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn every_write_is_visible_at_once() {
    let world = World::start().await;
    let names = async || -> Vec<String> {
        let items = world.caller.get(&at("folders/root/items")).await.items();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names().await.is_empty());
    let folder = world.caller.post(&at("folders"), &json!({"name": "Films"})).await.json(201)["id"].take();
    assert_eq!(names().await, ["Films"]);
    let file = super::world::id(&world.upload("a.mp4", "", b"hello").await.json(201));
    assert_eq!(names().await, ["Films", "a.mp4"]);
    let path = at(&format!("files/{file}"));
    world.caller.patch(&path, &json!({"name": "b.mp4"})).await.status(200);
    assert_eq!(names().await, ["Films", "b.mp4"]);
    world.caller.post(&format!("{path}/copy"), &json!({"folder_id": "root"})).await.status(201);
    assert_eq!(names().await, ["Films", "b.mp4", "b.mp4"]);
    world.caller.patch(&path, &json!({"folder_id": folder})).await.status(200);
    assert_eq!(names().await, ["Films", "b.mp4"]);
    let folder = at(&format!("folders/{}", folder.as_str().unwrap()));
    world.caller.patch(&folder, &json!({"name": "Séries"})).await.status(200);
    assert_eq!(names().await, ["Séries", "b.mp4"]);
    world.caller.delete(&format!("{folder}?recursive=true")).await.no_content();
    assert_eq!(names().await, ["b.mp4"]);
}
