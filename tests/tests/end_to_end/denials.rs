//! Tests of the site's 403, which means a denied action or wrong credentials. The gateway finds out which, and caches
//! the verdict.

use polyhost_end_to_end::{Configuration, Gateway};
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use crate::world::{KEY, LOGIN, World, at};

#[tokio::test]
async fn denied_action_is_verified_by_one_account_call() {
    let world = World::start().await;
    world.site.forbid("file/rename");
    world.site.forbid("file/delete");
    let id = world.site.add_file("0", "a.mp4", b"a");
    let path = at(&format!("files/{id}"));
    let problem = world.caller.patch(&path, &json!({"name": "b"})).await.problem(403, "upstream_forbidden");
    assert_eq!((&problem["retryable"], &problem["upstream"]["operation"]), (&json!(false), &json!("file/rename")));
    assert_eq!(
        (&problem["upstream"]["status"], &problem["upstream"]["message"]),
        (&json!("403"), &json!("Permission denied"))
    );
    assert_eq!(world.operations(), ["file/rename", "account/info"]);
    // The verdict is cached, so that another denial needs no second check.
    world.caller.delete(&path).await.problem(403, "upstream_forbidden");
    world.caller.patch(&path, &json!({"name": "b"})).await.problem(403, "upstream_forbidden");
    assert_eq!(world.operations(), ["file/delete", "file/rename"]);
}

#[tokio::test]
async fn file_of_another_user_is_denied() {
    let world = World::start().await;
    let foreign = world.site.add_foreign_file("theirs.mp4", b"a");
    let path = at(&format!("files/{foreign}"));
    assert_eq!(world.caller.get(&path).await.json(200)["name"], "theirs.mp4");
    world.caller.delete(&path).await.problem(403, "upstream_forbidden");
    world.caller.get(&format!("{path}/thumbnail")).await.problem(403, "upstream_forbidden");
}

/// Starts a gateway whose account has the wrong key at the site of a world.
async fn with_wrong_key(world: &World) -> Gateway {
    let configuration = Configuration::new().account("main", &world.site.base_url(), LOGIN, "not-the-key").client(
        "web",
        KEY,
        &["*"],
        &["read", "write"],
    );
    Gateway::start(&configuration).await
}

#[tokio::test]
async fn wrong_site_credentials_are_a_502_and_never_a_401() {
    let world = World::start().await;
    let gateway = with_wrong_key(&world).await;
    let caller = gateway.caller(KEY);
    let problem = caller.get(&at("folders/root/items")).await.problem(502, "upstream_credentials_rejected");
    assert_eq!(problem["retryable"], false);
    assert_eq!(world.operations(), ["file/listfolder", "account/info"]);
    // The verdict is cached for a minute.
    caller.delete(&at("files/abc")).await.problem(502, "upstream_credentials_rejected");
    assert_eq!(world.operations(), ["file/delete"]);
    caller.get("/v1/accounts/main").await.problem(502, "upstream_credentials_rejected");
    let health = caller.get("/v1/accounts").await.items()[0]["health"].take();
    assert_eq!(health["last_error"]["code"], "upstream_credentials_rejected");
    assert_eq!(health["last_success_at"], json!(null));
    let path = at("files?name=a.mp4");
    caller.typed("POST", &path, "video/mp4", "hello").await.problem(502, "upstream_credentials_rejected");
    assert!(world.site.journal().of("upload").is_empty());
}

#[tokio::test]
async fn denial_is_reported_if_the_account_call_fails() {
    let world = World::start().await;
    world.site.forbid("file/delete");
    world.site.faults().add(Rule::new("account/info", Fault::http(500)).times(1));
    world.caller.delete(&at("files/abc")).await.problem(403, "upstream_forbidden");
    world.caller.delete(&at("files/abc")).await.problem(403, "upstream_forbidden");
    assert_eq!(world.operations(), ["file/delete", "account/info", "file/delete", "account/info"]);
}
