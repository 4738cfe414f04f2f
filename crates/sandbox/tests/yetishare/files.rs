//! Tests of operations on files by id.

use serde_json::json;

use crate::support::{empty, v4, with};

const NOT_FOUND: &str = "Could not find file based on file_id.";

#[tokio::test]
async fn file_info_has_all_fields() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file(&folder, "sample 4.MP4", b"abc");
    let file = sandbox.data("file/info", &[("file_id", &id)]).await;
    let url = format!("{}/2Rr", sandbox.origin());
    let hash = file["url_file_delete"].as_str().unwrap().rsplit('?').next().unwrap().to_owned();
    assert_eq!(hash.len(), 32);
    let expected = json!({
        "id": "1001", "filename": "sample 4.MP4", "shortUrl": "2Rr", "fileType": "video/mp4", "extension": "MP4",
        "fileSize": "3", "uploadedIP": "127.0.0.1", "uploadedDate": "2024-11-19 00:28:38", "status": "active",
        "downloads": "0", "lastAccessed": null, "folderId": "101", "keywords": "sample,4,MP4", "isPublic": "0",
        "uploadSource": "direct", "url_file": url, "url_file_info": format!("{url}~i?{hash}"),
        "url_file_stats": format!("{url}~s"), "url_file_delete": format!("{url}~d?{hash}"),
    });
    assert_eq!(file, expected);
}

#[tokio::test]
async fn version_4_has_another_key_for_a_files_state() {
    let sandbox = with(v4()).await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let file = sandbox.data("file/info", &[("file_id", &id)]).await;
    assert_eq!((&file["file_status"], file.get("status")), (&json!("active"), None));
}

#[tokio::test]
async fn very_large_size_is_exact() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.claim_size(&id, 9_007_199_254_740_993);
    assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["fileSize"], "9007199254740993");
}

#[tokio::test]
async fn unknown_file_or_another_accounts_file_is_not_found() {
    let sandbox = empty().await;
    let foreign = sandbox.add_foreign_file("theirs.mp4", b"abc");
    for operation in ["file/info", "file/edit", "file/download"] {
        for id in [foreign.as_str(), "9999"] {
            assert_eq!(sandbox.refusal(operation, &[("file_id", id)]).await, NOT_FOUND, "{operation}");
        }
    }
    for operation in ["file/info", "file/edit", "file/delete", "file/move", "file/copy", "file/download"] {
        assert_eq!(sandbox.refusal(operation, &[]).await, "Please provide the file_id param.", "{operation}");
    }
}

#[tokio::test]
async fn edit_ignores_empty_parameters() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let edit = [("file_id", id.as_str()), ("filename", "Été.tar.gz"), ("fileType", ""), ("folder_id", &folder)];
    let answer = sandbox.call("file/edit", &edit).await;
    assert_eq!(answer["response"], "File successfully updated.");
    let fields = ["filename", "extension", "fileType", "folderId"].map(|field| answer["data"][field].clone());
    assert_eq!(json!(fields), json!(["Été.tar.gz", "gz", "video/mp4", folder]));
    let edit = [("file_id", id.as_str()), ("filename", "no extension"), ("fileType", "text/plain")];
    let data = sandbox.data("file/edit", &edit).await;
    let fields = ["filename", "extension", "fileType", "folderId"].map(|field| data[field].clone());
    assert_eq!(json!(fields), json!(["no extension", "", "text/plain", folder]));
    sandbox.data("file/edit", &[("file_id", &id), ("folder_id", "null")]).await;
    assert_eq!(sandbox.folder_of(&id).as_deref(), Some("0"));
}

#[tokio::test]
async fn edit_ignores_a_folder_of_another_account() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file(&folder, "a.mp4", b"abc");
    let foreign = sandbox.add_foreign_folder("theirs");
    for unknown in [foreign.as_str(), "999", "abc", "0"] {
        sandbox.data("file/edit", &[("file_id", &id), ("folder_id", unknown)]).await;
        assert_eq!(sandbox.folder_of(&id).as_deref(), Some(folder.as_str()), "{unknown}");
    }
}

#[tokio::test]
async fn deleted_file_is_in_the_trash_and_can_be_read() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let answer = sandbox.call("file/delete", &[("file_id", &id)]).await;
    assert_eq!(answer["response"], "File successfully set as deleted.");
    assert_eq!(answer["data"]["status"], "trash");
    assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["status"], "trash");
    assert_eq!(sandbox.data("folder/listing", &[]).await["files"], json!([]));
    assert_eq!(sandbox.refusal("file/download", &[("file_id", &id)]).await, "Could not generate download url.");
}

#[tokio::test]
async fn foreign_or_inactive_file_cannot_be_changed() {
    let sandbox = empty().await;
    let foreign = sandbox.add_foreign_file("theirs.mp4", b"abc");
    let trashed = sandbox.add_file("0", "trashed.mp4", b"abc");
    sandbox.set_file_status(&trashed, "trash");
    for (operation, words) in [
        ("file/delete", "Failed deleting the file."),
        ("file/move", "Failed moving the file."),
        ("file/copy", "Failed copying the file."),
    ] {
        for id in [&foreign, &trashed] {
            let to_root = [("file_id", id.as_str()), ("new_parent_folder_id", "null"), ("copy_to_folder_id", "null")];
            assert_eq!(sandbox.refusal(operation, &to_root).await, words);
        }
        assert_eq!(sandbox.refusal(operation, &[("file_id", "9999")]).await, NOT_FOUND);
    }
    assert_eq!(sandbox.file_status(&foreign).as_deref(), Some("active"));
}

#[tokio::test]
async fn file_is_moved_to_a_folder_and_to_the_root() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let answer = sandbox.call("file/move", &[("file_id", &id), ("new_parent_folder_id", &folder)]).await;
    assert_eq!(
        (&answer["response"], &answer["data"]["folderId"]),
        (&json!("File successfully moved."), &json!(folder))
    );
    sandbox.data("file/move", &[("file_id", &id), ("new_parent_folder_id", "null")]).await;
    assert_eq!(sandbox.folder_of(&id).as_deref(), Some("0"));
}

#[tokio::test]
async fn copy_is_another_file_with_the_same_bytes() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let answer = sandbox.call("file/copy", &[("file_id", &id), ("copy_to_folder_id", &folder)]).await;
    assert_eq!((&answer["response"], answer.get("data")), (&json!("File successfully copyied."), None));
    assert_eq!(answer["original_file"]["data"]["id"], id.as_str());
    let copy = answer["new_file"]["data"].clone();
    assert_eq!((&copy["filename"], &copy["folderId"]), (&json!("a.mp4"), &json!(folder)));
    let copy = copy["id"].as_str().unwrap();
    assert_ne!(copy, id);
    assert_eq!(sandbox.file_bytes(copy).unwrap(), b"abc");
    assert_eq!(sandbox.folder_of(&id).as_deref(), Some("0"));
}

#[tokio::test]
async fn destination_must_be_a_folder_of_the_account() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let foreign = sandbox.add_foreign_folder("theirs");
    for (operation, parameter) in [("file/move", "new_parent_folder_id"), ("file/copy", "copy_to_folder_id")] {
        let words = sandbox.refusal(operation, &[("file_id", &id), (parameter, "")]).await;
        assert_eq!(words, format!("Please provide the {parameter} param."));
        for unknown in [foreign.as_str(), "999", "0", "root"] {
            let words = sandbox.refusal(operation, &[("file_id", &id), (parameter, unknown)]).await;
            assert_eq!(words, format!("Could not find the destination folder id defined by {parameter}."));
        }
    }
    assert_eq!(sandbox.counts().files, 1);
}
