//! Tests of the catalogue of listings: coalesced calls, pages while the folder changes, purges, and answers while the
//! site fails.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Gateway};
use polyhost_sandbox::Fault;
use serde_json::{Value, json};

use crate::world::{KEY, World, at, configuration};

/// The key of a client with the scope `admin`.
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
async fn thousand_callers_of_one_listing_make_one_call() {
    // On a busy machine, it takes a while until the gateway has served a thousand connections.
    let world = World::configured(|configuration| configuration.server("header_timeout = \"60s\"")).await;
    world.site.add_file("0", "a.mp4", b"a");
    world.inject("file/listfolder", Fault::Delay { millis: 1000 });
    let answers = join_all((0..1000).map(|_| read(&world.caller, "folders/root/items", &[]))).await;
    assert!(answers.into_iter().all(|answer| answer.items().len() == 1));
    assert_eq!(world.operations(), ["file/listfolder"]);
}

#[tokio::test]
async fn pages_of_a_changing_folder_show_each_file_once_in_order() {
    let world = World::start().await;
    let ids: Vec<String> = (0..10_000).map(|n| world.site.add_file("0", &format!("{n:05}.mp4"), b"x")).collect();
    let (mut seen, mut cursor, mut round) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.caller.get(&at(&format!("folders/root/items?limit=500{cursor}"))).await.json(200);
        seen.extend(names(&page));
        // Deletes an item already returned and one not yet returned, and adds one that would be next.
        for deleted in [round * 400, 9_999 - round] {
            world.caller.delete(&at(&format!("files/{}", ids[deleted]))).await.no_content();
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
    let fresh: BTreeSet<String> =
        names(&world.caller.get(&at("folders/root/items?limit=1000")).await.json(200)).into_iter().collect();
    assert!(fresh.contains("00499+.mp4") && !fresh.contains("00000.mp4"), "a new listing shows the current items");
}

#[tokio::test]
async fn cursor_of_one_process_works_in_another() {
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
async fn cached_answer_has_an_age_and_revalidates_with_304() {
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
async fn failing_site_is_bridged_by_marked_stale_answers() {
    let world = World::configured(|configuration| configuration.cache("listing_ttl = \"0s\"")).await;
    world.site.add_file("0", "a.mp4", b"a");
    read(&world.caller, "folders/root/items", &[]).await.status(200);
    world.inject("file/listfolder", Fault::http(500));
    let stale = read(&world.caller, "folders/root/items", &[]).await.status(200);
    assert!(status(&stale).starts_with("polyhost; hit; ttl=-"), "{}", status(&stale));
    assert_eq!(stale.items().len(), 1);
    read(&world.caller, "folders/root/items", &[("cache-control", "no-cache")]).await.problem(502, "upstream_error");
    // The site then reports that the folder, even the root, does not exist.
    world.site.faults().clear();
    world.inject("file/listfolder", Fault::envelope(404));
    read(&world.caller, "folders/root/items", &[]).await.problem(502, "upstream_error");
    world.site.faults().clear();
    world.inject("file/listfolder", Fault::http(500));
    world.caller.post(&at("folders"), &json!({"name": "Films"})).await.status(201);
    read(&world.caller, "folders/root/items", &[]).await.problem(502, "upstream_error");
}

#[tokio::test]
async fn write_keeps_unaffected_cache_entries() {
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
async fn purge_needs_admin_and_makes_the_next_read_call_the_site() {
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
