//! Tests that bytes arrive unchanged, for every size, file name and framing.

use polyhost_end_to_end::body;
use serde_json::json;

use super::world::{Dialect, FRAMINGS, Framing, World, bytes};

const SIZES: [usize; 4] = [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1];

const NAMES: [&str; 8] = [
    "東京物語.mp4",
    "فيلم قصير.mp4",
    "🎬🍿.mp4",
    "say \"hello\" & 'bye'.mp4",
    "back\\slash.mp4",
    "100% + a%20b.mp4",
    "1+1=2.mp4",
    ".hidden",
];

/// Returns the name under which the site stores a file. YetiShare treats a backslash as the end of a folder's name.
fn stored_name(dialect: Dialect, name: &str) -> &str {
    match dialect {
        Dialect::Openload => name,
        Dialect::Yetishare => name.rsplit('\\').next().unwrap_or(name),
    }
}

async fn check(world: &World, framing: Framing, name: &str, sent: &[u8]) {
    world.journal().clear();
    let answer = world.upload(framing, name, sent).await;
    let location = answer.header("location").map(str::to_owned);
    let file = answer.json(201);
    body::uploaded_file(&file);
    let id = file["id"].as_str().unwrap();
    let context = format!("{framing:?}, {} bytes, {name}", sent.len());
    assert_eq!(location, Some(world.at(&format!("files/{id}"))), "{context}");
    assert_eq!(file["name"], json!(stored_name(world.dialect, name)), "{context}");
    assert_eq!((&file["size"], &file["folder_id"]), (&json!(sent.len()), &json!("root")), "{context}");
    assert!(world.bytes_of(id).unwrap() == sent, "{context}: the site has other bytes");
    assert_eq!(world.uploads(), 1, "{context}");
    let arrived = world.last_upload();
    assert_eq!((arrived.bytes, arrived.content_type.as_deref()), (sent.len() as u64, Some("video/mp4")), "{context}");
    assert!(arrived.complete && arrived.declared_length.is_some(), "{context}: {arrived:?}");
    let read = world.caller.get(&location.unwrap()).await.json(200);
    assert_eq!((&read["name"], &read["size"]), (&file["name"], &file["size"]), "{context}");
    if world.dialect == Dialect::Yetishare {
        assert!(file["md5"].is_string(), "{context}: the site's hash was not compared with the bytes");
        let downloaded = world.caller.get(&world.at(&format!("files/{id}/content"))).await.status(200);
        assert!(downloaded.body == sent, "{context}: the download has other bytes");
    }
}

async fn check_all(dialect: Dialect) {
    let world = World::start(dialect).await;
    let mut names = NAMES.iter().cycle();
    for size in SIZES {
        for framing in FRAMINGS {
            check(&world, framing, names.next().unwrap(), &bytes(size)).await;
        }
        // Shifts the pairing, so that a framing gets another name for each size.
        names.next();
    }
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn every_size_arrives_at_pstream_in_every_framing() {
    check_all(Dialect::Openload).await;
}

#[tokio::test]
async fn every_size_makes_a_round_trip_at_streamplay() {
    check_all(Dialect::Yetishare).await;
}

#[tokio::test]
async fn hundred_mebibytes_make_a_round_trip() {
    let world = World::start(Dialect::Yetishare).await;
    check(&world, Framing::Bare, "large.mp4", &bytes(100 << 20)).await;
    world.assert_nothing_left().await;
}
