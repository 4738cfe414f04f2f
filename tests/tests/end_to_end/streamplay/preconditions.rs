//! Tests of preconditions at streamplay, where the folder and the bytes of a file can be read, and a deleted file is in
//! the trash.

use polyhost_end_to_end::Answer;
use serde_json::json;

use super::world::{World, at};

fn etag(answer: &Answer) -> String {
    answer.header("etag").expect("an ETag").to_owned()
}

async fn get(world: &World, path: &str, field: (&str, &str)) -> Answer {
    world.caller.send(world.caller.request("GET", path).header(field.0, field.1)).await
}

#[tokio::test]
async fn answers_to_writes_have_the_tag_of_the_next_read() {
    let world = World::start().await;
    let films = world.site.add_folder("0", "Films");
    let made = world.upload("a.mp4", "", b"hello").await.status(201);
    let path = made.header("location").unwrap().to_owned();
    let read = async || etag(&world.caller.get(&path).await.status(200));
    assert_eq!(etag(&made), read().await);
    let mut tags = vec![etag(&made)];
    for change in [json!({"name": "b.mp4"}), json!({"content_type": "video/webm"}), json!({"folder_id": films})] {
        let changed = etag(&world.caller.patch(&path, &change).await.status(200));
        assert!(!tags.contains(&changed), "{change}");
        assert_eq!(read().await, changed, "{change}");
        tags.push(changed);
    }
    let copied = world.caller.post(&format!("{path}/copy"), &json!({"folder_id": "root"})).await.status(201);
    let copy = copied.header("location").unwrap();
    assert_eq!(etag(&world.caller.get(copy).await.status(200)), etag(&copied));

    let made = world.caller.post(&at("folders"), &json!({"name": "F", "password": "p"})).await.status(201);
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(etag(&world.caller.get(&path).await.status(200)), etag(&made));
    for change in [json!({"name": "G"}), json!({"visibility": "public"}), json!({"password": null})] {
        let before = etag(&world.caller.get(&path).await.status(200));
        let changed = etag(&world.caller.patch(&path, &change).await.status(200));
        assert_ne!(changed, before, "{change}");
        assert_eq!(etag(&world.caller.get(&path).await.status(200)), changed, "{change}");
    }
}

#[tokio::test]
async fn tag_of_a_file_does_not_cover_counters() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{file}"));
    let before = etag(&world.caller.get(&path).await.status(200));
    world.site.set_downloads(&file, 5);
    let fresh = get(&world, &path, ("cache-control", "no-cache")).await.status(200);
    assert_eq!(etag(&fresh), before);
}

#[tokio::test]
async fn date_of_a_folder_is_the_same_for_reads_and_writes() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let path = at(&format!("folders/{folder}"));
    let body = world.caller.get(&path).await.json(200);
    assert!(body["created_at"].is_string(), "{body}");
    let with_date = async |method: &str, date: &str| {
        let request = world.caller.request(method, &path).header("if-unmodified-since", date);
        let request = match method {
            "PATCH" => request.header("content-type", "application/json").body("{\"name\":\"G\"}"),
            _ => request,
        };
        world.caller.send(request).await
    };
    for method in ["GET", "PATCH", "DELETE"] {
        with_date(method, "Thu, 01 Jan 1998 00:00:00 GMT").await.problem(412, "precondition_failed");
    }
    with_date("PATCH", "Thu, 01 Jan 2099 00:00:00 GMT").await.status(200);
    with_date("DELETE", "Thu, 01 Jan 2099 00:00:00 GMT").await.no_content();
}

#[tokio::test]
async fn content_tag_survives_a_change_of_the_file() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let (path, content) = (at(&format!("files/{file}")), at(&format!("files/{file}/content")));
    let tag = etag(&world.caller.get(&content).await.status(200));
    world.caller.patch(&path, &json!({"name": "b.mp4", "folder_id": "root"})).await.status(200);
    let again = world.caller.get(&content).await.status(200);
    assert_eq!(etag(&again), tag);
    assert_eq!(again.header("last-modified"), Some("Sat, 06 Jul 2019 12:00:00 GMT"));
    let (then, before) = ("Sat, 06 Jul 2019 12:00:00 GMT", "Sat, 06 Jul 2019 11:59:59 GMT");
    for (field, status) in [
        (("if-match", tag.as_str()), 200),
        (("if-match", "\"x\""), 412),
        (("if-none-match", tag.as_str()), 304),
        (("if-modified-since", then), 304),
        (("if-modified-since", before), 200),
        (("if-unmodified-since", then), 200),
        (("if-unmodified-since", before), 412),
    ] {
        get(&world, &content, field).await.status(status);
    }
}

#[tokio::test]
async fn deletion_at_the_site_outdates_the_tag() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let path = at(&format!("files/{file}"));
    let tag = etag(&world.caller.get(&path).await.status(200));
    world.site.set_file_status(&file, "trash");
    let request = world.caller.request("DELETE", &path).header("if-match", &tag);
    world.caller.send(request).await.problem(412, "precondition_failed");
    let before = ("if-unmodified-since", "Sat, 06 Jul 2019 11:59:59 GMT");
    let request = world.caller.request("DELETE", &path).header(before.0, before.1);
    world.caller.send(request).await.problem(412, "precondition_failed");
    world.assert_changed(&[]);
}
