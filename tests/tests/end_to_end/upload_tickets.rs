//! Tests of upload tickets: URLs to which callers upload bytes directly.

use polyhost_end_to_end::body;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::world::{World, at};

const HELLO: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

#[tokio::test]
async fn ticket_accepts_the_bytes_without_the_gateway() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let answer = world.caller.post(&at("upload-tickets"), &json!({"folder_id": folder})).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let ticket = answer.json(201);
    body::upload_ticket(&ticket);
    assert_eq!((&ticket["file_field"], &ticket["expires_at"]), (&json!("file1"), &json!("2019-07-06T16:00:00Z")));
    world.assert_sent(&[("file/ul", &[("folder", &folder)])]);

    let form = Form::new().part("file1", Part::bytes(b"hello".to_vec()).file_name("direct.mp4"));
    let site = reqwest::Client::builder().no_proxy().build().unwrap();
    let stored = site.post(ticket["url"].as_str().unwrap()).multipart(form).send().await.unwrap();
    assert_eq!(stored.status(), 200);
    let id = world.site.find_file("direct.mp4").unwrap();
    assert_eq!(world.site.folder_of(&id), Some(folder));
    let used = site.post(ticket["url"].as_str().unwrap()).body("again").send().await.unwrap().text().await.unwrap();
    assert!(used.contains("404"), "{used}");
}

#[tokio::test]
async fn parameters_of_a_ticket_arrive_at_the_site() {
    let world = World::start().await;
    let cases: [(serde_json::Value, &[(&str, &str)]); 6] = [
        (json!({}), &[]),
        (json!({"folder_id": "root"}), &[]),
        (json!({"sha1": HELLO}), &[("sha1", HELLO)]),
        (json!({"sha1": HELLO.to_uppercase()}), &[("sha1", HELLO)]),
        (json!({"plain_http": true}), &[("httponly", "true")]),
        (json!({"plain_http": false}), &[]),
    ];
    for (body, parameters) in cases {
        world.caller.post(&at("upload-tickets"), &body).await.status(201);
        world.assert_sent(&[("file/ul", parameters)]);
    }
    world.caller.post(&at("upload-tickets"), &json!({"folder_id": "99999"})).await.problem(404, "folder_not_found");
}
