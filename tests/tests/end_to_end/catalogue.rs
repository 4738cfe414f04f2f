//! The catalogue at work: counted at the site, walked while it changes, purged, and read where the site fails.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Gateway};
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use crate::world::{KEY, World, at, configuration};

/// The key of the client that may purge.
const ADMIN: &str = "key-of-admin";

async fn read(caller: &Caller, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = caller.request("GET", &at(path));
    caller.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

fn status(answer: &Answer) -> &str {
    answer.header("cache-status").expect("Cache-Status")
}

fn names(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_thousand_callers_of_one_listing_are_one_call() {
    // On a busy machine it takes a while until each of a thousand connections has its turn.
    let world = World::configured(|configuration| configuration.server("header_timeout = \"60s\"")).await;
    world.site.add_file("0", "a.mp4", b"a");
    world.breaks("file/listfolder", Fault::Delay { millis: 1000 });
    let answers = join_all((0..1000).map(|_| read(&world.caller, "folders/root/items", &[]))).await;
    assert!(answers.into_iter().all(|answer| answer.items().len() == 1));
    assert_eq!(world.operations(), ["file/listfolder"]);
}

#[tokio::test]
async fn a_walk_over_ten_thousand_files_sees_each_once_and_in_order_while_files_come_and_go() {
    let world = World::start().await;
    let ids: Vec<String> = (0..10_000).map(|n| world.site.add_file("0", &format!("{n:05}.mp4"), b"x")).collect();
    let (mut seen, mut cursor, mut round) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.caller.get(&at(&format!("folders/root/items?limit=500{cursor}"))).await.json(200);
        seen.extend(names(&page));
        // One that was seen goes, one that was not goes, and one comes that would have been next.
        for gone in [round * 400, 9_999 - round] {
            world.caller.delete(&at(&format!("files/{}", ids[gone]))).await.no_content();
        }
        world.site.add_file("0", &format!("{}+.mp4", &seen[seen.len() - 1][..5]), b"x");
        round += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..10_000).map(|n| format!("{n:05}.mp4")).collect();
    assert_eq!(seen, expected);
    assert_eq!(world.site.journal().of("file/listfolder").len(), 1);
    let anew: BTreeSet<String> =
        names(&world.caller.get(&at("folders/root/items?limit=1000")).await.json(200)).into_iter().collect();
    assert!(anew.contains("00499+.mp4") && !anew.contains("00000.mp4"), "who begins anew sees what there is");
}

#[tokio::test]
async fn a_cursor_of_one_process_is_read_by_another() {
    let world = World::start().await;
    for n in 0..7 {
        world.site.add_file("0", &format!("{n}.mp4"), b"x");
    }
    let other = Gateway::start(&configuration(&world.site)).await;
    let callers = [&world.caller, &other.caller(KEY)];
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for turn in 0.. {
        let page = callers[turn % 2].get(&at(&format!("folders/root/items?limit=2&sort=-name{cursor}"))).await;
        let page = page.json(200);
        seen.extend(names(&page));
        match page["next_cursor"].as_str() {
            Some(next) => {
                assert!(next.len() <= 512);
                cursor = format!("&cursor={next}");
            }
            None => break,
        }
    }
    assert_eq!(seen, ["6.mp4", "5.mp4", "4.mp4", "3.mp4", "2.mp4", "1.mp4", "0.mp4"]);
}

#[tokio::test]
async fn what_is_kept_tells_its_age_and_is_not_sent_twice() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let folder = world.site.add_folder("0", "Films");
    let paths = [
        String::new(),
        "folders/root/items".to_owned(),
        format!("files/{file}"),
        format!("folders/{folder}"),
        format!("folders/{folder}/usage"),
    ];
    for path in paths {
        let path = path.as_str();
        let first = if path.is_empty() {
            world.caller.get("/v1/accounts/main").await.status(200)
        } else {
            read(&world.caller, path, &[]).await.status(200)
        };
        assert_eq!(first.header("cache-control"), Some("private, no-cache"), "{path}");
        assert!(first.header("age").is_some() && first.header("cache-status").is_some(), "{path}");
        let tag = first.header("etag").expect("ETag").to_owned();
        world.arrived();
        let full = if path.is_empty() { "/v1/accounts/main".to_owned() } else { at(path) };
        let request = world.caller.request("GET", &full).header("if-none-match", &tag);
        let again = world.caller.send(request).await.status(304);
        assert!(status(&again).starts_with("polyhost; hit; ttl="), "{path}: {}", status(&again));
        assert!(again.body.is_empty());
        world.assert_nothing_sent();
        let request = world.caller.request("GET", &full).header("cache-control", "no-cache");
        assert_eq!(status(&world.caller.send(request).await.status(200)), "polyhost; fwd=request; stored", "{path}");
        assert!(!world.arrived().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn where_the_site_fails_what_was_lately_true_is_told_as_such() {
    let world = World::configured(|configuration| configuration.cache("listing_ttl = \"0s\"")).await;
    world.site.add_file("0", "a.mp4", b"a");
    read(&world.caller, "folders/root/items", &[]).await.status(200);
    world.breaks("file/listfolder", Fault::http(500));
    let stale = read(&world.caller, "folders/root/items", &[]).await.status(200);
    assert!(status(&stale).starts_with("polyhost; hit; ttl=-"), "{}", status(&stale));
    assert_eq!(stale.items().len(), 1);
    read(&world.caller, "folders/root/items", &[("cache-control", "no-cache")]).await.problem(502, "upstream_error");
    // It says that there is no such thing, be it the root.
    world.site.faults().clear();
    world.breaks("file/listfolder", Fault::envelope(404));
    read(&world.caller, "folders/root/items", &[]).await.problem(502, "upstream_error");
    world.site.faults().clear();
    world.breaks("file/listfolder", Fault::http(500));
    world.caller.post(&at("folders"), &json!({"name": "Films"})).await.status(201);
    read(&world.caller, "folders/root/items", &[]).await.problem(502, "upstream_error");
}

#[tokio::test]
async fn a_write_leaves_what_it_does_not_touch() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let file = world.site.add_file(&folder, "a.mp4", b"a");
    for path in ["folders/root/items", &format!("folders/{folder}/items")] {
        read(&world.caller, path, &[]).await.status(200);
    }
    world.caller.patch(&at(&format!("files/{file}")), &json!({"name": "b.mp4"})).await.status(200);
    world.arrived();
    read(&world.caller, "folders/root/items", &[]).await.status(200);
    world.assert_nothing_sent();
    let films = read(&world.caller, &format!("folders/{folder}/items"), &[]).await.items();
    assert_eq!(films[0]["name"], "b.mp4");
    let one = read(&world.caller, &format!("files/{file}"), &[]).await.json(200);
    assert_eq!((&one["name"], &one["folder_id"]), (&json!("b.mp4"), &json!(folder)));
}

#[tokio::test]
async fn a_purge_makes_the_next_question_go_to_the_site_and_needs_the_scope() {
    let world = World::configured(|configuration| configuration.client("ops", ADMIN, &["*"], &["admin"])).await;
    read(&world.caller, "folders/root/items", &[]).await.status(200);
    world.site.add_file("0", "a.mp4", b"a");
    let purge = |caller: Caller| async move { caller.send(caller.request("POST", &at("cache/purge"))).await };
    purge(world.gateway.caller(KEY)).await.problem(403, "forbidden");
    assert!(read(&world.caller, "folders/root/items", &[]).await.items().is_empty());
    purge(world.gateway.caller(ADMIN)).await.no_content();
    assert_eq!(read(&world.caller, "folders/root/items", &[]).await.items().len(), 1);
    let nowhere = world.gateway.caller(ADMIN);
    nowhere.send(nowhere.request("POST", "/v1/accounts/none/cache/purge")).await.problem(404, "account_not_found");
}
