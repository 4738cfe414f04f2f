//! Tests of folders and of their listings.

use polyhost_sandbox::openload::{FilesShape, Options};
use serde_json::json;

use crate::support::{Sandbox, empty, keys, with};

#[tokio::test]
async fn listing_matches_the_documentation() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "My Great Folder");
    let id = sandbox.add_file("0", "Big bunny buck 720p.mp4", b"abc");
    let origin = sandbox.base_url().trim_end_matches("/v1").to_owned();
    let file = json!({
        "name": "Big bunny buck 720p.mp4",
        "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
        "folder_id": 0,
        "upload_at": 1_562_414_400,
        "status": "active",
        "size": 3,
        "content_type": "video/mp4",
        "cstatus": "pending",
        "link": format!("{origin}/v/{id}"),
        "embed_link": format!("{origin}/e/{id}"),
        "linkextid": id,
    });
    let expected = json!({"folders": [{"id": folder, "name": "My Great Folder"}], "files": {&id: file}});
    for root in ["", "?folder=", "?folder=0"] {
        assert_eq!(sandbox.result(&format!("file/listfolder{root}")).await, expected, "{root}");
    }
}

#[tokio::test]
async fn listing_has_the_direct_entries_of_the_folder() {
    let sandbox = empty().await;
    let (outer, inner, file) = nested(&sandbox);
    let listing = sandbox.result(&format!("file/listfolder?folder={outer}")).await;
    assert_eq!(listing, json!({"folders": [{"id": inner, "name": "inner"}], "files": []}));
    let listing = sandbox.result(&format!("file/listfolder?folder={inner}")).await;
    assert_eq!(listing["folders"], json!([]));
    assert_eq!(listing["files"][&file]["folder_id"].to_string(), inner);
}

fn nested(sandbox: &Sandbox) -> (String, String, String) {
    let outer = sandbox.add_folder("0", "outer");
    let inner = sandbox.add_folder(&outer, "inner");
    let file = sandbox.add_file(&inner, "a.mp4", b"abc");
    (outer, inner, file)
}

#[tokio::test]
async fn invalid_folder_id_is_not_found() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    for id in
        ["None", "null", "-1", "00", "9999", &format!("{folder}abc"), &format!("0{folder}"), &format!("%2B{folder}")]
    {
        let refusal = sandbox.refusal(&format!("file/listfolder?folder={id}")).await;
        assert_eq!(refusal, (404, "Folder not found".to_owned()), "{id}");
    }
}

#[tokio::test]
async fn files_may_be_an_array_or_an_array_of_maps() {
    for (shape, empty_shape) in [(FilesShape::Array, json!([])), (FilesShape::MapsInArray, json!([]))] {
        let sandbox = with(Options { files_shape: shape, seeded: false, ..Options::default() }).await;
        assert_eq!(sandbox.result("file/listfolder").await["files"], empty_shape);
        let first = sandbox.add_file("0", "b.mp4", b"abc");
        let second = sandbox.add_file("0", "a.mp4", b"abc");
        let files = sandbox.result("file/listfolder").await["files"].clone();
        let ids = |at: usize| match shape {
            FilesShape::Array => files[at]["linkextid"].as_str().unwrap().to_owned(),
            _ => keys(&files[at]).concat(),
        };
        assert_eq!((ids(0), ids(1)), (first, second));
    }
}

#[tokio::test]
async fn listing_may_include_the_files_of_subfolders() {
    let sandbox = with(Options { deep_listings: true, seeded: false, ..Options::default() }).await;
    let (_, inner, file) = nested(&sandbox);
    let listing = sandbox.result("file/listfolder").await;
    assert_eq!(listing["folders"].as_array().unwrap().len(), 1);
    assert_eq!(listing["files"][&file]["folder_id"].to_string(), inner);
}

#[tokio::test]
async fn folder_is_created_in_the_root_or_in_another_folder() {
    let sandbox = empty().await;
    let outer = sandbox.result("file/createfolder?name=outer").await;
    let outer = outer["folderid"].as_u64().unwrap();
    let inner = sandbox.result(&format!("file/createfolder?name=inner&pid={outer}")).await;
    let listing = sandbox.result(&format!("file/listfolder?folder={outer}")).await;
    assert_eq!(listing["folders"], json!([{"id": inner["folderid"].to_string(), "name": "inner"}]));
    assert_eq!(sandbox.refusal("file/createfolder?name=").await, (400, "Missing parameter: name".to_owned()));
    assert_eq!(sandbox.refusal("file/createfolder?name=x&pid=None").await, (404, "Folder not found".to_owned()));
}

#[tokio::test]
async fn folder_is_renamed() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "before");
    assert_eq!(sandbox.result(&format!("file/renamefolder?folder={folder}&name=after")).await, true);
    assert_eq!((sandbox.find_folder("after"), sandbox.find_folder("before")), (Some(folder), None));
    assert_eq!(sandbox.refusal("file/renamefolder?folder=9&name=x").await, (404, "Folder not found".to_owned()));
    assert_eq!(sandbox.refusal("file/renamefolder?name=x").await, (400, "Missing parameter: folder".to_owned()));
}

#[tokio::test]
async fn deleted_folder_is_gone_with_everything_below() {
    let sandbox = empty().await;
    let (outer, inner, file) = nested(&sandbox);
    let kept = sandbox.add_file("0", "kept.mp4", b"abc");
    assert_eq!(sandbox.result(&format!("file/deletefolder?folder={outer}")).await, true);
    assert_eq!((sandbox.counts().folders, sandbox.counts().files, sandbox.counts().conversions), (0, 1, 1));
    assert_eq!((sandbox.file_bytes(&file), sandbox.file_bytes(&kept)), (None, Some(b"abc".to_vec())));
    assert_eq!(sandbox.refusal(&format!("file/listfolder?folder={inner}")).await.0, 404);
    let next = sandbox.add_folder("0", "next");
    assert_ne!(next, outer, "an id is never used again");
}

#[tokio::test]
async fn root_can_be_neither_renamed_nor_deleted() {
    let sandbox = empty().await;
    assert_eq!(sandbox.refusal("file/deletefolder?folder=0").await.0, 400);
    assert_eq!(sandbox.refusal("file/deletefolder").await.0, 400);
    assert_eq!(sandbox.refusal("file/renamefolder?folder=0&name=x").await.0, 400);
}
