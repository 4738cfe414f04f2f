//! Tests of `/v1/me`, `/v1/providers`, `/v1/accounts`, and an account and its capabilities.

use polyhost_end_to_end::body;
use polyhost_sandbox::openload::Storage;
use serde_json::{Value, json};

use crate::world::{World, at};

/// Every capability, with its support at pstream.
const CAPABILITIES: [(&str, &str); 27] = [
    ("account.read", "native"),
    ("account.limits", "unsupported"),
    ("files.lookup", "native"),
    ("files.read", "native"),
    ("files.upload", "native"),
    ("files.rename", "native"),
    ("files.move", "native"),
    ("files.set_content_type", "unsupported"),
    ("files.copy", "unsupported"),
    ("files.delete", "native"),
    ("files.download", "unsupported"),
    ("files.thumbnail", "native"),
    ("files.upload_ticket", "native"),
    ("folders.read", "emulated"),
    ("folders.list", "native"),
    ("folders.create", "native"),
    ("folders.rename", "native"),
    ("folders.move", "unsupported"),
    ("folders.visibility", "unsupported"),
    ("folders.password", "unsupported"),
    ("folders.delete", "native"),
    ("remote_uploads.create", "native"),
    ("remote_uploads.headers", "native"),
    ("remote_uploads.list", "native"),
    ("remote_uploads.read", "native"),
    ("remote_uploads.cancel", "unsupported"),
    ("conversions.list", "native"),
];

fn capabilities() -> Value {
    Value::Object(CAPABILITIES.into_iter().map(|(name, support)| (name.to_owned(), json!(support))).collect())
}

#[tokio::test]
async fn me_shows_the_name_accounts_and_scopes_of_the_key() {
    let world =
        World::configured(|configuration| configuration.client("job", "key-of-job", &["main"], &["read"])).await;
    let answer = world.caller.get("/v1/me").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let me = answer.json(200);
    body::me(&me);
    assert_eq!((&me["name"], &me["accounts"]), (&json!("web"), &json!(["main"])));
    assert_eq!(me["scopes"], json!(["read", "write"]));
    let job = world.gateway.caller("key-of-job").get("/v1/me").await.json(200);
    assert_eq!((&job["name"], &job["scopes"]), (&json!("job"), &json!(["read"])));
    world.assert_nothing_sent();
}

#[tokio::test]
async fn providers_lists_built_in_and_configured_ones() {
    let another = "[providers.another]\ndialect = \"openload\"\nbase_url = \"https://api.example.org/1\"\n\
                   unsupported = [\"files.thumbnail\"]";
    let world = World::configured(|configuration| configuration.table(another)).await;
    let answer = world.caller.get("/v1/providers").await.json(200);
    body::keys(&answer, &["items", "next_cursor"]);
    assert_eq!(answer["next_cursor"], Value::Null);
    let items = answer["items"].as_array().unwrap();
    items.iter().for_each(body::provider);
    let of = |id: &str| items.iter().find(|item| item["id"] == id).unwrap();
    assert_eq!(of("pstream")["base_url"], "https://api.pstream.net/v1");
    assert_eq!(of("pstream")["dialect"], "openload");
    assert_eq!(of("pstream")["capabilities"], capabilities());
    assert_eq!(of("another")["base_url"], "https://api.example.org/1");
    assert_eq!(of("another")["capabilities"]["files.thumbnail"], "unsupported");
    assert_eq!(of("another")["capabilities"]["files.read"], "native");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn accounts_are_listed_with_their_health() {
    let world = World::start().await;
    let fresh = world.caller.get("/v1/accounts").await.json(200);
    body::keys(&fresh, &["items", "next_cursor"]);
    body::account_summary(&fresh["items"][0]);
    assert_eq!(fresh["items"][0]["name"], "main");
    assert_eq!(fresh["items"][0]["health"], json!({"circuit": "closed", "last_success_at": null, "last_error": null}));
    world.assert_nothing_sent();

    world.caller.get(&at("folders/root/items")).await.status(200);
    world.inject("account/info", polyhost_sandbox::Fault::http(500));
    world.caller.get("/v1/accounts/main").await.problem(502, "upstream_error");
    let items = world.caller.get("/v1/accounts").await.items();
    body::account_summary(&items[0]);
    assert!(items[0]["health"]["last_success_at"].is_string());
    assert_eq!(items[0]["health"]["last_error"]["code"], "upstream_error");
}

#[tokio::test]
async fn account_storage_is_shown_if_the_site_reports_it() {
    for (left, shown) in [(-1, Value::Null), (5_000, json!(5_000))] {
        let world = World::at_site(|options| options.storage = Some(Storage { left, used: 24_160 })).await;
        let account = world.caller.get("/v1/accounts/main").await.json(200);
        body::account(&account);
        assert_eq!((&account["storage_used_bytes"], &account["storage_left_bytes"]), (&json!(24_160), &shown));
    }
}

#[tokio::test]
async fn account_is_shown_in_normalized_form() {
    let world = World::start().await;
    let account = world.caller.get("/v1/accounts/main").await.json(200);
    body::account(&account);
    assert_eq!(
        account,
        json!({
            "name": "main", "provider": "pstream", "dialect": "openload", "id": "fnvjeof4815f", "username": null,
            "email": "sandbox@pstream.example", "status": null, "created_at": "2018-01-07T17:59:31Z",
            "last_login_at": null, "paid_until": null,
            "storage_used_bytes": null, "storage_left_bytes": null,
        })
    );
    world.assert_sent(&[("account/info", &[])]);
}

#[tokio::test]
async fn account_capabilities_combine_site_and_gateway() {
    let world = World::start().await;
    let answer = world.caller.get(&at("capabilities")).await.json(200);
    body::capabilities(&answer);
    assert_eq!((&answer["account"], &answer["provider"]), (&json!("main"), &json!("pstream")));
    assert_eq!(answer["dialect"], "openload");
    assert_eq!(answer["capabilities"], capabilities());
    assert_eq!((&answer["delete"], &answer["max_batch"]), (&json!("permanent"), &json!(500)));
    world.assert_nothing_sent();
}

#[tokio::test]
async fn unsupported_change_is_refused_and_names_the_capability() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    let file = world.site.add_file("0", "a.mp4", b"a");
    let (file, folder) = (at(&format!("files/{file}")), at(&format!("folders/{folder}")));
    let cases = [
        ("PATCH", &file, json!({"content_type": "video/mp4"}), "files.set_content_type"),
        ("PATCH", &file, json!({"name": "b.mp4", "content_type": "video/mp4"}), "files.set_content_type"),
        ("PATCH", &folder, json!({"visibility": "private"}), "folders.visibility"),
        ("PATCH", &folder, json!({"password": "secret"}), "folders.password"),
        ("PATCH", &folder, json!({"password": null}), "folders.password"),
        ("PATCH", &folder, json!({"parent_id": "root"}), "folders.move"),
        ("POST", &at("folders"), json!({"name": "x", "visibility": "public"}), "folders.visibility"),
        ("POST", &at("folders"), json!({"name": "x", "password": "secret"}), "folders.password"),
    ];
    for (method, path, body, capability) in cases {
        let problem = world.caller.json(method, path, &body).await.problem(422, "capability_unsupported");
        assert!(problem["detail"].as_str().unwrap().contains(capability), "{body}: {problem}");
        assert_eq!((&problem["retryable"], &problem["upstream"]), (&json!(false), &Value::Null));
    }
    world.assert_nothing_sent();
}
