//! Tests of an account at streamplay: its data, the limits of its plan, and its capabilities.

use polyhost_end_to_end::body;
use polyhost_sandbox::yetishare::Package;
use serde_json::{Value, json};

use super::world::{World, at};

/// Every capability, with its support at streamplay.
const CAPABILITIES: [(&str, &str); 27] = [
    ("account.read", "native"),
    ("account.limits", "native"),
    ("files.lookup", "emulated"),
    ("files.read", "native"),
    ("files.upload", "native"),
    ("files.rename", "native"),
    ("files.move", "native"),
    ("files.set_content_type", "native"),
    ("files.copy", "native"),
    ("files.delete", "native"),
    ("files.download", "native"),
    ("files.thumbnail", "unsupported"),
    ("files.upload_ticket", "unsupported"),
    ("folders.read", "native"),
    ("folders.list", "native"),
    ("folders.create", "native"),
    ("folders.rename", "native"),
    ("folders.move", "native"),
    ("folders.visibility", "native"),
    ("folders.password", "native"),
    ("folders.delete", "native"),
    ("remote_uploads.create", "native"),
    ("remote_uploads.headers", "unsupported"),
    ("remote_uploads.list", "unsupported"),
    ("remote_uploads.read", "native"),
    ("remote_uploads.cancel", "unsupported"),
    ("conversions.list", "unsupported"),
];

fn capabilities() -> Value {
    Value::Object(CAPABILITIES.into_iter().map(|(name, support)| (name.to_owned(), json!(support))).collect())
}

#[tokio::test]
async fn both_sites_are_built_in_and_their_accounts_are_listed() {
    let world = World::start().await;
    let providers = world.caller.get("/v1/providers").await.items();
    providers.iter().for_each(body::provider);
    let streamplay = providers.iter().find(|item| item["id"] == "streamplay").unwrap();
    assert_eq!(streamplay["dialect"], "yetishare");
    assert_eq!(streamplay["base_url"], "https://streamplay.online/api/v2");
    assert_eq!(streamplay["capabilities"], capabilities());

    let accounts = world.caller.get("/v1/accounts").await.items();
    accounts.iter().for_each(body::account_summary);
    let shown: Vec<[&Value; 3]> =
        accounts.iter().map(|item| ["name", "provider", "dialect"].map(|k| &item[k])).collect();
    assert_eq!(json!(shown), json!([["main", "pstream", "openload"], ["plays", "streamplay", "yetishare"]]));
    let me = world.caller.get("/v1/me").await.json(200);
    assert_eq!(me["accounts"], json!(["main", "plays"]));
    world.assert_nothing_sent();
    assert_eq!(world.pstream.journal().count(), 0);
}

#[tokio::test]
async fn account_is_normalized_and_hides_private_fields() {
    let world = World::start().await;
    let account = world.caller.get("/v1/accounts/plays").await.json(200);
    body::account(&account);
    assert_eq!(
        account,
        json!({
            "name": "plays", "provider": "streamplay", "dialect": "yetishare", "id": "158642",
            "username": "name-of-plays", "email": "sandbox@streamplay.example", "status": "active",
            "created_at": null, "last_login_at": "2017-02-18T11:43:39Z", "paid_until": null,
            "storage_used_bytes": null, "storage_left_bytes": null,
        })
    );
    world.assert_sent(&[("account/info", &[])]);
}

#[tokio::test]
async fn times_are_read_in_the_zone_of_the_site() {
    // The site's offset from UTC in minutes, and the expected time for 11:43:39 at the site. A larger offset is taken
    // for a wrong clock.
    let cases = [
        (120, "2017-02-18T09:43:39Z"),
        (-210, "2017-02-18T15:13:39Z"),
        (0, "2017-02-18T11:43:39Z"),
        (20 * 60, "2017-02-18T11:43:39Z"),
    ];
    for (minutes, expected) in cases {
        let world = World::at_site(|options| options.utc_offset_minutes = minutes).await;
        let account = world.caller.get("/v1/accounts/plays").await.json(200);
        assert_eq!(account["last_login_at"], expected, "{minutes}");
    }
}

#[tokio::test]
async fn zero_dates_are_null() {
    let world = World::at_site(|options| options.zero_dates = true).await;
    let account = world.caller.get("/v1/accounts/plays").await.json(200);
    body::account(&account);
    assert_eq!((&account["created_at"], &account["paid_until"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn dates_out_of_range_are_null() {
    for date in ["9999-12-31 00:00:00", "0000-01-01 00:00:00", "99999-01-01", "-62135596801"] {
        let world = World::at_site(|options| {
            options.fixed_date = Some(date.to_owned());
            options.paid_expiry_date = Some(date.to_owned());
        })
        .await;
        let account = world.caller.get("/v1/accounts/plays").await.json(200);
        assert_eq!((&account["created_at"], &account["paid_until"]), (&Value::Null, &Value::Null), "{date}");
        let id = world.site.add_file("0", "a.mp4", b"hello");
        let file = world.caller.get(&at(&format!("files/{id}"))).await.json(200);
        assert_eq!((&file["uploaded_at"], &file["name"]), (&Value::Null, &json!("a.mp4")), "{date}");
    }
}

#[tokio::test]
async fn limits_come_from_the_plan_and_zero_means_unlimited() {
    let world = World::start().await;
    let limits = world.caller.get(&at("limits")).await.json(200);
    body::limits(&limits);
    assert_eq!(
        limits,
        json!({
            "plan": "Premium Account", "plan_type": "paid user", "can_upload": true, "max_upload_bytes": 1073741824,
            "max_storage_bytes": null, "max_concurrent_uploads": 100, "max_concurrent_downloads": null,
            "max_downloads_per_day": null, "max_download_bytes_per_day": null, "max_download_file_bytes": null,
            "max_remote_uploads": 50, "download_bytes_per_second": null, "wait_seconds_between_downloads": null,
            "inactive_file_days": null,
        })
    );
    let mut operations = world.operations();
    operations.sort();
    assert_eq!(operations, ["account/info", "account/package"]);
}

#[tokio::test]
async fn storage_limit_of_the_user_overrides_the_plan() {
    for (granted, expected) in [(Some(5_000), 5_000), (Some(50_000), 50_000), (None, 9_999)] {
        let world = World::at_site(|options| {
            options.package.max_storage_bytes = 9_999;
            options.storage_limit_override = granted;
        })
        .await;
        assert_eq!(world.caller.get(&at("limits")).await.json(200)["max_storage_bytes"], expected, "{granted:?}");
    }
}

#[tokio::test]
async fn every_limit_has_its_own_field() {
    let package = Package {
        can_upload: false,
        wait_between_downloads: 1,
        download_speed: 2,
        concurrent_uploads: 3,
        concurrent_downloads: 4,
        downloads_per_24_hours: 5,
        download_size_per_24_hours: 6,
        max_download_filesize_allowed: 7,
        max_remote_download_urls: 0,
        max_upload_size: 0,
        ..Package::default()
    };
    let world = World::at_site(|options| options.package = package).await;
    let limits = world.caller.get(&at("limits")).await.json(200);
    let expected = [
        ("can_upload", json!(false)),
        ("wait_seconds_between_downloads", json!(1)),
        ("download_bytes_per_second", json!(2)),
        ("max_concurrent_uploads", json!(3)),
        ("max_concurrent_downloads", json!(4)),
        ("max_downloads_per_day", json!(5)),
        ("max_download_bytes_per_day", json!(6)),
        ("max_download_file_bytes", json!(7)),
        ("max_remote_uploads", Value::Null),
        ("max_upload_bytes", Value::Null),
    ];
    for (name, value) in expected {
        assert_eq!(limits[name], value, "{name}");
    }
}

#[tokio::test]
async fn capabilities_combine_site_and_gateway() {
    let world = World::start().await;
    let answer = world.caller.get(&at("capabilities")).await.json(200);
    body::capabilities(&answer);
    assert_eq!((&answer["account"], &answer["provider"]), (&json!("plays"), &json!("streamplay")));
    assert_eq!((&answer["dialect"], &answer["capabilities"]), (&json!("yetishare"), &capabilities()));
    assert_eq!((&answer["delete"], &answer["max_batch"]), (&json!("trash"), &json!(100)));
}

#[tokio::test]
async fn health_is_listed_for_each_account() {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    let items = world.caller.get("/v1/accounts").await.items();
    assert_eq!(items[0]["health"]["last_success_at"], Value::Null);
    assert!(items[1]["health"]["last_success_at"].is_string());
    world.inject("file/info", polyhost_sandbox::Fault::http(500));
    world.caller.get(&at("files/1001")).await.problem(502, "upstream_error");
    let items = world.caller.get("/v1/accounts").await.items();
    assert_eq!(items[0]["health"]["last_error"], Value::Null);
    assert_eq!(items[1]["health"]["last_error"]["code"], "upstream_error");
}
