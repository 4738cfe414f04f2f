//! Tests of reading folders.

use polyhost_sandbox::yetishare::Options;
use serde_json::json;

use crate::support::{column, empty, options, v4, with};

#[tokio::test]
async fn listing_matches_the_documentation() {
    let sandbox = with(v4()).await;
    let folder = sandbox.add_folder("0", "My Folder 1");
    let below = sandbox.add_folder(&folder, "Below");
    let file = sandbox.add_file(&below, "button_back.mp4", b"abc");
    sandbox.set_downloads(&file, 5864);
    let root = sandbox.data("folder/listing", &[]).await;
    let expected = json!({
        "id": "101", "parentId": null, "folderName": "My Folder 1", "totalSize": "3", "isPublic": "0",
        "date_added": "2024-11-19 00:28:38", "date_updated": null,
        "url_folder": format!("{}/folder/101/My_Folder_1", sandbox.origin()),
        "total_downloads": 5864, "child_folder_count": 1, "file_count": 0,
    });
    assert_eq!(root, json!({"folders": [expected], "files": []}));
    let files = sandbox.data("folder/listing", &[("parent_folder_id", &below)]).await["files"].clone();
    let expected = json!([{
        "id": "1001", "filename": "button_back.mp4", "shortUrl": "2Rr", "fileType": "video/mp4", "extension": "mp4",
        "fileSize": "3", "status": "active", "downloads": "5864", "folderId": "102", "keywords": "button,back,mp4",
        "url_file": format!("{}/2Rr", sandbox.origin()),
    }]);
    assert_eq!(files, expected);
}

#[tokio::test]
async fn version_5_also_has_a_folders_state_and_hash() {
    let sandbox = empty().await;
    sandbox.add_folder("0", "a");
    let folder = sandbox.data("folder/listing", &[]).await["folders"][0].clone();
    assert_eq!(folder["status"], "active");
    assert!(!folder["urlHash"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn listing_may_have_upload_dates() {
    for dates_in_listings in [false, true] {
        let sandbox = with(Options { dates_in_listings, ..options() }).await;
        sandbox.add_file("0", "a.mp4", b"abc");
        let file = sandbox.data("folder/listing", &[]).await["files"][0].clone();
        let expected = dates_in_listings.then(|| json!("2024-11-19 00:28:38"));
        assert_eq!(file.get("uploadedDate"), expected.as_ref());
    }
}

#[tokio::test]
async fn listing_is_complete_and_sorted_by_name() {
    let sandbox = empty().await;
    for name in ["b.mp4", "A.mp4", "c.mp4", "B.mp4"] {
        sandbox.add_file("0", name, b"abc");
        sandbox.add_folder("0", name);
    }
    for at in 0..300 {
        sandbox.add_file("0", &format!("z{at:03}.mp4"), b"abc");
    }
    let root = sandbox.data("folder/listing", &[]).await;
    assert_eq!(column(&root["folders"], "folderName"), ["A.mp4", "b.mp4", "B.mp4", "c.mp4"]);
    assert_eq!(&column(&root["files"], "filename")[..5], ["A.mp4", "b.mp4", "B.mp4", "c.mp4", "z000.mp4"]);
    assert_eq!(root["files"].as_array().unwrap().len(), 304);
}

#[tokio::test]
async fn invalid_folder_number_is_the_root() {
    let sandbox = empty().await;
    sandbox.add_file("0", "a.mp4", b"abc");
    for folder in ["", "0", "null", "root", "None"] {
        let listing = sandbox.data("folder/listing", &[("parent_folder_id", folder)]).await;
        assert_eq!(column(&listing["files"], "filename"), ["a.mp4"], "{folder}");
    }
}

#[tokio::test]
async fn unknown_or_foreign_folder_cannot_be_read() {
    let sandbox = empty().await;
    let foreign = sandbox.add_foreign_folder("theirs");
    for folder in [foreign.as_str(), "999"] {
        let words = "Could not find folder based on folder_id.";
        assert_eq!(sandbox.refusal("folder/listing", &[("parent_folder_id", folder)]).await, words);
        assert_eq!(sandbox.refusal("folder/info", &[("folder_id", folder)]).await, words);
    }
    let root = sandbox.data("folder/listing", &[]).await;
    assert_eq!(root, json!({"folders": [], "files": []}));
}

#[tokio::test]
async fn only_active_files_of_the_account_are_listed() {
    let sandbox = empty().await;
    sandbox.add_foreign_file("theirs.mp4", b"abc");
    let trashed = sandbox.add_file("0", "trashed.mp4", b"abc");
    sandbox.set_file_status(&trashed, "trash");
    let removed = sandbox.add_file("0", "removed.mp4", b"abc");
    sandbox.set_file_status(&removed, "copyright removed");
    assert_eq!(sandbox.data("folder/listing", &[]).await["files"], json!([]));
}

#[tokio::test]
async fn folder_info_reads_folder_id_unlike_the_page() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let data = sandbox.data("folder/info", &[("folder_id", &folder)]).await;
    assert_eq!((&data["folderName"], &data["accessPassword"]), (&json!("Films"), &json!(null)));
    let words = sandbox.refusal("folder/info", &[("parent_folder_id", &folder)]).await;
    assert_eq!(words, "Could not find folder based on folder_id.");
}

#[tokio::test]
async fn listing_has_no_password() {
    let sandbox = empty().await;
    let password = "d9729feb74992cc3482b350163a1a010";
    sandbox.data("folder/create", &[("folder_name", "a"), ("access_password", password)]).await;
    let folder = sandbox.data("folder/listing", &[]).await["folders"][0].clone();
    assert_eq!(folder.get("accessPassword"), None);
    let folder = sandbox.data("folder/info", &[("folder_id", "101")]).await;
    assert_eq!(folder["accessPassword"], password);
}

#[tokio::test]
async fn links_of_folders_and_files_lead_to_pages() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Été & co");
    let file = sandbox.add_file("0", "a.mp4", b"abc");
    let folder = sandbox.data("folder/info", &[("folder_id", &folder)]).await;
    let file = sandbox.data("file/info", &[("file_id", &file)]).await;
    let urls = [&folder["url_folder"], &file["url_file"], &file["url_file_info"], &file["url_file_stats"]];
    for url in urls.map(|url| url.as_str().unwrap()) {
        let response = sandbox.client.get(url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{url}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    assert_eq!(sandbox.journal().of("page").len(), 3, "a file's own page has the path of its content");
}
