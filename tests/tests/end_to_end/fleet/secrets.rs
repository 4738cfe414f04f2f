//! A test that a reader of Redis learns no secret.

use super::world::{ENCRYPTION_KEY, Fleet, keyed_folder, persist};
use crate::secrets::assert_absent;
use crate::streamplay::world::{KEY1, KEY2, account, at};
use crate::world::KEY;

/// The rejected keys of another account.
const WRONG1: &str = "Wrong1OfAnotherWrong1OfAnotherWrong1OfAnotherWrong1OfAnotherWron";
const WRONG2: &str = "Wrong2OfAnotherWrong2OfAnotherWrong2OfAnotherWrong2OfAnotherWron";
const IDEMPOTENCY_KEY: &str = "Planted-Idempotency-Key-3f8a";
const FOLDER: &str = "Planted-Folder-91c4";
const FILE: &str = "Planted-File-77d0.mp4";

#[tokio::test]
async fn redis_contains_no_readable_secret() {
    let fleet = Fleet::with(2, "", |configuration| {
        let base_url =
            configuration.text().lines().find_map(|line| line.strip_prefix("base_url = ").map(str::to_owned));
        configuration.table(&account("broken", base_url.expect("an account").trim_matches('"'), WRONG1, WRONG2))
    })
    .await;
    for caller in &fleet.callers {
        caller.get("/v1/accounts/plays").await.status(200);
        caller.get("/v1/accounts/broken").await.problem(502, "upstream_credentials_rejected");
        persist(caller, || keyed_folder(caller, IDEMPOTENCY_KEY, FOLDER)).await.status(201);
        let upload = || {
            let request = caller.request("POST", &at(&format!("files?name={FILE}")));
            let request = request.header("idempotency-key", "upload").header("content-type", "video/mp4");
            request.body("hello")
        };
        persist(caller, upload).await.status(201);
        caller.get(&at("folders/root/items?limit=1")).await.status(200);
    }
    let calls = fleet.site.journal().all();
    let tokens: Vec<String> =
        calls.iter().filter_map(|call| call.parameter("access_token").map(str::to_owned)).collect();
    assert!(!tokens.is_empty());

    let dump = fleet.redis.dump().await;
    for part in ["string polyhost:1:v:", "string polyhost:1:r:", "hash polyhost:1:g:", "zset polyhost:1:replicas"] {
        assert!(dump.contains(part), "no {part} in:\n{dump}");
    }
    let planted = [KEY, KEY1, KEY2, WRONG1, WRONG2, IDEMPOTENCY_KEY, FOLDER, FILE, ENCRYPTION_KEY];
    for secret in tokens.iter().map(String::as_str).chain(planted) {
        assert_absent(&dump, secret, "Redis");
    }
}
