//! Tests of changes to folders.

use polyhost_sandbox::yetishare::Options;
use serde_json::json;

use crate::support::{column, empty, options, v4, with};

const PASSWORD: &str = "d9729feb74992cc3482b350163a1a010";
const NOT_FOUND: &str = "Could not find folder based on folder_id.";

#[tokio::test]
async fn created_folder_matches_the_documentation() {
    let sandbox = with(v4()).await;
    let parameters = [("folder_name", "My New Folder"), ("is_public", "2"), ("access_password", PASSWORD)];
    let answer = sandbox.call("folder/create", &parameters).await;
    assert_eq!(answer["response"], "Folder successfully created.");
    let expected = json!({
        "id": "101", "parentId": null, "folderName": "My New Folder", "totalSize": "0", "isPublic": "2",
        "accessPassword": PASSWORD, "date_added": "2024-11-19 00:28:38", "date_updated": null,
        "url_folder": format!("{}/folder/101/My_New_Folder", sandbox.origin()),
        "total_downloads": 0, "child_folder_count": 0, "file_count": 0,
    });
    assert_eq!(answer["data"], expected);
}

#[tokio::test]
async fn folder_name_is_required_and_may_be_used_twice() {
    let sandbox = empty().await;
    for _ in 0..2 {
        sandbox.data("folder/create", &[("folder_name", "a")]).await;
    }
    assert_eq!(sandbox.counts().folders, 2);
    assert_eq!(sandbox.refusal("folder/create", &[]).await, "Please provide the folder_name param.");
}

#[tokio::test]
async fn parent_of_a_new_folder_is_not_checked() {
    for options in [options(), v4()] {
        let sandbox = with(options).await;
        let foreign = sandbox.add_foreign_folder("theirs");
        for parent in [foreign.as_str(), "999"] {
            let data = sandbox.data("folder/create", &[("folder_name", "lost"), ("parent_id", parent)]).await;
            assert_eq!(data["parentId"], parent);
        }
        assert_eq!(sandbox.data("folder/listing", &[]).await["folders"], json!([]));
        let data = sandbox.data("folder/create", &[("folder_name", "a"), ("parent_id", "null")]).await;
        assert_eq!(data["parentId"], json!(null));
    }
}

#[tokio::test]
async fn invalid_visibility_or_password_counts_as_none() {
    let sandbox = empty().await;
    for (sent, stored) in [("0", "0"), ("1", "1"), ("2", "2"), ("3", "0"), ("public", "0"), ("-1", "0")] {
        let data = sandbox.data("folder/create", &[("folder_name", "a"), ("is_public", sent)]).await;
        assert_eq!(data["isPublic"], stored, "{sent}");
    }
    for sent in ["secret", &PASSWORD[1..]] {
        let data = sandbox.data("folder/create", &[("folder_name", "a"), ("access_password", sent)]).await;
        assert_eq!(data["accessPassword"], json!(null), "{sent}");
    }
}

#[tokio::test]
async fn edit_ignores_empty_parameters() {
    let sandbox = empty().await;
    let (parent, folder) = (sandbox.add_folder("0", "parent"), sandbox.add_folder("0", "folder"));
    let edit = [("folder_id", folder.as_str()), ("folder_name", ""), ("parent_id", ""), ("is_public", "")];
    let answer = sandbox.call("folder/edit", &edit).await;
    assert_eq!(answer["response"], "Folder successfully updated.");
    assert_eq!((&answer["data"]["folderName"], &answer["data"]["date_updated"]), (&json!("folder"), &json!(null)));
    let edit = [("folder_id", folder.as_str()), ("folder_name", "new"), ("parent_id", &parent), ("is_public", "1")];
    let data = sandbox.data("folder/edit", &edit).await;
    let fields = ["folderName", "parentId", "isPublic", "date_updated"].map(|field| data[field].clone());
    assert_eq!(json!(fields), json!(["new", parent, "1", "2024-11-19 00:28:38"]));
    sandbox.data("folder/edit", &[("folder_id", &folder), ("parent_id", "null")]).await;
    assert_eq!(sandbox.parent_of(&folder).as_deref(), Some("0"));
}

#[tokio::test]
async fn edit_ignores_a_parent_of_another_account() {
    let sandbox = empty().await;
    let parent = sandbox.add_folder("0", "parent");
    let folder = sandbox.add_folder(&parent, "folder");
    let foreign = sandbox.add_foreign_folder("theirs");
    for unknown in [foreign.as_str(), "999", "abc", "0"] {
        sandbox.data("folder/edit", &[("folder_id", &folder), ("parent_id", unknown)]).await;
        assert_eq!(sandbox.parent_of(&folder).as_deref(), Some(parent.as_str()), "{unknown}");
    }
    assert_eq!(sandbox.refusal("folder/edit", &[("folder_id", &foreign)]).await, NOT_FOUND);
    assert_eq!(sandbox.refusal("folder/edit", &[]).await, "Please provide the folder_id param.");
}

#[tokio::test]
async fn null_alone_clears_no_password_in_version_4() {
    for (options, is_cleared) in [(options(), true), (v4(), false)] {
        let sandbox = with(options).await;
        let folder = sandbox.add_folder("0", "a");
        let set = async |password: &str, name: &str| {
            let edit = [("folder_id", folder.as_str()), ("access_password", password), ("folder_name", name)];
            sandbox.data("folder/edit", &edit).await;
            sandbox.folder_password(&folder)
        };
        assert_eq!(set(PASSWORD, "").await.as_deref(), Some(PASSWORD));
        assert_eq!(set("", "").await.as_deref(), Some(PASSWORD));
        assert_eq!(set("null", "").await.is_none(), is_cleared);
        assert_eq!(set("null", "b").await, None);
        set(PASSWORD, "").await;
        assert_eq!(set("of a wrong length", "c").await, None);
    }
}

#[tokio::test]
async fn deleted_folder_is_trashed_with_everything_below() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "a");
    let below = sandbox.add_folder(&folder, "b");
    let file = sandbox.add_file(&below, "a.mp4", b"abc");
    let answer = sandbox.call("folder/delete", &[("folder_id", &folder)]).await;
    assert_eq!((&answer["response"], answer.get("data")), (&json!("Folder successfully set as deleted."), None));
    assert_eq!(sandbox.file_status(&file).as_deref(), Some("trash"));
    assert_eq!(sandbox.folder_status(&below).as_deref(), Some("trash"));
    let counts = sandbox.counts();
    assert_eq!((counts.folders, counts.files, counts.trashed_folders, counts.trashed_files), (0, 0, 2, 1));
    assert_eq!(sandbox.refusal("folder/listing", &[("parent_folder_id", &below)]).await, NOT_FOUND);
    assert_eq!(sandbox.refusal("folder/info", &[("folder_id", &folder)]).await, NOT_FOUND);
}

#[tokio::test]
async fn trashed_folder_may_still_be_read() {
    let sandbox = with(Options { trashed_folders_answer: true, ..options() }).await;
    let folder = sandbox.add_folder("0", "a");
    sandbox.call("folder/delete", &[("folder_id", &folder)]).await;
    assert_eq!(sandbox.data("folder/info", &[("folder_id", &folder)]).await["status"], "trash");
    let listing = sandbox.data("folder/listing", &[("parent_folder_id", &folder)]).await;
    assert_eq!(listing, json!({"folders": [], "files": []}));
}

#[tokio::test]
async fn unknown_folder_has_another_delete_error_than_the_page() {
    let sandbox = empty().await;
    let (foreign, deleted) = (sandbox.add_foreign_folder("theirs"), sandbox.add_folder("0", "a"));
    sandbox.call("folder/delete", &[("folder_id", &deleted)]).await;
    for folder in [foreign.as_str(), deleted.as_str(), "999", "abc"] {
        assert_eq!(sandbox.refusal("folder/delete", &[("folder_id", folder)]).await, "Failed deleting the folder.");
    }
    assert_eq!(sandbox.refusal("folder/delete", &[]).await, "Please provide the folder_id param.");
    assert_eq!(sandbox.folder_status(&foreign).as_deref(), Some("active"));
}

#[tokio::test]
async fn folder_is_moved_to_another_and_to_the_root() {
    let sandbox = empty().await;
    let (parent, folder) = (sandbox.add_folder("0", "parent"), sandbox.add_folder("0", "folder"));
    let answer = sandbox.call("folder/move", &[("folder_id", &folder), ("new_parent_folder_id", &parent)]).await;
    assert_eq!(
        (&answer["response"], &answer["data"]["parentId"]),
        (&json!("Folder successfully moved."), &json!(parent))
    );
    sandbox.data("folder/move", &[("folder_id", &folder), ("new_parent_folder_id", "null")]).await;
    assert_eq!(sandbox.parent_of(&folder).as_deref(), Some("0"));
}

#[tokio::test]
async fn folder_move_is_rejected_with_the_scripts_messages() {
    let sandbox = empty().await;
    let (folder, foreign) = (sandbox.add_folder("0", "a"), sandbox.add_foreign_folder("theirs"));
    let no_destination = "Could not find the destination folder id defined by new_parent_folder_id.";
    for (parameters, words) in [
        (vec![], "Please provide the folder_id param."),
        (vec![("folder_id", "999")], NOT_FOUND),
        (vec![("folder_id", foreign.as_str())], "Failed moving the folder."),
        (vec![("folder_id", folder.as_str())], "Please provide the new_parent_folder_id param."),
        (
            vec![("folder_id", folder.as_str()), ("new_parent_folder_id", folder.as_str())],
            "Param folder_id can not match new_parent_folder_id.",
        ),
        (vec![("folder_id", folder.as_str()), ("new_parent_folder_id", foreign.as_str())], no_destination),
        (vec![("folder_id", folder.as_str()), ("new_parent_folder_id", "0")], no_destination),
    ] {
        assert_eq!(sandbox.refusal("folder/move", &parameters).await, words, "{parameters:?}");
    }
}

#[tokio::test]
async fn folder_moved_below_itself_is_in_no_listing() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "a");
    let below = sandbox.add_folder(&folder, "b");
    sandbox.add_file(&below, "a.mp4", b"abc");
    sandbox.data("folder/move", &[("folder_id", &folder), ("new_parent_folder_id", &below)]).await;
    assert_eq!(sandbox.data("folder/listing", &[]).await["folders"], json!([]));
    let listing = sandbox.data("folder/listing", &[("parent_folder_id", &below)]).await;
    assert_eq!(column(&listing["folders"], "folderName"), ["a"]);
    assert_eq!(listing["folders"][0]["totalSize"], "3");
    sandbox.call("folder/delete", &[("folder_id", &folder)]).await;
    assert_eq!(sandbox.counts().folders, 0);
}

#[tokio::test]
async fn demo_site_cannot_be_changed() {
    let sandbox = empty().await;
    let (folder, file) = (sandbox.add_folder("0", "a"), sandbox.add_file("0", "a.mp4", b"abc"));
    sandbox.demo_mode(true);
    for operation in [
        "folder/create",
        "folder/edit",
        "folder/delete",
        "folder/move",
        "file/upload",
        "file/edit",
        "file/delete",
        "file/move",
        "file/copy",
        "file/url_upload_add",
    ] {
        let words = sandbox.refusal(operation, &[("folder_id", &folder), ("file_id", &file)]).await;
        assert_eq!(words, "This API feature is not available in demo mode.", "{operation}");
    }
    sandbox.data("folder/listing", &[]).await;
    sandbox.demo_mode(false);
    sandbox.data("folder/create", &[("folder_name", "a")]).await;
}
