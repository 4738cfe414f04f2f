//! Tests of other sites of the same dialect: one provider table each, and every version of the script that they run.

use polyhost_end_to_end::{Caller, Configuration, Gateway, body};
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::yetishare::{AuthMode, ContentType, Numbers, Options, Version, Yetishare};
use serde_json::{Value, json};

use super::world::{PASSWORD, USERNAME, World, account, check_request, id, login};
use crate::world::{KEY, NOW};

/// Starts a site that takes user names and passwords, with further lines for its provider table, and a gateway with an
/// account there.
async fn relative(row: &str, change: impl FnOnce(&mut Options)) -> (Yetishare, ManualClock, Gateway, Caller) {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let mut options = Options {
        login: login(),
        seeded: false,
        auth: AuthMode::Password,
        version: Version::V4,
        clock: clock.clock(),
        ..Options::default()
    };
    change(&mut options);
    let site = Yetishare::start(options).await.unwrap();
    let provider = format!("[providers.relative]\ndialect = \"yetishare\"\nbase_url = \"{}\"\n{row}", site.base_url());
    let account =
        format!("[accounts.mine]\nprovider = \"relative\"\nusername = \"{USERNAME}\"\npassword = \"{PASSWORD}\"");
    let configuration = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration.table(&provider).table(&account)).await;
    let caller = gateway.caller(KEY);
    (site, clock, gateway, caller)
}

fn at(path: &str) -> String {
    format!("/v1/accounts/mine/{path}")
}

/// Performs every operation on files and folders once.
async fn exercise(caller: &Caller, base: &str) {
    let at = |path: &str| format!("{base}/{path}");
    body::account(&caller.get(base).await.json(200));
    body::limits(&caller.get(&at("limits")).await.json(200));
    let file = caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await.json(201);
    body::uploaded_file(&file);
    assert_eq!((&file["size"], &file["md5"]), (&json!(5), &json!("5d41402abc4b2a76b9719d911017c592")));
    let folder = caller.post(&at("folders"), &json!({"name": "Films", "visibility": "public"})).await.json(201);
    body::folder(&folder);
    let path = at(&format!("files/{}", id(&file)));
    let changed = caller.patch(&path, &json!({"name": "b.mp4", "folder_id": folder["id"]})).await.json(200);
    body::file(&changed);
    assert_eq!((&changed["name"], &changed["folder_id"]), (&json!("b.mp4"), &folder["id"]));
    let copy = caller.post(&format!("{path}/copy"), &json!({"folder_id": "root"})).await.json(201);
    assert_eq!(copy["folder_id"], "root");
    assert_eq!(caller.get(&format!("{path}/content")).await.status(200).body, b"hello");
    let folder = at(&format!("folders/{}", id(&folder)));
    let read = caller.get(&folder).await.json(200);
    assert_eq!(
        (&read["visibility"], &read["file_count"], &read["total_size"]),
        (&json!("public"), &json!(1), &json!(5))
    );
    let items = caller.get(&at("folders/root/items")).await.items();
    assert_eq!(items.len(), 2);
    body::folder(&items[0]);
    body::file(&items[1]);
    caller.delete(&path).await.no_content();
    assert_eq!(caller.get(&path).await.json(200)["status"], "trashed");
    caller.delete(&folder).await.no_content();
    caller.get(&folder).await.problem(404, "folder_not_found");
    caller.get(&at("files/77777")).await.problem(404, "file_not_found");
}

#[tokio::test]
async fn site_is_configured_by_three_lines_and_a_password() {
    let (site, _, gateway, caller) = relative("", |_| ()).await;
    exercise(&caller, "/v1/accounts/mine").await;
    let account = caller.get("/v1/accounts/mine").await.json(200);
    assert_eq!((&account["provider"], &account["dialect"]), (&json!("relative"), &json!("yetishare")));
    let login = &site.journal().of("authorize")[0];
    assert_eq!((login.parameter("username"), login.parameter("password")), (Some(USERNAME), Some(PASSWORD)));
    assert_eq!((login.parameter("key1"), login.parameter("key2")), (None, None));
    site.journal().all().iter().for_each(check_request);
    assert_eq!(site.logins(), 1);
    let providers = caller.get("/v1/providers").await.items();
    let provider = providers.iter().find(|item| item["id"] == "relative").unwrap();
    body::provider(provider);
    assert_eq!((&provider["dialect"], &provider["base_url"]), (&json!("yetishare"), &json!(site.base_url())));
    assert_eq!(gateway.stop().await.code(), Some(0));
    assert_eq!(site.live_tokens(), 0);
}

#[tokio::test]
async fn configured_missing_capability_is_refused_by_name() {
    let row = "unsupported = [\"remote_uploads.create\", \"remote_uploads.read\", \"files.copy\"]";
    let (site, _, _gateway, caller) = relative(row, |_| ()).await;
    let file = site.add_file("0", "a.mp4", b"hello");
    let listed = caller.get(&at("capabilities")).await.json(200);
    let lacking = ["remote_uploads.create", "remote_uploads.read", "files.copy"];
    assert!(lacking.iter().all(|name| listed["capabilities"][*name] == "unsupported"), "{listed}");
    assert_eq!(listed["capabilities"]["files.download"], "native");
    let remote = json!({"url": "https://example.org/a.mp4"});
    caller.post(&at("remote-uploads"), &remote).await.problem(422, "capability_unsupported");
    caller.get(&at("remote-uploads/51")).await.problem(422, "capability_unsupported");
    let copy = caller.post(&at(&format!("files/{file}/copy")), &json!({"folder_id": "root"})).await;
    copy.problem(422, "capability_unsupported");
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn missing_endpoint_is_unsupported_for_ten_minutes() {
    let (site, _, _gateway, caller) = relative("", |_| ()).await;
    let remote = json!({"url": "https://example.org/a.mp4"});
    let problem = caller.post(&at("remote-uploads"), &remote).await.problem(422, "capability_unsupported");
    assert_eq!((&problem["retryable"], &problem["upstream"]["http_status"]), (&json!(false), &json!(404)));
    assert!(problem["upstream"]["message"].as_str().unwrap().contains("No method found"), "{problem}");
    let listed = caller.get(&at("capabilities")).await.json(200);
    assert_eq!(listed["capabilities"]["remote_uploads.create"], "unsupported");
    assert_eq!(listed["capabilities"]["files.copy"], "native");
    // Nothing is sent until the ten minutes are over.
    site.journal().clear();
    caller.post(&at("remote-uploads"), &remote).await.problem(422, "capability_unsupported");
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn time_zone_of_a_site_may_be_configured() {
    let berlin = "timezone = \"Europe/Berlin\"";
    let (site, _, _gateway, caller) = relative(berlin, |options| options.utc_offset_minutes = -300).await;
    let file = site.add_file("0", "a.mp4", b"hello");
    // The site writes 07:00 of a day in summer.
    let read = caller.get(&at(&format!("files/{file}"))).await.json(200);
    assert_eq!(read["uploaded_at"], "2019-07-06T05:00:00Z");
    let account = caller.get("/v1/accounts/mine").await.json(200);
    assert_eq!(account["last_login_at"], "2017-02-18T10:43:39Z");
}

#[tokio::test]
async fn account_may_have_another_base_url_of_a_built_in_site() {
    let (site, _, _gateway, _) = relative("", |options| options.auth = AuthMode::Keys).await;
    let world = World::configured(|configuration| {
        configuration.table(&account("second", &site.base_url(), &login().key1, &login().key2))
    })
    .await;
    exercise(&world.caller, "/v1/accounts/second").await;
    exercise(&world.caller, "/v1/accounts/plays").await;
    assert_eq!((site.logins(), world.site.logins()), (1, 1));
}

#[tokio::test]
async fn every_version_of_the_script_is_supported() {
    for version in [Version::V4, Version::V5] {
        for numbers in [Numbers::Text, Numbers::Native] {
            for (content_type, http_errors) in [(ContentType::Json, false), (ContentType::Html, true)] {
                let (site, _, _gateway, caller) = relative("", |options| {
                    options.version = version;
                    options.numbers = numbers;
                    options.content_type = content_type;
                    options.http_errors = http_errors;
                    options.zero_dates = http_errors;
                })
                .await;
                exercise(&caller, "/v1/accounts/mine").await;
                assert_eq!(site.logins(), 1);
            }
        }
    }
}

#[tokio::test]
async fn upload_limit_of_a_plan_is_read_in_every_number_format() {
    for numbers in [Numbers::Text, Numbers::Native] {
        let (_site, _, _gateway, caller) = relative("", |options| {
            options.numbers = numbers;
            options.package.max_upload_size = 4;
        })
        .await;
        assert_eq!(caller.get(&at("limits")).await.json(200)["max_upload_bytes"], json!(4));
        assert_eq!(caller.get(&at("limits")).await.json(200)["max_storage_bytes"], Value::Null);
        let path = at("files?name=a.mp4");
        caller.typed("POST", &path, "video/mp4", "hello").await.problem(413, "payload_too_large");
    }
}
