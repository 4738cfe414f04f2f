//! Tests of lookups at a site that reads one file per call.

use std::time::Duration;

use polyhost_end_to_end::body;
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::world::{World, at};

async fn lookup(world: &World, ids: &[String]) -> Vec<Value> {
    let answer = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await.json(200);
    body::keys(&answer, &["items"]);
    let items = answer["items"].as_array().unwrap().clone();
    items.iter().for_each(body::lookup_item);
    items
}

#[tokio::test]
async fn every_id_is_answered_in_the_requested_order() {
    let world = World::start().await;
    let trashed = world.site.add_file("0", "trashed.mp4", b"hello");
    world.site.set_file_status(&trashed, "trash");
    let good = world.site.add_file("0", "good.mp4", b"hello");
    // The site would parse an invalid id as the valid id at its beginning.
    let ids =
        [good.clone(), "77777".to_owned(), format!("{good}abc"), trashed.clone(), "0".to_owned(), format!("0{good}")];
    let items = lookup(&world, &ids).await;
    let answered: Vec<&Value> = items.iter().map(|item| &item["id"]).collect();
    assert_eq!(json!(answered), json!(ids));
    let statuses: Vec<u64> = items.iter().map(|item| item["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 404, 404, 200, 404, 404]);
    assert_eq!((&items[0]["file"]["name"], &items[3]["file"]["status"]), (&json!("good.mp4"), &json!("trashed")));
    for item in items.iter().filter(|item| item["status"] == 404) {
        assert_eq!((&item["file"], &item["problem"]["code"]), (&Value::Null, &json!("file_not_found")));
    }
    let arrived = world.arrived();
    let mut called: Vec<&str> = arrived.iter().map(|call| call.parameter("file_id").unwrap()).collect();
    called.sort_unstable();
    assert_eq!(called, [trashed.as_str(), &good, "77777"]);
    assert!(arrived.iter().all(|call| call.operation == "file/info"));
}

#[tokio::test]
async fn lookup_allows_a_hundred_different_ids() {
    let world = World::configured(|configuration| configuration.upstream("requests_per_second = 0.0")).await;
    let mut ids: Vec<String> = (0..101).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    let answer = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await;
    assert_eq!(answer.faults("invalid_request"), ["/ids"]);
    let twice = json!({"ids": [ids[0], ids[1], ids[0]]});
    world.caller.post(&at("files/lookup"), &twice).await.problem(400, "invalid_request");
    world.assert_nothing_sent();
    ids.pop();
    let items = lookup(&world, &ids).await;
    let names: Vec<&str> = items.iter().map(|item| item["file"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, (0..100).map(|n| format!("{n}.mp4")).collect::<Vec<_>>());
    assert_eq!(world.operations().len(), 100);
    assert_eq!(world.site.logins(), 1);
}

#[tokio::test]
async fn lookup_reads_have_a_limited_concurrency() {
    let world = World::configured(|configuration| {
        configuration.upstream("requests_per_second = 0.0\nmax_concurrency = 200\nattempt_timeout = \"2s\"")
    })
    .await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    let ids: Vec<String> = (0..100).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.inject("file/info", Fault::Hang);
    let caller = world.caller.clone();
    let pending = tokio::spawn(async move { caller.post(&at("files/lookup"), &json!({"ids": ids})).await });
    world.sent("file/info", 2).await;
    // No call is answered, so the number of calls sent is the number of concurrent calls.
    let (mut count, mut calm) = (0, 0);
    while calm < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let now = world.site.journal().of("file/info").len();
        (count, calm) = if now == count { (count, calm + 1) } else { (now, 0) };
    }
    assert!((2..=32).contains(&count), "{count} at once");
    pending.abort();
}

#[tokio::test]
async fn failed_read_does_not_fail_the_other_items() {
    let world = World::start().await;
    let ids: Vec<String> = (0..3).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.site.faults().add(Rule::new("file/info", Fault::http(500)).times(1));
    let items = lookup(&world, &ids).await;
    let broken: Vec<&Value> = items.iter().filter(|item| item["status"] == 502).collect();
    assert_eq!(broken.len(), 1, "{items:?}");
    assert_eq!((&broken[0]["problem"]["code"], &broken[0]["file"]), (&json!("upstream_error"), &Value::Null));
    assert_eq!(items.iter().filter(|item| item["status"] == 200).count(), 2);
}

#[tokio::test]
async fn lookup_whose_reads_all_fail_is_a_problem() {
    let world = World::start().await;
    let ids: Vec<String> = (0..3).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.inject("file/info", Fault::http(500));
    let problem = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await.problem(502, "upstream_error");
    assert_eq!(problem["upstream"]["operation"], "file/info");
    // If no file exists, each item has its answer, and the lookup succeeds.
    world.site.faults().clear();
    let none = lookup(&world, &["77777".to_owned(), "77778".to_owned()]).await;
    assert!(none.iter().all(|item| item["status"] == 404), "{none:?}");
}

#[tokio::test]
async fn different_failures_are_items_and_equal_ones_a_problem() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    let ids: Vec<String> = (0..2).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    world.site.faults().add(Rule::new("file/info", Fault::http(500)).times(1));
    world.inject("file/info", Fault::http(429));
    let items = lookup(&world, &ids).await;
    let mut problems: Vec<_> = items.iter().map(|item| (&item["problem"]["code"], item["status"].as_u64())).collect();
    problems.sort_by_key(|(_, status)| *status);
    let expected = [(&json!("upstream_rate_limited"), Some(429)), (&json!("upstream_error"), Some(502))];
    assert_eq!(problems, expected);
    assert!(items.iter().all(|item| item["file"].is_null() && item["problem"]["retryable"] == true), "{items:?}");
    let answer = world.caller.post(&at("files/lookup"), &json!({"ids": ids})).await;
    answer.problem(429, "upstream_rate_limited");
    assert!(answer.header("retry-after").is_some());
}
