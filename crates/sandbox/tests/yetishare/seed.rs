//! Tests of the sample content of a new account.

use polyhost_sandbox::yetishare::{Counts, Options};
use serde_json::json;

use crate::support::{column, empty, with};

#[tokio::test]
async fn seed_has_two_levels_of_folders_and_a_dozen_files() {
    let sandbox = with(Options::default()).await;
    let counts = Counts { folders: 8, files: 13, trashed_files: 1, remote_uploads: 3, ..Counts::default() };
    assert_eq!(sandbox.counts(), counts);
    let root = sandbox.data("folder/listing", &[]).await;
    assert_eq!(column(&root["folders"], "folderName"), ["Behind a password", "Films", "Séries", "À trier"]);
    assert_eq!(column(&root["folders"], "isPublic"), ["1", "2", "1", "0"]);
    assert_eq!(column(&root["files"], "filename"), ["Big Buck Bunny 720p.mp4"]);
    let films = sandbox.data("folder/listing", &[("parent_folder_id", "101")]).await;
    assert_eq!(column(&films["folders"], "folderName"), ["Animation", "Films muets"]);
    assert_eq!(root["folders"][1]["total_downloads"], 12_465);
}

#[tokio::test]
async fn one_folder_has_a_password() {
    let sandbox = with(Options::default()).await;
    let folder = sandbox.find_folder("Behind a password").unwrap();
    // The MD5 of `sandbox`.
    assert_eq!(sandbox.folder_password(&folder).as_deref(), Some("93bc63e0b4f48fbbff568d9fc0dc3def"));
}

#[tokio::test]
async fn one_folder_is_empty() {
    let sandbox = with(Options::default()).await;
    let folder = sandbox.find_folder("Saison 2").unwrap();
    let listing = sandbox.data("folder/listing", &[("parent_folder_id", &folder)]).await;
    assert_eq!((&listing["folders"], &listing["files"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn seeded_files_have_their_size() {
    let sandbox = with(Options::default()).await;
    for id in 1001..=1014 {
        let id = id.to_string();
        let file = sandbox.data("file/info", &[("file_id", &id)]).await;
        let length = sandbox.file_bytes(&id).unwrap().len();
        assert_eq!(file["fileSize"], length.to_string(), "{file}");
    }
}

#[tokio::test]
async fn seed_has_a_complete_a_failed_and_a_running_remote_upload() {
    let sandbox = with(Options::default()).await;
    let mut states = Vec::new();
    for id in ["51", "52", "53"] {
        let row = sandbox.data("file/url_upload_status", &[("scheduled_item_id", id)]).await;
        states.push((row["status"].clone(), row["downloaded_file"]["file_id"].clone()));
    }
    let expected = [("complete", json!(1014)), ("failed", json!(null)), ("downloading", json!(null))];
    assert_eq!(states, expected.map(|(status, file)| (json!(status), file)));
    sandbox.clock.advance(std::time::Duration::from_secs(1200));
    let row = sandbox.data("file/url_upload_status", &[("scheduled_item_id", "53")]).await;
    assert_eq!(row["status"], "complete");
}

#[tokio::test]
async fn seeded_ids_are_always_the_same() {
    let (first, second) = (with(Options::default()).await, with(Options::default()).await);
    assert_eq!(first.find_file("Sintel.mkv").as_deref(), Some("1006"));
    assert_eq!(second.find_file("Sintel.mkv").as_deref(), Some("1006"));
    assert_eq!(first.find_folder("Films").as_deref(), Some("101"));
    assert_eq!(first.file_bytes("1006"), second.file_bytes("1006"));
}

#[tokio::test]
async fn account_can_start_empty() {
    assert_eq!(empty().await.counts(), Counts::default());
}
