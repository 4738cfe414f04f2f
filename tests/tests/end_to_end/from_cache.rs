//! Tests of answers that the cache gives without the handler: they are equal to the handler's, and every check of the
//! caller applies to them.

use polyhost_end_to_end::Answer;

use crate::world::{World, at};

/// Returns what must be equal: the status, the body, and the header fields that do not differ between all answers.
fn comparable(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let differs = ["age", "cache-status", "date", "ratelimit", "x-request-id"];
    let fields = answer.headers.iter().filter(|(name, _)| !differs.contains(&name.as_str())).cloned();
    let mut fields: Vec<_> = fields.collect();
    fields.sort_unstable();
    (answer.status, answer.text(), fields)
}

/// Fills a world with files, and returns the paths whose answers the cache can give.
fn paths(world: &World) -> Vec<String> {
    let ids: Vec<_> = (0..3).map(|n| world.site.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    let listings = ["", "?limit=2", "?limit=1&type=file&sort=-name", "?name=1.mp4"];
    let listings = listings.map(|query| at(&format!("folders/root/items{query}")));
    listings.into_iter().chain([at(&format!("files/{}", ids[0]))]).collect()
}

#[tokio::test]
async fn cached_answer_equals_that_of_the_handler() {
    let world = World::start().await;
    for path in paths(&world) {
        // The first answer comes from the handler, unless another page has filled the cache.
        let first = world.caller.get(&path).await.status(200);
        let cached = world.caller.get(&path).await;
        assert!(cached.header("cache-status").unwrap().starts_with("polyhost; hit"), "{path}");
        assert_eq!(comparable(&cached), comparable(&first), "{path}");
        // The answer to HEAD always comes from the handler.
        let (status, _, fields) = comparable(&cached);
        let head = world.caller.send(world.caller.request("HEAD", &path)).await;
        assert_eq!(comparable(&head), (status, String::new(), fields), "{path}");
        let etag = cached.header("etag").unwrap();
        let unchanged = world.caller.request("GET", &path).header("if-none-match", etag);
        let unchanged = world.caller.send(unchanged).await.status(304);
        assert_eq!((unchanged.header("etag"), unchanged.text().as_str()), (Some(etag), ""), "{path}");
        let head = world.caller.request("HEAD", &path).header("if-none-match", etag);
        assert_eq!(comparable(&world.caller.send(head).await), comparable(&unchanged), "{path}");
        let changed = world.caller.request("GET", &path).header("if-match", "\"other\"");
        world.caller.send(changed).await.problem(412, "precondition_failed");
    }
}

#[tokio::test]
async fn cached_answer_needs_key_account_and_scope() {
    let world = World::configured(|configuration| {
        configuration
            .account("other", "http://127.0.0.1:9/v1", "l", "k")
            .client("stranger", "key-of-stranger", &["other"], &["read"])
            .client("writer", "key-of-writer", &["main"], &["write"])
    })
    .await;
    for path in paths(&world) {
        world.caller.get(&path).await.status(200);
        world.caller.get(&path).await.status(200);
        world.gateway.keyless().get(&path).await.problem(401, "unauthenticated");
        world.gateway.caller("key-of-stranger").get(&path).await.problem(404, "account_not_found");
        world.gateway.caller("key-of-writer").get(&path).await.problem(403, "forbidden");
        let unknown = if path.contains('?') { "&unknown=1" } else { "?unknown=1" };
        world.caller.get(&format!("{path}{unknown}")).await.problem(400, "invalid_request");
    }
}

#[tokio::test]
async fn cached_answer_counts_towards_the_rate_limit() {
    let client = |name: &str, limit: &str| {
        let key = polyhost_end_to_end::key_sha256(name);
        let accounts = "accounts = [\"*\"]\nscopes = [\"read\"]";
        format!("[[clients]]\nname = \"{name}\"\nkey_sha256 = \"{key}\"\n{accounts}\n{limit}")
    };
    let limited = client("limited", "rate_limit = { requests = 3, per_seconds = 3600 }");
    let world = World::configured(|configuration| configuration.table(&limited)).await;
    let file = at(&format!("files/{}", world.site.add_file("0", "a.mp4", b"x")));
    let caller = world.gateway.caller("limited");
    for left in ["2", "1", "0"] {
        let answer = caller.get(&file).await.status(200);
        assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"client\";r={left};")));
    }
    caller.get(&file).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn cached_answer_ends_with_a_change_or_a_request_for_a_new_one() {
    let world = World::start().await;
    let paths = paths(&world);
    let file = paths.last().unwrap();
    for path in &paths {
        world.caller.get(path).await.status(200);
        let anew = world.caller.request("GET", path).header("cache-control", "no-cache");
        let anew = world.caller.send(anew).await.status(200);
        assert!(anew.header("cache-status").unwrap().starts_with("polyhost; fwd=request"), "{path}");
        assert!(world.caller.get(path).await.header("cache-status").unwrap().starts_with("polyhost; hit"), "{path}");
    }
    world.caller.patch(file, &serde_json::json!({"name": "new.mp4"})).await.status(200);
    for path in [file, &paths[0]] {
        let changed = world.caller.get(path).await.status(200);
        assert!(changed.text().contains("new.mp4") && !changed.text().contains("\"0.mp4\""), "{}", changed.text());
    }
}
