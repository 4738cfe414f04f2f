//! Tests of the sample content of a new account.

use polyhost_sandbox::openload::Options;
use serde_json::Value;

use crate::support::{Sandbox, keys, with};

#[tokio::test]
async fn seed_has_two_levels_of_folders_and_a_dozen_files() {
    let sandbox = with(Options::default()).await;
    let counts = sandbox.counts();
    assert_eq!((counts.folders, counts.files, counts.remote_uploads), (6, 12, 2));
    let root = sandbox.result("file/listfolder").await;
    assert_eq!((root["folders"].as_array().unwrap().len(), keys(&root["files"]).len()), (3, 2));
    let animation = sandbox.find_folder("Animation").unwrap();
    assert_eq!(keys(&listing(&sandbox, &animation).await["files"]).len(), 3);
}

async fn listing(sandbox: &Sandbox, folder: &str) -> Value {
    sandbox.result(&format!("file/listfolder?folder={folder}")).await
}

#[tokio::test]
async fn seeded_files_have_their_size_and_sha1() {
    let sandbox = with(Options { deep_listings: true, ..Options::default() }).await;
    let files = sandbox.result("file/listfolder").await["files"].clone();
    assert_eq!(keys(&files).len(), 12);
    for (id, file) in files.as_object().unwrap() {
        let bytes = sandbox.file_bytes(id).unwrap();
        assert_eq!(file["size"], bytes.len(), "{file}");
        let again = sandbox.upload(&format!("sha1={}", file["sha1"].as_str().unwrap()), "again.mp4", &bytes).await;
        assert_eq!(again["sha1"], file["sha1"]);
    }
}

#[tokio::test]
async fn seed_has_one_object_in_each_special_state() {
    let sandbox = with(Options { deep_listings: true, ..Options::default() }).await;
    let files = sandbox.result("file/listfolder").await["files"].clone();
    let count =
        |field: &str, word: &str| files.as_object().unwrap().values().filter(|file| file[field] == word).count();
    assert_eq!((count("status", "suspended"), count("status", "active")), (1, 11));
    assert_eq!((count("cstatus", "pending"), count("cstatus", "failed"), count("cstatus", "ok")), (1, 1, 10));
    let broken = sandbox.find_file("The quick brown fox.mp4").unwrap();
    assert_eq!(sandbox.result(&format!("file/info?file={broken}")).await[&broken]["status"], 500);
    let remote = sandbox.result("remotedl/status").await;
    assert_eq!((&remote["1"]["status"], &remote["1"]["errormsg"]), (&"error".into(), &"Invalid URL".into()));
    assert_eq!((&remote["2"]["status"], &remote["2"]["progress_percent"]), (&"downloading".into(), &"78.41".into()));
    let converted = sandbox.find_file("MyOldCamera.avi").unwrap();
    let row = sandbox.result(&format!("file/converts?file={converted}")).await[0].clone();
    assert_eq!((&row["status"], &row["progress"]), (&"pending".into(), &57.into()));
}

#[tokio::test]
async fn seeded_ids_are_always_the_same() {
    let (first, second) = (with(Options::default()).await, with(Options::default()).await);
    let id = first.find_file("Sintel.mkv");
    assert!(id.is_some());
    assert_eq!(id, second.find_file("Sintel.mkv"));
    assert_eq!(first.find_folder("Films"), second.find_folder("Films"));
}

#[tokio::test]
async fn account_can_start_empty() {
    let sandbox = with(Options { seeded: false, ..Options::default() }).await;
    assert_eq!(sandbox.counts(), polyhost_sandbox::openload::Counts::default());
}

#[tokio::test]
async fn links_start_with_the_configured_origin() {
    let sandbox = with(Options { origin: Some("http://sandbox:7001".to_owned()), ..Options::default() }).await;
    assert_eq!(sandbox.base_url(), "http://sandbox:7001/v1");
    let url = format!("http://127.0.0.1:{}/v1/file/ul?login=sandbox-login&key=sandbox-key", sandbox.port());
    let answer = crate::support::json(sandbox.client.get(url).send().await.unwrap()).await;
    assert!(answer["result"]["url"].as_str().unwrap().starts_with("http://sandbox:7001/ul/"), "{answer}");
}
