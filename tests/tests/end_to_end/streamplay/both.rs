//! Tests of one file at both sites: uploaded to each through the same gateway, and downloaded from streamplay.

use std::path::Path;

use serde_json::json;

use super::world::{World, at, bytes, id};
use crate::world::at as at_pstream;

async fn upload(world: &World, path: &str, bytes: &[u8]) -> String {
    let file = world.caller.typed("POST", path, "video/mp4", bytes.to_vec()).await.json(201);
    assert_eq!(file["size"], json!(bytes.len()));
    id(&file)
}

async fn round_trip(sent: &[u8]) {
    let world = World::start().await;
    let there = upload(&world, &at_pstream("files?name=clip.mp4"), sent).await;
    let here = upload(&world, &at("files?name=clip.mp4"), sent).await;
    assert!(world.pstream.file_bytes(&there).unwrap() == sent && world.site.file_bytes(&here).unwrap() == sent);

    let path = at(&format!("files/{here}/content"));
    let whole = world.caller.get(&path).await.status(200);
    assert_eq!(whole.header("content-length"), Some(&*sent.len().to_string()));
    assert!(whole.body == sent, "the download has other bytes");
    // Downloads consecutive ranges.
    let piece = sent.len() / 3 + 1;
    let mut joined = Vec::new();
    while joined.len() < sent.len() {
        let last = joined.len() + piece - 1;
        let part = world.caller.request("GET", &path).header("range", format!("bytes={}-{last}", joined.len()));
        joined.extend(world.caller.send(part).await.status(206).body);
    }
    assert!(joined == sent, "the ranges have other bytes");
    let tail = world.caller.request("GET", &path).header("range", "bytes=-1000");
    assert!(world.caller.send(tail).await.status(206).body == sent[sent.len().saturating_sub(1000)..]);
}

#[tokio::test]
async fn video_at_both_sites_makes_a_round_trip() {
    let clip = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clip.mp4")).unwrap();
    round_trip(&clip).await;
}

#[tokio::test]
async fn large_file_at_both_sites_makes_a_round_trip() {
    round_trip(&bytes(20 * 1024 * 1024 + 7)).await;
}

#[tokio::test]
async fn same_requests_work_at_both_sites() {
    let world = World::start().await;
    for account in ["main", "plays"] {
        let at = |path: &str| format!("/v1/accounts/{account}/{path}");
        let caller = &world.caller;
        let file = upload(&world, &at("files?name=clip.mp4"), b"hello").await;
        let folder = id(&caller.post(&at("folders"), &json!({"name": "Clips"})).await.json(201));
        let path = at(&format!("files/{file}"));
        let changed = caller.patch(&path, &json!({"name": "b.mp4", "folder_id": folder})).await.json(200);
        assert_eq!((&changed["name"], &changed["folder_id"]), (&json!("b.mp4"), &json!(folder)), "{account}");
        let items = caller.get(&at(&format!("folders/{folder}/items"))).await.items();
        assert_eq!((&items[0]["id"], &items[0]["size"]), (&json!(file), &json!(5)), "{account}");
        let found = caller.post(&at("files/lookup"), &json!({"ids": [file, "77777"]})).await.json(200);
        assert_eq!((&found["items"][0]["status"], &found["items"][1]["status"]), (&json!(200), &json!(404)));
        let usage = caller.get(&at("folders/root/usage")).await.json(200);
        assert_eq!((&usage["folders"], &usage["files"], &usage["bytes"]), (&json!(1), &json!(1), &json!(5)));
        caller.patch(&at(&format!("folders/{folder}")), &json!({"name": "Films"})).await.json(200);
        assert_eq!(caller.get(&at(&format!("folders/{folder}"))).await.json(200)["name"], "Films");
        caller.delete(&at(&format!("folders/{folder}"))).await.problem(409, "folder_not_empty");
        caller.delete(&path).await.no_content();
        caller.delete(&at(&format!("folders/{folder}"))).await.no_content();
        assert!(caller.get(&at("folders/root/items")).await.items().is_empty(), "{account}");
    }
}
