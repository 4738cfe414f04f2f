//! Tests of keys, accounts and scopes.

use polyhost_end_to_end::{Answer, Caller, key_sha256};
use serde_json::json;

use crate::world::{KEY, World, at};

async fn with(world: &World, name: &str, value: &str) -> Answer {
    let keyless = world.gateway.keyless();
    keyless.send(keyless.request("GET", "/v1/me").header(name, value)).await
}

#[tokio::test]
async fn key_is_accepted_in_either_header() {
    let world = World::start().await;
    for (name, value) in [
        ("authorization", format!("Bearer {KEY}")),
        ("authorization", format!("bearer {KEY}")),
        ("x-api-key", KEY.to_owned()),
    ] {
        assert_eq!(with(&world, name, &value).await.json(200)["name"], "web", "{name}: {value}");
    }
}

#[tokio::test]
async fn missing_and_wrong_keys_are_401() {
    let world = World::start().await;
    let answer = world.gateway.keyless().get("/v1/me").await;
    let problem = answer.problem(401, "unauthenticated");
    assert_eq!((answer.header("www-authenticate"), &problem["retryable"]), (Some("Bearer"), &json!(false)));
    let wrong = [
        ("authorization", "Bearer nobody".to_owned()),
        ("authorization", format!("Basic {KEY}")),
        ("authorization", KEY.to_owned()),
        ("authorization", "Bearer".to_owned()),
        ("authorization", "Bearer ".to_owned()),
        ("authorization", format!("Bearer {KEY}x")),
        ("authorization", format!("Bearer {}", key_sha256(KEY))),
        ("x-api-key", "nobody".to_owned()),
        ("x-api-key", String::new()),
    ];
    for (name, value) in wrong {
        with(&world, name, &value).await.problem(401, "unauthenticated");
    }
    world.gateway.keyless().get(&format!("/v1/me?key={KEY}")).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn both_keys_of_a_rotation_work() {
    let hashes = [key_sha256("old"), key_sha256("new")];
    let client =
        format!("[[clients]]\nname = \"job\"\nkey_sha256 = {hashes:?}\naccounts = [\"*\"]\nscopes = [\"read\"]");
    let world = World::configured(|configuration| configuration.table(&client)).await;
    for key in ["old", "new"] {
        assert_eq!(world.gateway.caller(key).get("/v1/me").await.json(200)["name"], "job");
    }
}

#[tokio::test]
async fn forbidden_account_looks_like_a_missing_one() {
    let world = World::configured(|configuration| {
        configuration.account("other", "http://127.0.0.1:9/v1", "l", "k").client(
            "job",
            "key-of-job",
            &["other"],
            &["read", "write", "admin"],
        )
    })
    .await;
    let job = world.gateway.caller("key-of-job");
    let (absent, forbidden) = ("/v1/accounts/nobody", "/v1/accounts/main");
    for (method, path) in operations() {
        let path = path.strip_prefix(forbidden).unwrap();
        let hidden =
            job.json(method, &format!("{forbidden}{path}"), &json!({})).await.problem(404, "account_not_found");
        let missing = job.json(method, &format!("{absent}{path}"), &json!({})).await.problem(404, "account_not_found");
        let plain = |text: &serde_json::Value, name: &str| text.as_str().unwrap().replace(name, "?");
        assert_eq!(plain(&hidden["detail"], "main"), plain(&missing["detail"], "nobody"));
    }
    assert_eq!(job.get("/v1/me").await.json(200)["accounts"], json!(["other"]));
    let names: Vec<_> = job.get("/v1/accounts").await.items().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, [json!("other")]);
    let all: Vec<_> = world.caller.get("/v1/accounts").await.items().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(all, [json!("main"), json!("other")]);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn key_without_the_scope_is_403() {
    let world = World::configured(|configuration| {
        configuration.client("reader", "key-of-reader", &["*"], &["read"]).client(
            "writer",
            "key-of-writer",
            &["*"],
            &["write"],
        )
    })
    .await;
    let (reader, writer) = (world.gateway.caller("key-of-reader"), world.gateway.caller("key-of-writer"));
    for (method, path) in operations() {
        let reads = method == "GET" || path.ends_with("/lookup");
        let (lacking, having): (&Caller, &Caller) = if reads { (&writer, &reader) } else { (&reader, &writer) };
        let problem = lacking.json(method, &path, &json!({})).await.problem(403, "forbidden");
        let scope = if reads { "read" } else { "write" };
        assert!(problem["detail"].as_str().unwrap().contains(scope), "{problem}");
        assert_eq!(problem["upstream"], json!(null));
        let allowed = having.json(method, &path, &json!({})).await;
        assert_ne!(allowed.status, 403, "{method} {path}: {}", allowed.text());
    }
    for path in ["/v1/providers", "/v1/accounts"] {
        writer.get(path).await.problem(403, "forbidden");
    }
    assert_eq!(writer.get("/v1/me").await.json(200)["scopes"], json!(["write"]));
}

/// Returns every operation on an account.
fn operations() -> Vec<(&'static str, String)> {
    [
        ("GET", ""),
        ("GET", "/capabilities"),
        ("POST", "/files/lookup"),
        ("GET", "/files/x"),
        ("POST", "/files"),
        ("PATCH", "/files/x"),
        ("DELETE", "/files/x"),
        ("GET", "/files/x/thumbnail"),
        ("POST", "/upload-tickets"),
        ("GET", "/folders/root"),
        ("GET", "/folders/root/items"),
        ("GET", "/folders/root/usage"),
        ("POST", "/folders"),
        ("PATCH", "/folders/1"),
        ("DELETE", "/folders/1"),
        ("POST", "/remote-uploads"),
        ("GET", "/remote-uploads"),
        ("GET", "/remote-uploads/1"),
        ("DELETE", "/remote-uploads/1"),
        ("GET", "/conversions"),
    ]
    .map(|(method, path)| (method, format!("/v1/accounts/main{path}")))
    .to_vec()
}

#[tokio::test]
async fn every_route_except_the_open_ones_needs_a_key() {
    let world = World::start().await;
    let keyless = world.gateway.keyless();
    for path in ["/livez", "/readyz", "/openapi.json", "/docs/", "/problems/internal"] {
        keyless.get(path).await.status(200);
    }
    for path in ["/", "/docs"] {
        let answer = keyless.get(path).await;
        assert!(matches!(answer.status, 200 | 302 | 303 | 307 | 308), "{path}: {}", answer.status);
    }
    for (method, path) in operations() {
        keyless.json(method, &path, &json!({})).await.problem(401, "unauthenticated");
    }
    let closed = [
        "/v1",
        "/v1/me",
        "/v1/providers",
        "/v1/accounts",
        "/metrics",
        "/nothing",
        "/v1/nothing",
        "/livez/x",
        "/docsx",
        "/openapi",
        "/_control/faults",
    ];
    for path in closed {
        keyless.get(path).await.problem(401, "unauthenticated");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn reader_cannot_write() {
    let world =
        World::configured(|configuration| configuration.client("reader", "key-of-reader", &["main"], &["read"])).await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    let reader = world.gateway.caller("key-of-reader");
    reader.delete(&at(&format!("files/{id}"))).await.problem(403, "forbidden");
    world.assert_nothing_sent();
    assert!(world.site.file_bytes(&id).is_some());
}
