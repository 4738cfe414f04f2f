//! Tests of operations on files by id.

use serde_json::json;

use crate::support::{empty, keys};

#[tokio::test]
async fn each_file_of_a_batch_has_its_own_status() {
    let sandbox = empty().await;
    let intact = sandbox.add_file("0", "The quick brown fox.mp4", b"abc");
    let broken = sandbox.add_file("0", "broken.mp4", b"abc");
    let blocked = sandbox.add_file("0", "blocked.mp4", b"abc");
    let foreign = sandbox.add_foreign_file("foreign.mp4", b"abcd");
    sandbox.break_file(&broken);
    sandbox.block_file(&blocked);
    let answer = sandbox.result(&format!("file/info?file={intact},{broken},{blocked},72fA-_Lq8Ak5,{foreign}")).await;
    let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    assert_eq!(
        answer[&intact],
        json!({
            "id": intact, "status": 200, "name": "The quick brown fox.mp4", "size": 3, "sha1": sha1,
            "content_type": "video/mp4",
        })
    );
    assert_eq!(
        answer[&broken],
        json!({
            "id": broken, "status": 500, "name": "broken.mp4", "size": false, "sha1": sha1,
            "content_type": "video/mp4",
        })
    );
    for (id, status) in [(blocked.as_str(), 451), ("72fA-_Lq8Ak5", 404)] {
        let expected =
            json!({"id": id, "status": status, "name": false, "size": false, "sha1": false, "content_type": false});
        assert_eq!(answer[id], expected);
    }
    assert_eq!((&answer[&foreign]["status"], &answer[&foreign]["size"]), (&json!(200), &json!(4)));
}

#[tokio::test]
async fn batch_may_have_50_files() {
    let sandbox = empty().await;
    let ids = |count: usize| (0..count).map(|at| format!("id{at:010}")).collect::<Vec<_>>().join(",");
    assert_eq!(keys(&sandbox.result(&format!("file/info?file={}", ids(50))).await).len(), 50);
    assert_eq!(sandbox.refusal(&format!("file/info?file={}", ids(51))).await.0, 400);
    assert_eq!(sandbox.refusal("file/info").await, (400, "Missing parameter: file".to_owned()));
    assert_eq!(sandbox.result("file/info?file=,").await, json!([]), "an empty map is an empty list");
}

#[tokio::test]
async fn ids_are_compared_exactly() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    for other in [format!("{id}x"), format!("%20{id}"), id.chars().take(5).collect()] {
        assert_eq!(sandbox.refusal(&format!("file/delete?file={other}")).await.0, 404, "{other}");
    }
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn very_large_size_is_exact() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.claim_size(&id, 9_007_199_254_740_993);
    assert_eq!(sandbox.result(&format!("file/info?file={id}")).await[&id]["size"], 9_007_199_254_740_993_u64);
}

#[tokio::test]
async fn file_is_renamed_to_exactly_the_given_name() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.result(&format!("file/rename?file={id}&name=%20%3CL%27%C3%A9t%C3%A9%3E%20%26%20+")).await, true);
    assert_eq!(sandbox.result(&format!("file/info?file={id}")).await[&id]["name"], " <L'été> &  ");
    assert_eq!(sandbox.refusal(&format!("file/rename?file={id}&name=")).await.0, 400);
    assert_eq!(sandbox.refusal("file/rename?file=unknown&name=x").await, (404, "Video not found".to_owned()));
}

#[tokio::test]
async fn file_is_moved_to_a_folder_and_back_to_the_root() {
    let sandbox = empty().await;
    let folder = sandbox.add_folder("0", "Films");
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.result(&format!("file/move?file={id}&folder={folder}")).await, true);
    assert_eq!(sandbox.folder_of(&id), Some(folder));
    assert_eq!(sandbox.result(&format!("file/move?file={id}&folder=0")).await, true);
    assert_eq!(sandbox.folder_of(&id).unwrap(), "0");
    assert_eq!(sandbox.refusal(&format!("file/move?file={id}")).await, (400, "Missing parameter: folder".to_owned()));
    assert_eq!(sandbox.refusal(&format!("file/move?file={id}&folder=9")).await, (404, "Folder not found".to_owned()));
    assert_eq!(sandbox.refusal("file/move?file=unknown&folder=0").await, (404, "Video not found".to_owned()));
}

#[tokio::test]
async fn deleted_file_is_gone() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.result(&format!("file/delete?file={id}")).await, true);
    assert_eq!(sandbox.result(&format!("file/info?file={id}")).await[&id]["status"], 404);
    assert_eq!(sandbox.refusal(&format!("file/delete?file={id}")).await, (404, "Video not found".to_owned()));
    assert_eq!((sandbox.file_bytes(&id), sandbox.counts().conversions), (None, 0));
}

#[tokio::test]
async fn file_of_another_account_cannot_be_changed() {
    let sandbox = empty().await;
    let id = sandbox.add_foreign_file("foreign.mp4", b"abc");
    for call in ["file/rename?name=x", "file/move?folder=0", "file/delete?", "file/getsplash?"] {
        assert_eq!(
            sandbox.refusal(&format!("{call}&file={id}")).await,
            (403, "Permission denied".to_owned()),
            "{call}"
        );
    }
    let listing = sandbox.result("file/listfolder").await;
    assert_eq!(listing["files"], json!([]));
}
