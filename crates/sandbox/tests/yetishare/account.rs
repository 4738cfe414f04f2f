//! Tests of the account and its package.

use polyhost_sandbox::yetishare::{Numbers, Options, Package};
use serde_json::{Value, json};

use crate::support::{empty, options, v4, with};

#[tokio::test]
async fn account_info_matches_the_documentation() {
    let sandbox = empty().await;
    let expected = json!({
        "id": "158642", "username": "sandbox", "level_id": "20", "email": "sandbox@streamplay.example",
        "lastlogindate": "2017-02-18 11:43:39", "lastloginip": "192.168.33.1", "status": "active", "title": "Mr",
        "firstname": "Sandbox", "lastname": "User", "languageId": "1", "datecreated": null,
        "lastPayment": "2011-12-27 13:45:22", "paidExpiryDate": null, "storageLimitOverride": null,
    });
    assert_eq!(sandbox.data("account/info", &[]).await, expected);
}

#[tokio::test]
async fn missing_dates_may_be_zeros() {
    let sandbox = with(Options { zero_dates: true, ..options() }).await;
    assert_eq!(sandbox.data("account/info", &[]).await["datecreated"], "0000-00-00 00:00:00");
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["lastAccessed"], "0000-00-00 00:00:00");
}

#[tokio::test]
async fn package_matches_the_documentation() {
    let sandbox = empty().await;
    let expected = json!({
        "id": "20", "label": "Premium Account", "max_upload_size": "1073741824", "can_upload": "1",
        "wait_between_downloads": "0", "download_speed": "0", "max_storage_bytes": "0", "show_site_adverts": "0",
        "show_upgrade_screen": "1", "days_to_keep_inactive_files": "0", "concurrent_uploads": "100",
        "concurrent_downloads": "0", "downloads_per_24_hours": "0", "download_size_per_24_hours": "0",
        "max_download_filesize_allowed": "0", "max_remote_download_urls": "50", "level_type": "paid user",
        "on_upgrade_page": "0",
    });
    assert_eq!(sandbox.data("account/package", &[]).await, expected);
    let older = with(v4()).await;
    assert_eq!(older.data("account/package", &[]).await.get("download_size_per_24_hours"), None);
}

#[tokio::test]
async fn package_is_that_of_the_options() {
    let package = Package {
        id: 7,
        label: "Free".to_owned(),
        can_upload: false,
        max_storage_bytes: 5_000_000_000,
        level_type: "free".to_owned(),
        ..Package::default()
    };
    let limit = Some(9_007_199_254_740_993);
    let sandbox = with(Options { package, numbers: Numbers::Native, storage_limit_override: limit, ..options() }).await;
    let data = sandbox.data("account/package", &[]).await;
    let fields = ["id", "label", "can_upload", "max_storage_bytes", "level_type"].map(|field| data[field].clone());
    assert_eq!(Value::from(fields.to_vec()), json!([7, "Free", 0, 5_000_000_000_u64, "free"]));
    let account = sandbox.data("account/info", &[]).await;
    assert_eq!(
        (&account["level_id"], &account["storageLimitOverride"]),
        (&json!(7), &json!(9_007_199_254_740_993_u64))
    );
}
