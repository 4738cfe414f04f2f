//! Tests of the name of a second file of the same name, and of the listing of uploaded files.

use polyhost_sandbox::Copies;
use polyhost_sandbox::openload::Options;
use serde_json::Value;

use crate::support::{Sandbox, with};

/// Returns the names of the files in the root's listing, sorted.
async fn listed_names(sandbox: &Sandbox) -> Vec<String> {
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
async fn second_file_of_a_name_is_numbered_by_the_option() {
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
        assert_eq!(listed_names(&sandbox).await, expected);
        assert_eq!(sandbox.upload(&format!("folder={elsewhere}"), "a.mp4", b"two").await["name"], "a.mp4");
    }
}

#[tokio::test]
async fn uploaded_file_is_missing_from_the_first_listings() {
    let sandbox = with(Options { seeded: false, listed_late: 2, ..Options::default() }).await;
    let elsewhere = sandbox.add_folder("0", "Films");
    let file = sandbox.upload("", "a.mp4", b"one").await;
    sandbox.result(&format!("file/listfolder?folder={elsewhere}")).await;
    assert_eq!(
        sandbox.result(&format!("file/info?file={}", file["id"].as_str().unwrap())).await.as_object().unwrap().len(),
        1
    );
    assert!(listed_names(&sandbox).await.is_empty());
    assert!(listed_names(&sandbox).await.is_empty());
    assert_eq!(listed_names(&sandbox).await, ["a.mp4"]);
}
