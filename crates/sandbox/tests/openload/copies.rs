//! How a second file of one name is named, and when an uploaded file is listed.

use polyhost_sandbox::Copies;
use polyhost_sandbox::openload::Options;
use serde_json::Value;

use crate::support::{Sandbox, with};

/// The names in the root, as they are listed.
async fn listed(sandbox: &Sandbox) -> Vec<String> {
    let listing = sandbox.result("file/listfolder").await;
    let name = |file: &Value| file["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = match &listing["files"] {
        Value::Object(files) => files.values().map(name).collect(),
        _ => Vec::new(),
    };
    names.sort();
    names
}

#[tokio::test]
async fn a_second_file_of_a_name_is_numbered_where_the_site_does_that() {
    let styles = [
        (Copies::AsNamed, ["a.mp4", "a.mp4"]),
        (Copies::Parentheses, ["a (1).mp4", "a.mp4"]),
        (Copies::Dashes, ["a-1.mp4", "a.mp4"]),
    ];
    for (copies, expected) in styles {
        let sandbox = with(Options { seeded: false, copies, ..Options::default() }).await;
        let elsewhere = sandbox.add_folder("0", "Films");
        sandbox.upload("", "a.mp4", b"one").await;
        let second = sandbox.upload("", "a.mp4", b"two").await;
        assert!(expected.contains(&second["name"].as_str().unwrap()));
        assert_eq!(listed(&sandbox).await, expected);
        assert_eq!(sandbox.upload(&format!("folder={elsewhere}"), "a.mp4", b"two").await["name"], "a.mp4");
    }
}

#[tokio::test]
async fn an_uploaded_file_is_missing_from_the_first_listings() {
    let sandbox = with(Options { seeded: false, listed_late: 2, ..Options::default() }).await;
    let elsewhere = sandbox.add_folder("0", "Films");
    let file = sandbox.upload("", "a.mp4", b"one").await;
    sandbox.result(&format!("file/listfolder?folder={elsewhere}")).await;
    assert_eq!(
        sandbox.result(&format!("file/info?file={}", file["id"].as_str().unwrap())).await.as_object().unwrap().len(),
        1
    );
    assert!(listed(&sandbox).await.is_empty());
    assert!(listed(&sandbox).await.is_empty());
    assert_eq!(listed(&sandbox).await, ["a.mp4"]);
}
