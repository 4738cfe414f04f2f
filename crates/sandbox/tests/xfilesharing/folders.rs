//! Tests of folders.

use polyhost_sandbox::Unreadable;
use polyhost_sandbox::xfilesharing::{FilesInFolders, Flavour, Options};
use serde_json::json;

use crate::support::{column, empty, keys, options, with};

#[tokio::test]
async fn video_site_lists_files_only_when_asked() {
    let sandbox = empty(Flavour::Xvs).await;
    let folder = sandbox.add_folder("0", "Films");
    sandbox.add_folder(&folder, "Below");
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let root = sandbox.result("folder/list").await;
    assert_eq!(root["folders"][0]["fld_id"].to_string(), folder, "a number");
    assert_eq!((root["folders"].as_array().unwrap().len(), root.get("files")), (1, None));
    let root = sandbox.result("folder/list?fld_id=0&files=1").await;
    assert_eq!(column(&root["files"], "file_code"), [code]);
}

#[tokio::test]
async fn file_host_lists_files_always_and_without_sizes() {
    let sandbox = empty(Flavour::Xfs).await;
    let codes: Vec<String> = (0..30).map(|_| sandbox.add_file("0", "a.zip", b"abc")).collect();
    let root = sandbox.result("folder/list?page=2&per_page=5").await;
    assert_eq!(root["files"].as_array().unwrap().len(), codes.len(), "no pages");
    assert_eq!(keys(&root["files"][0]), ["file_code", "fld_id", "link", "name", "uploaded"]);
    let never = Options { files_in_folders: FilesInFolders::Never, ..options(Flavour::Xfs) };
    assert_eq!(with(never).await.result("folder/list").await, json!({"folders": []}));
}

#[tokio::test]
async fn unknown_and_foreign_folders_are_403() {
    let sandbox = empty(Flavour::Xvs).await;
    for folder in ["999".to_owned(), "x".to_owned(), sandbox.foreign_folder()] {
        let refused = sandbox.refusal(&format!("folder/list?fld_id={folder}")).await;
        assert_eq!(refused, (403, "Folder not exist or not yours".to_owned()), "{folder}");
        let refused = sandbox.refusal(&format!("folder/create?name=New&parent_id={folder}")).await;
        assert_eq!(refused, (403, "Parent folder not exist or not yours".to_owned()), "{folder}");
    }
}

#[tokio::test]
async fn same_name_can_be_created_twice() {
    let sandbox = with(Options { max_folders: 2, ..options(Flavour::Xfs) }).await;
    let first = sandbox.result("folder/create?name=Films").await;
    let second = sandbox.result("folder/create?name=Films&parent_id=0").await;
    assert!(first["fld_id"].is_string() && first != second, "{first}");
    assert_eq!(sandbox.refusal("folder/create?name=a").await, (400, "Invalid folder name".to_owned()));
    let words = "You have can't have more than 2 folders";
    assert_eq!(sandbox.refusal("folder/create?name=More").await, (400, words.to_owned()));
}

#[tokio::test]
async fn edit_moves_into_cycles_but_not_into_itself() {
    let sandbox = empty(Flavour::Xvs).await;
    let outer = sandbox.add_folder("0", "Outer");
    let inner = sandbox.add_folder(&outer, "Inner");
    let refused = sandbox.refusal(&format!("folder/edit?fld_id={outer}&parent_id={outer}")).await;
    assert_eq!(refused, (400, "Invalid parent folder id".to_owned()));
    assert_eq!(sandbox.result(&format!("folder/edit?fld_id={outer}&parent_id={inner}&name=New")).await, "true");
    assert_eq!((sandbox.parent_of(&outer), sandbox.find_folder("New")), (Some(inner.clone()), Some(outer)));
    sandbox.result(&format!("folder/edit?fld_id={inner}&parent_id=0")).await;
    assert_eq!(sandbox.parent_of(&inner).unwrap(), "0");
    assert_eq!(sandbox.refusal("folder/edit?fld_id=x").await, (400, "Folder id required".to_owned()));
    assert_eq!(sandbox.refusal("folder/edit?fld_id=999").await, (403, "Folder not exist".to_owned()));
}

#[tokio::test]
async fn video_site_deletes_empty_folders_only() {
    let sandbox = empty(Flavour::Xvs).await;
    let outer = sandbox.add_folder("0", "Outer");
    let inner = sandbox.add_folder(&outer, "Inner");
    sandbox.add_file(&inner, "a.mp4", b"abc");
    let delete = async |folder: &str| sandbox.refusal(&format!("folder/delete?fld_id={folder}")).await;
    assert_eq!(delete(&outer).await, (403, "Folder have sub-folders inside".to_owned()));
    assert_eq!(delete(&inner).await, (403, "Folder have files inside".to_owned()));
    let empty = sandbox.add_folder("0", "Empty");
    assert_eq!(delete(&empty).await, (200, "OK".to_owned()));
    assert_eq!(delete(&empty).await, (403, "Folder not exist".to_owned()));
}

#[tokio::test]
async fn forced_delete_leaves_the_content() {
    let sandbox = with(options(Flavour::Xfs).with(&["folder/delete", "folder/move"])).await;
    let outer = sandbox.add_folder("0", "Outer");
    let middle = sandbox.add_folder(&outer, "Middle");
    let inner = sandbox.add_folder(&middle, "Inner");
    let code = sandbox.add_file(&middle, "a.zip", b"abc");
    assert_eq!(sandbox.refusal(&format!("folder/move?fld_id={outer}&parent_id={inner}")).await.0, 400);
    assert_eq!(sandbox.refusal(&format!("folder/delete?fld_id={middle}")).await.0, 400);
    sandbox.call(&format!("folder/delete?fld_id={middle}&force=1")).await;
    assert_eq!((sandbox.folder_of(&code).unwrap(), sandbox.parent_of(&inner)), ("0".to_owned(), Some(outer)));
    assert_eq!(sandbox.result(&format!("folder/move?fld_id1={inner}&fld_id2=0")).await, "true");
    assert_eq!(sandbox.parent_of(&inner).unwrap(), "0");
}

#[tokio::test]
async fn malformed_rows_are_listed() {
    let kinds = vec![Unreadable::Repeated, Unreadable::MissingId];
    let spoiled = Options { unreadable_files: kinds.clone(), unreadable_folders: kinds, ..options(Flavour::Xvs) };
    let sandbox = with(spoiled).await;
    for name in ["a1", "b2"] {
        sandbox.add_folder("0", name);
        sandbox.add_file("0", name, b"abc");
    }
    let root = sandbox.result("folder/list?files=1").await;
    for (rows, id) in [(&root["folders"], "fld_id"), (&root["files"], "file_code")] {
        assert_eq!((rows.as_array().unwrap().len(), &rows[0][id], rows[1].get(id)), (3, &rows[2][id], None));
    }
}
