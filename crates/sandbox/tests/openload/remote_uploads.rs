//! Tests of remote uploads.

use std::time::Duration;

use polyhost_sandbox::openload::{Missing, Options};
use serde_json::{Value, json};

use crate::support::{empty, keys, with};

const STEP: Duration = Duration::from_secs(2);

#[tokio::test]
async fn remote_upload_is_new_then_downloading_then_a_file() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let url = "https://download.blender.org/peach/big%20buck%20bunny.mov";
    let query: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let added = sandbox.result(&format!("remotedl/add?url={query}&folder={folder}")).await;
    assert_eq!(added, json!({"id": "1", "folderid": folder}));
    let new = json!({
        "id": 1, "remoteurl": url, "status": "new", "progress_percent": null, "folderid": folder,
        "added": "2019-07-06 12:00:00", "last_update": "2019-07-06 12:00:00",
        "errormsg": false, "extid": false, "url": false,
    });
    assert_eq!(sandbox.result("remotedl/status").await, json!({"1": new}));

    sandbox.clock.advance(STEP * 2);
    let row = sandbox.result("remotedl/status?id=1").await["1"].clone();
    assert_eq!((&row["status"], &row["progress_percent"]), (&json!("downloading"), &json!("50.00")));
    assert_eq!((&row["last_update"], sandbox.counts().files), (&json!("2019-07-06 12:00:04"), 0));

    sandbox.clock.advance(STEP);
    let row = sandbox.result("remotedl/status?id=1").await["1"].clone();
    assert_eq!((&row["status"], &row["progress_percent"]), (&json!("finished"), &json!("100")));
    let id = row["extid"].as_str().unwrap();
    assert!(row["url"].as_str().unwrap().ends_with(&format!("/v/{id}")));
    assert_eq!(sandbox.find_file("big buck bunny.mov").as_deref(), Some(id));
    assert_eq!(sandbox.folder_of(id), Some(folder));
    let info = sandbox.result(&format!("file/info?file={id}")).await;
    assert_eq!(info[id]["size"], sandbox.file_bytes(id).unwrap().len());
}

#[tokio::test]
async fn address_that_is_not_public_is_an_invalid_url_at_once() {
    let sandbox = empty().await;
    for url in
        ["http://127.0.0.1/", "http://[::1]/a", "http://localhost/a", "http://10.0.0.1/", "file:///etc/passwd", "x"]
    {
        let id = sandbox.result(&format!("remotedl/add?url={url}")).await["id"].as_str().unwrap().to_owned();
        let row = sandbox.result(&format!("remotedl/status?id={id}")).await[&id].clone();
        assert_eq!(row["remoteurl"], url);
        let row = (&row["status"], &row["errormsg"], &row["progress_percent"], &row["extid"]);
        assert_eq!(row, (&json!("error"), &json!("Invalid URL"), &json!("100"), &json!(false)), "{url}");
    }
    sandbox.clock.advance(STEP * 10);
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn remote_upload_can_fail_at_its_end() {
    let sandbox = empty().await;
    sandbox.fail_remote_uploads_matching("teapot", "HTTP 418");
    sandbox.result("remotedl/add?url=https://example.com/teapot.mp4").await;
    sandbox.result("remotedl/add?url=https://nowhere.invalid/a.mp4").await;
    assert_eq!(sandbox.result("remotedl/status?id=1").await["1"]["errormsg"], false);
    sandbox.clock.advance(STEP * 3);
    let rows = sandbox.result("remotedl/status").await;
    assert_eq!((&rows["1"]["status"], &rows["1"]["errormsg"]), (&json!("error"), &json!("HTTP 418")));
    assert_eq!((&rows["2"]["status"], &rows["2"]["errormsg"]), (&json!("error"), &json!("Could not resolve host")));
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn additional_headers_keep_their_order() {
    let sandbox = empty().await;
    let headers = "headers[]=Cookie:+auth%3D9898;&headers%5B%5D=User-Agent:+Firefox";
    sandbox.result(&format!("remotedl/add?url=https://example.com/a.mp4&{headers}")).await;
    assert_eq!(sandbox.remote_upload_headers("1").unwrap(), ["Cookie: auth=9898;", "User-Agent: Firefox"]);
}

#[tokio::test]
async fn default_limit_is_5_and_the_largest_is_100() {
    let sandbox = empty().await;
    for at in 0..101 {
        sandbox.result(&format!("remotedl/add?url=https://example.com/{at}.mp4")).await;
    }
    let shown = async |query: &str| keys(&sandbox.result(&format!("remotedl/status{query}")).await).len();
    assert_eq!(keys(&sandbox.result("remotedl/status").await), ["100", "101", "97", "98", "99"]);
    assert_eq!((shown("?limit=7").await, shown("?limit=500").await, shown("?limit=0").await), (7, 100, 5));
    assert_eq!(keys(&sandbox.result("remotedl/status?id=3").await), ["3"]);
}

#[tokio::test]
async fn empty_queue_and_unknown_id_are_an_empty_list() {
    let sandbox = empty().await;
    assert_eq!(sandbox.result("remotedl/status").await, json!([]));
    assert_eq!(sandbox.result("remotedl/status?id=5656").await, json!([]));
}

#[tokio::test]
async fn remote_upload_needs_a_url_and_an_existing_folder() {
    let sandbox = empty().await;
    assert_eq!(sandbox.refusal("remotedl/add").await, (400, "Missing parameter: url".to_owned()));
    let refusal = sandbox.refusal("remotedl/add?url=https://example.com/a.mp4&folder=None").await;
    assert_eq!(refusal, (404, "Folder not found".to_owned()));
    assert_eq!(sandbox.counts().remote_uploads, 0);
}

#[tokio::test]
async fn missing_values_of_a_row_may_be_null() {
    let sandbox = with(Options { missing: Missing::Null, seeded: false, ..Options::default() }).await;
    sandbox.result("remotedl/add?url=https://example.com/a.mp4").await;
    let row = sandbox.result("remotedl/status").await["1"].clone();
    assert_eq!([&row["errormsg"], &row["extid"], &row["url"]], [&Value::Null; 3]);
}

#[tokio::test]
async fn fetched_file_goes_to_the_root_if_its_folder_is_gone() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    sandbox.result(&format!("remotedl/add?url=https://example.com/a.mp4&folder={folder}")).await;
    sandbox.result(&format!("file/deletefolder?folder={folder}")).await;
    sandbox.clock.advance(STEP * 3);
    let id = sandbox.find_file("a.mp4").unwrap();
    assert_eq!(sandbox.folder_of(&id).unwrap(), "0");
}

#[tokio::test]
async fn removed_remote_upload_adds_no_file() {
    let sandbox = with(Options { remote_remove: true, seeded: false, ..Options::default() }).await;
    for at in 0..3 {
        sandbox.result(&format!("remotedl/add?url=https://example.com/{at}.mp4")).await;
    }
    assert_eq!(sandbox.result("remotedl/remove?id=2").await, json!(true));
    assert_eq!(keys(&sandbox.result("remotedl/status").await), ["1", "3"]);
    for unknown in ["2", "77", "x"] {
        let refusal = sandbox.refusal(&format!("remotedl/remove?id={unknown}")).await;
        assert_eq!(refusal, (404, "Remote upload not found".to_owned()));
    }
    assert_eq!(sandbox.refusal("remotedl/remove").await, (400, "Missing parameter: id".to_owned()));
    sandbox.clock.advance(STEP * 3);
    assert_eq!(sandbox.counts().files, 2);
    assert_eq!(sandbox.result("remotedl/remove?id=all").await, json!(true));
    assert_eq!((sandbox.counts().files, sandbox.counts().remote_uploads), (2, 0));
}
