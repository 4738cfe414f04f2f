//! Tests of the cache: its header fields, `no-cache`, conditional requests, and invalidation by writes.

use std::time::Duration;

use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use crate::world::{World, at};

async fn items(world: &World, headers: &[(&str, &str)]) -> Answer {
    let request = world.caller.request("GET", &at("folders/root/items"));
    world.caller.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

fn cache_status(answer: &Answer) -> &str {
    answer.header("cache-status").expect("Cache-Status")
}

#[tokio::test]
async fn two_equal_reads_make_one_call() {
    let world = World::start().await;
    world.site.add_file("0", "a.mp4", b"a");
    let miss = items(&world, &[]).await.status(200);
    assert_eq!(cache_status(&miss), "polyhost; fwd=uri-miss; stored");
    assert_eq!(miss.header("cache-control"), Some("private, no-cache"));
    assert_eq!(miss.header("age"), Some("0"));
    let hit = items(&world, &[]).await.status(200);
    let ttl = cache_status(&hit).strip_prefix("polyhost; hit; ttl=").expect("a hit");
    assert!((25..=30).contains(&ttl.parse::<i64>().unwrap()), "{ttl}");
    assert!(hit.header("age").unwrap().parse::<u64>().unwrap() < 5);
    assert_eq!((&hit.body, hit.header("etag")), (&miss.body, miss.header("etag")));
    assert!(hit.header("etag").unwrap().starts_with('"'), "the tag is strong");
    // Another page and another order are made from the same listing.
    world.caller.get(&at("folders/root/items?limit=1&sort=-size")).await.status(200);
    world.assert_sent(&[("file/listfolder", &[])]);
}

#[tokio::test]
async fn no_cache_request_gets_a_fresh_answer() {
    let world = World::start().await;
    items(&world, &[]).await.status(200);
    world.site.add_file("0", "a.mp4", b"a");
    assert!(items(&world, &[]).await.items().is_empty());
    let fresh = items(&world, &[("cache-control", "no-cache")]).await;
    assert_eq!(cache_status(&fresh), "polyhost; fwd=request; stored");
    assert_eq!(fresh.header("age"), Some("0"));
    assert_eq!(fresh.items().len(), 1);
    assert_eq!(items(&world, &[]).await.items().len(), 1);
    assert_eq!(world.operations().len(), 2);
}

#[tokio::test]
async fn if_none_match_gets_304_until_the_page_changes() {
    let world = World::start().await;
    let tag = items(&world, &[]).await.header("etag").unwrap().to_owned();
    let several = format!("\"other\", {tag}");
    for condition in [tag.as_str(), several.as_str(), "*"] {
        let same = items(&world, &[("if-none-match", condition)]).await.status(304);
        assert!(same.body.is_empty());
        assert_eq!(same.header("etag"), Some(&*tag));
    }
    items(&world, &[("if-none-match", "\"other\"")]).await.status(200);
    world.caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await.status(201);
    let changed = items(&world, &[("if-none-match", &tag)]).await.status(200);
    assert_ne!(changed.header("etag"), Some(&*tag));
}

#[tokio::test]
async fn different_pages_have_different_entity_tags() {
    let world = World::start().await;
    world.site.add_folder("0", "Films");
    for name in ["a.mp4", "b.mp4", "c.mp4"] {
        world.site.add_file("0", name, b"a");
    }
    let mut tags = std::collections::HashMap::new();
    for query in [
        "",
        "?limit=1",
        "?limit=2",
        "?sort=-name",
        "?type=file",
        "?type=folder",
        "?name=a.mp4",
        "?name=b.mp4",
        "?name=nothing",
    ] {
        let answer = world.caller.get(&at(&format!("folders/root/items{query}"))).await.status(200);
        let body = tags.entry(answer.header("etag").unwrap().to_owned()).or_insert_with(|| answer.body.clone());
        assert_eq!(*body, answer.body, "{query} has the tag of another body");
    }
}

#[tokio::test]
async fn every_write_is_visible_at_once() {
    let world = World::start().await;
    let names = async || -> Vec<String> {
        items(&world, &[]).await.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names().await.is_empty());
    let folder = world.caller.post(&at("folders"), &json!({"name": "Films"})).await.json(201)["id"].take();
    assert_eq!(names().await, ["Films"]);
    let upload = world.caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await.json(201);
    assert_eq!(names().await, ["Films", "a.mp4"]);
    let file = at(&format!("files/{}", upload["id"].as_str().unwrap()));
    world.caller.patch(&file, &json!({"name": "b.mp4"})).await.status(200);
    assert_eq!(names().await, ["Films", "b.mp4"]);
    let folder_path = at(&format!("folders/{}", folder.as_str().unwrap()));
    world.caller.patch(&folder_path, &json!({"name": "Series"})).await.status(200);
    assert_eq!(names().await, ["Series", "b.mp4"]);
    world.caller.patch(&file, &json!({"folder_id": folder})).await.status(200);
    assert_eq!(names().await, ["Series"]);
    assert_eq!(world.caller.get(&format!("{folder_path}/items")).await.items()[0]["name"], "b.mp4");
    world.caller.delete(&file).await.no_content();
    assert!(world.caller.get(&format!("{folder_path}/items")).await.items().is_empty());
    world.caller.delete(&folder_path).await.no_content();
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn write_with_a_lost_answer_is_visible_at_once() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    assert_eq!(items(&world, &[]).await.items().len(), 1);
    world.inject("file/delete", Fault::LoseAnswer);
    world.caller.delete(&at(&format!("files/{id}"))).await.problem(504, "outcome_unknown");
    assert!(items(&world, &[]).await.items().is_empty());
}

#[tokio::test]
async fn cached_listing_expires_after_its_ttl() {
    let world = World::configured(|configuration| configuration.cache("listing_ttl = \"50ms\"")).await;
    items(&world, &[]).await.status(200);
    world.site.add_file("0", "a.mp4", b"a");
    let expired = async {
        while items(&world, &[]).await.items().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(10), expired).await.unwrap();
}

#[tokio::test]
async fn concurrent_equal_reads_share_one_call() {
    let world = World::start().await;
    world.inject("file/listfolder", Fault::Delay { millis: 200 });
    let answers = futures_util::future::join_all((0..8).map(|_| items(&world, &[]))).await;
    let statuses: Vec<&str> = answers.iter().map(cache_status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == "polyhost; fwd=uri-miss; stored").count(),
        1,
        "{statuses:?}"
    );
    let shared = |status: &&str| *status == "polyhost; fwd=uri-miss; collapsed" || status.starts_with("polyhost; hit");
    assert_eq!(statuses.iter().copied().filter(shared).count(), 7, "{statuses:?}");
    assert_eq!(world.operations(), ["file/listfolder"]);
}

#[tokio::test]
async fn failure_is_not_cached() {
    let world = World::start().await;
    world.site.faults().add(Rule::new("file/listfolder", Fault::http(500)).times(1));
    items(&world, &[]).await.problem(502, "upstream_error");
    items(&world, &[]).await.status(200);
}

#[tokio::test]
async fn no_cache_repeats_the_listings_behind_folders_and_usage() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let inner = world.site.add_folder(&outer, "Inner");
    let usage = at(&format!("folders/{inner}/usage"));
    for path in [&at(&format!("folders/{outer}")), &usage] {
        world.caller.get(path).await.status(200);
        world.arrived();
        world.caller.get(path).await.status(200);
        world.assert_nothing_sent();
        for _ in 0..2 {
            let request = world.caller.request("GET", path).header("cache-control", "no-cache");
            world.caller.send(request).await.status(200);
            assert_eq!(world.operations(), ["file/listfolder"], "{path}");
        }
    }
    // A new file at the site is counted by an uncached read.
    world.site.add_file(&inner, "a.mp4", b"hello");
    assert_eq!(world.caller.get(&usage).await.json(200)["bytes"], 0);
    let request = world.caller.request("GET", &usage).header("cache-control", "no-cache");
    assert_eq!(world.caller.send(request).await.json(200)["bytes"], 5);
}
