//! Tests of writes on files.

use polyhost_sandbox::xfilesharing::{Flavour, Options};
use serde_json::json;

use crate::support::{column, empty, options, with};

#[tokio::test]
async fn edit_renames_moves_and_wipes_tags() {
    let sandbox = empty(Flavour::Xvs).await;
    let (code, folder) = (sandbox.add_file("0", "a.mp4", b"abc"), sandbox.add_folder("0", "Films"));
    sandbox.set_tags(&code, "one, two");
    let edit = format!("file/edit?file_code={code}&file_title=b&file_fld_id={folder}");
    assert_eq!(sandbox.result(&edit).await, "true");
    assert_eq!((sandbox.name_of(&code).unwrap(), sandbox.folder_of(&code).unwrap()), ("b".to_owned(), folder));
    assert_eq!(sandbox.tags_of(&code).unwrap(), "");
    sandbox.result(&format!("file/edit?file_code={code}&tags=three")).await;
    assert_eq!(
        (sandbox.tags_of(&code).unwrap(), sandbox.name_of(&code).unwrap()),
        ("three".to_owned(), "b".to_owned())
    );
}

#[tokio::test]
async fn edit_of_foreign_file_changes_only_its_tags() {
    let sandbox = empty(Flavour::Xvs).await;
    let foreign = sandbox.foreign_file();
    sandbox.set_tags(&foreign, "theirs");
    let before = sandbox.name_of(&foreign);
    assert_eq!(sandbox.result(&format!("file/edit?file_code={foreign},zzzzzzzzzzzz&file_title=b")).await, "true");
    assert_eq!((sandbox.name_of(&foreign), sandbox.tags_of(&foreign).unwrap()), (before, String::new()));
}

#[tokio::test]
async fn edit_accepts_any_folder_and_refuses_title() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.result(&format!("file/edit?file_code={code}&file_fld_id=999")).await;
    assert_eq!(sandbox.folder_of(&code).unwrap(), "999");
    let refused = sandbox.refusal(&format!("file/edit?file_code={code}&title=b")).await;
    assert_eq!(refused, (400, "Invalid file name".to_owned()));
    let refused = sandbox.refusal(&format!("file/edit?file_code={code}&cat_id=x")).await;
    assert_eq!(refused, (400, "Invalid cat_id".to_owned()));
    sandbox.result(&format!("file/edit?file_code={code}&file_public=%3C0&tags=a%3Cb")).await;
    assert_eq!(sandbox.tags_of(&code).unwrap(), "", "a skipped value counts as none");
}

#[tokio::test]
async fn rename_takes_each_flavours_parameter() {
    for (flavour, right, wrong) in
        [(Flavour::Xfs, "name", "title"), (Flavour::Dood, "title", "name"), (Flavour::Voe, "title", "name")]
    {
        let sandbox = empty(flavour).await;
        let code = sandbox.add_file("0", "a.mp4", b"abc");
        assert_eq!(sandbox.result(&format!("file/rename?file_code={code}&{right}=b.mp4")).await, "true");
        assert_eq!(sandbox.name_of(&code).unwrap(), "b.mp4");
        assert_eq!(sandbox.refusal(&format!("file/rename?file_code={code}&{wrong}=c.mp4")).await.0, 400);
    }
}

#[tokio::test]
async fn set_folder_ignores_unknown_files_and_refuses_folders() {
    let sandbox = empty(Flavour::Xfs).await;
    let (code, folder) = (sandbox.add_file("0", "a.zip", b"abc"), sandbox.add_folder("0", "Films"));
    let foreign = sandbox.foreign_file();
    let home = sandbox.folder_of(&foreign);
    for code in [&code, &foreign, &"zzzzzzzzzzzz".to_owned()] {
        assert_eq!(sandbox.result(&format!("file/set_folder?file_code={code}&fld_id={folder}")).await, "true");
    }
    assert_eq!((sandbox.folder_of(&code), sandbox.folder_of(&foreign)), (Some(folder), home));
    for folder in ["999".to_owned(), sandbox.foreign_folder()] {
        let refused = sandbox.refusal(&format!("file/set_folder?file_code={code}&fld_id={folder}")).await;
        assert_eq!(refused, (403, "Your account don't have such folder".to_owned()));
    }
    let lenient = Options { refuse_unknown_target: false, ..options(Flavour::Xfs) };
    let sandbox = with(lenient).await;
    let code = sandbox.add_file("0", "a.zip", b"abc");
    sandbox.result(&format!("file/set_folder?file_code={code}&fld_id=999")).await;
    assert_eq!(sandbox.folder_of(&code).unwrap(), "999");
}

#[tokio::test]
async fn clone_copies_files_of_any_user() {
    let sandbox = empty(Flavour::Xvs).await;
    let foreign = sandbox.foreign_file();
    let folder = sandbox.add_folder("0", "Films");
    let copy = sandbox.result(&format!("file/clone?file_code={foreign}&fld_id={folder}")).await;
    let code = copy["filecode"].as_str().unwrap();
    assert_eq!(copy["url"].as_str().unwrap().rsplit('/').next(), Some(code));
    assert_eq!((sandbox.folder_of(code), sandbox.name_of(code)), (Some(folder), sandbox.name_of(&foreign)));
    assert_eq!(sandbox.refusal("file/clone?file_code=zzzzzzzzzzzz").await, (404, "No file".to_owned()));
}

#[tokio::test]
async fn delete_takes_own_files_only() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    let answer = sandbox.call(&format!("file/delete?file_code={code}")).await;
    assert_eq!((&answer["status"], answer.get("result")), (&json!(200), None));
    for gone in [&code, &sandbox.foreign_file()] {
        let refused = sandbox.refusal(&format!("file/delete?file_code={gone}")).await;
        assert_eq!(refused, (404, "No file".to_owned()));
    }
    assert!(sandbox.file_bytes(&sandbox.foreign_file()).is_some());
    assert_eq!(column(&sandbox.result("file/deleted").await, "file_code"), [code]);
}
