//! Tests of the requests that the adapter sends. The conformance suite checks only the results, not the requests.

mod support;

use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{Opened, assert_form, file, folder, name, new_folder, pairs, remote, upload};
use polyhost_domain::{
    Capability, ErrorKind, FileEdit, FileLookup, FileRef, FolderEdit, FolderId, LinkAnswer, NewFolder, PasswordChange,
    RemoteUploadSelection, UploadBody, Visibility,
};
use polyhost_sandbox::yetishare::{Options, Version};
use support::Simulated;

const MD5_OF_SESAME: &str = "54ef36ec71201fdf9d1423fd26f97f6b";

#[tokio::test]
async fn file_changes_are_sent_once_with_documented_names() {
    let (site, provider) = Simulated::ready().await;
    let (shelf, id) = (site.sandbox.add_folder("0", "Shelf"), site.sandbox.add_file("0", "a.mp4", b"abc"));
    let (shelf_id, file_id) = (folder(&provider, &shelf), file(&provider, &id));

    let edit = FileEdit { name: Some(name("a=1?+%.mp4")), content_type: Some("video/webm".into()) };
    let edited = provider.edit_file(&file_id, edit).await.unwrap().unwrap();
    assert_eq!((edited.name.as_deref(), edited.content_type.as_deref()), (Some("a=1?+%.mp4"), Some("video/webm")));
    provider.edit_file(&file_id, FileEdit { name: None, content_type: Some("a/b".into()) }).await.unwrap();
    assert_eq!(provider.move_file(&file_id, &shelf_id).await.unwrap().unwrap().folder_id, Some(shelf_id.clone()));
    assert_eq!(provider.move_file(&file_id, &FolderId::Root).await.unwrap().unwrap().folder_id, Some(FolderId::Root));
    let copy = provider.copy_file(&file_id, &shelf_id).await.unwrap();
    assert_eq!((copy.id != file_id, copy.folder_id), (true, Some(shelf_id)));
    provider.copy_file(&file_id, &FolderId::Root).await.unwrap();
    provider.delete_file(&file_id).await.unwrap();

    let edits = [
        pairs(&[("file_id", &id), ("filename", "a=1?+%.mp4"), ("fileType", "video/webm")]),
        pairs(&[("file_id", &id), ("fileType", "a/b")]),
    ];
    assert_eq!(site.forms("file/edit"), edits);
    let moves = [
        pairs(&[("file_id", &id), ("new_parent_folder_id", &shelf)]),
        pairs(&[("file_id", &id), ("new_parent_folder_id", "null")]),
    ];
    assert_eq!(site.forms("file/move"), moves);
    let copies = [
        pairs(&[("file_id", &id), ("copy_to_folder_id", &shelf)]),
        pairs(&[("file_id", &id), ("copy_to_folder_id", "null")]),
    ];
    assert_eq!(site.forms("file/copy"), copies);
    assert_eq!(site.forms("file/delete"), [pairs(&[("file_id", &id)])]);
    assert_eq!(site.journal().count(), 1 + 7);
}

#[tokio::test]
async fn folder_edits_are_sent_once_and_without_a_parent() {
    let (site, provider) = Simulated::ready().await;
    let shelf = site.sandbox.add_folder("0", "Shelf");
    let shelf_id = folder(&provider, &shelf);

    let new = |parent| new_folder("Été & fils", parent);
    let made = provider.create_folder(new(shelf_id.clone())).await.unwrap();
    let protected = NewFolder {
        visibility: Some(Visibility::Unlisted),
        password: Some(PasswordChange::Set("open sesame".into())),
        ..new(FolderId::Root)
    };
    let protected = provider.create_folder(protected).await.unwrap();
    assert_eq!((protected.visibility, protected.password_protected), (Some(Visibility::Unlisted), Some(true)));
    let nothing_to_remove = NewFolder { password: Some(PasswordChange::Remove), ..new(FolderId::Root) };
    assert_eq!(provider.create_folder(nothing_to_remove).await.unwrap().password_protected, Some(false));
    let edit = FolderEdit { name: Some(name("b+c")), visibility: Some(Visibility::Public), password: None };
    provider.edit_folder(&made.id, edit).await.unwrap();
    provider.move_folder(&made.id, &FolderId::Root).await.unwrap();
    provider.move_folder(&made.id, &shelf_id).await.unwrap();
    provider.delete_folder(&made.id).await.unwrap();

    let created = [
        pairs(&[("folder_name", "Été & fils"), ("parent_id", &shelf)]),
        pairs(&[("folder_name", "Été & fils"), ("is_public", "1"), ("access_password", MD5_OF_SESAME)]),
        pairs(&[("folder_name", "Été & fils")]),
    ];
    assert_eq!(site.forms("folder/create"), created);
    let id = made.id.as_str();
    assert_eq!(site.forms("folder/edit"), [pairs(&[("folder_id", id), ("folder_name", "b+c"), ("is_public", "2")])]);
    let moves = [
        pairs(&[("folder_id", id), ("new_parent_folder_id", "null")]),
        pairs(&[("folder_id", id), ("new_parent_folder_id", &shelf)]),
    ];
    assert_eq!(site.forms("folder/move"), moves);
    assert_eq!(site.forms("folder/delete"), [pairs(&[("folder_id", id)])]);
    assert_eq!(site.forms("folder/info"), [pairs(&[("folder_id", &shelf), ("parent_folder_id", &shelf)])]);
}

#[tokio::test]
async fn password_change_is_sent_with_the_current_name() {
    for version in [Version::V4, Version::V5] {
        let site = Simulated::start(Options { version, ..Options::default() }).await;
        let provider = site.provider();
        let shelf = site.sandbox.add_folder("0", "Shelf & co");
        let shelf_id = folder(&provider, &shelf);
        let change = |password| FolderEdit { password: Some(password), ..FolderEdit::default() };

        let set = change(PasswordChange::Set("open sesame".into()));
        let edited = provider.edit_folder(&shelf_id, set).await.unwrap().unwrap();
        assert_eq!(edited.password_protected, Some(true));
        assert_eq!(site.sandbox.folder_password(&shelf).as_deref(), Some(MD5_OF_SESAME));
        let edited = provider.edit_folder(&shelf_id, change(PasswordChange::Remove)).await.unwrap().unwrap();
        assert_eq!((edited.password_protected, edited.name.as_deref()), (Some(false), Some("Shelf & co")));
        assert_eq!(site.sandbox.folder_password(&shelf), None);

        let forms = [MD5_OF_SESAME, "null"].map(|password| {
            pairs(&[("folder_id", &shelf), ("folder_name", "Shelf & co"), ("access_password", password)])
        });
        assert_eq!(site.forms("folder/edit"), forms, "{version:?}");
    }
}

#[tokio::test]
async fn upload_checks_the_folder_and_sends_one_form() {
    let (site, provider) = Simulated::ready().await;
    let shelf = site.sandbox.add_folder("0", "Shelf");
    let mut new = upload("Le \"dîner\" 夏.mp4", &["a", "bc"]);
    new.folder = folder(&provider, &shelf);
    let stored = provider.upload(new).await.unwrap();
    assert_eq!((stored.name.as_deref(), stored.size), (Some("Le \"dîner\" 夏.mp4"), Some(3)));
    assert_eq!(stored.md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));
    assert_eq!(site.sandbox.folder_of(stored.id.as_str()), Some(shelf.clone()));
    provider.upload(upload("b.mp4", &["abc"])).await.unwrap();

    let operations: Vec<_> = site.journal().all().into_iter().map(|received| received.operation).collect();
    assert_eq!(operations, ["authorize", "folder/info", "file/upload", "account/info", "file/upload"]);
    assert_eq!(site.forms("file/upload"), [pairs(&[("folder_id", &shelf)]), pairs(&[])]);
    let sent = &site.journal().of("file/upload")[0];
    assert_form(sent, "upload_file");
}

#[tokio::test]
async fn unknown_folder_is_rejected_before_the_write() {
    for version in [Version::V4, Version::V5] {
        let site = Simulated::start(Options { version, ..Options::default() }).await;
        let provider = site.provider();
        let foreign = site.sandbox.add_foreign_folder("Foreign");
        for id in ["987", foreign.as_str()] {
            let unknown = folder(&provider, id);
            let opened = Opened::default();
            let mut new = upload("a.mp4", &["abc"]);
            new.folder = unknown.clone();
            new.body = UploadBody::Replayable(opened.source());
            let error = provider.upload(new).await.unwrap_err();
            assert_eq!((error.kind(), opened.times()), (ErrorKind::FolderNotFound, 0), "{id}");
            let sentence = format!("No folder has the id \"{id}\" in account \"main\".");
            assert_eq!(error.detail(), Some(sentence.as_str()));
            let new = new_folder("a", unknown.clone());
            assert_eq!(provider.create_folder(new).await.unwrap_err().kind(), ErrorKind::FolderNotFound);
            if version == Version::V5 {
                let error = provider.add_remote_upload(remote("https://a.example/b", unknown)).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::FolderNotFound);
            }
        }
        for never in ["file/upload", "folder/create", "file/url_upload_add"] {
            assert_eq!(site.count(never), 0, "{never}");
        }
    }
}

#[tokio::test]
async fn listing_omits_the_root_and_names_other_folders() {
    let (site, provider) = Simulated::ready().await;
    let shelf = site.sandbox.add_folder("0", "Shelf");
    provider.list(&FolderId::Root, None).await.unwrap();
    provider.list(&folder(&provider, &shelf), None).await.unwrap();
    assert_eq!(site.forms("folder/listing"), [pairs(&[]), pairs(&[("parent_folder_id", &shelf)])]);

    let before = site.journal().count();
    let root = provider.folder(&FolderId::Root).await.unwrap();
    assert_eq!((root.id, root.name.as_deref(), root.parent_id), (FolderId::Root, Some(""), None));
    assert_eq!(site.journal().count(), before, "the root is known without a request");
}

#[tokio::test]
async fn link_is_requested_by_id_or_code_and_opened_without_token() {
    let (site, provider) = Simulated::ready().await;
    let id = site.sandbox.add_file("0", "a.mp4", b"0123456789");
    let file_id = file(&provider, &id);
    let FileLookup::Found(found) = provider.files(std::slice::from_ref(&file_id)).await.unwrap().remove(0) else {
        panic!("the file is there")
    };
    let code = found.short_code.unwrap();
    let short = FileRef::ShortCode(provider.profile().ids.short_code(&code).unwrap());
    for reference in [FileRef::Id(file_id.clone()), short] {
        let LinkAnswer::Ready(link) = provider.link(&reference).await.unwrap() else { panic!("there is no wait") };
        assert_eq!((link.file_id.as_ref(), link.name.as_deref()), (Some(&file_id), Some("a.mp4")));
        assert!(link.expires_at.is_some() && link.headers.is_empty());
    }
    assert_eq!(site.forms("file/download"), [pairs(&[("file_id", &id)]), pairs(&[("short_url", &code)])]);

    provider.open(&FileRef::Id(file_id), None).await.unwrap();
    let content = &site.journal().of("content")[0];
    assert!(content.headers.iter().all(|(name, _)| name != "cookie" && name != "authorization"));
    assert_eq!(content.query.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["download_token"]);
}

#[tokio::test]
async fn remote_upload_is_sent_as_base64_and_read_by_id() {
    let (site, provider) = Simulated::ready().await;
    let shelf = site.sandbox.add_folder("0", "Shelf");
    let url = "https://media.example.org/a%20b.mp4?x=1&y=>>>???";
    let added = provider.add_remote_upload(remote(url, folder(&provider, &shelf))).await.unwrap();
    let other = provider.add_remote_upload(remote("https://media.example.org/2", FolderId::Root)).await.unwrap();
    let sent = site.forms("file/url_upload_add");
    let address = "aHR0cHM6Ly9tZWRpYS5leGFtcGxlLm9yZy9hJTIwYi5tcDQ/eD0xJnk9JTNFJTNFJTNFPz8/";
    assert_eq!(sent[0], pairs(&[("file_url_base64", address), ("folder_id", &shelf)]));
    assert_eq!(sent[1].len(), 1, "the root is left out");

    let unknown = provider.profile().ids.remote_upload("987654321").unwrap();
    let several = vec![other.id.clone(), unknown.clone(), added.id.clone()];
    let found = provider.remote_uploads(RemoteUploadSelection::Ids(several)).await.unwrap();
    assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [&other.id, &added.id]);
    let error = provider.remote_uploads(RemoteUploadSelection::Ids(vec![unknown])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RemoteUploadNotFound);
    assert_eq!(error.detail(), Some("No remote upload has the id \"987654321\" in account \"main\"."));
    assert!(provider.remote_uploads(RemoteUploadSelection::Ids(Vec::new())).await.unwrap().is_empty());
    assert_eq!(site.count("file/url_upload_status"), 4);
}

#[tokio::test]
async fn unsupported_operations_send_nothing() {
    let (site, provider) = Simulated::ready().await;
    let two = [file(&provider, "7"), file(&provider, "8")];
    let mut with_header = remote("https://media.example.org/a", FolderId::Root);
    with_header.headers.push("Cookie", "a=b").unwrap();
    let refusals = [
        (provider.files(&two).await.err(), Capability::FilesLookup),
        (provider.add_remote_upload(with_header).await.err(), Capability::RemoteUploadsHeaders),
        (provider.remote_uploads(RemoteUploadSelection::Recent(5)).await.err(), Capability::RemoteUploadsList),
        (provider.thumbnail(&two[0]).await.err(), Capability::FilesThumbnail),
    ];
    for (refusal, capability) in refusals {
        assert_eq!(refusal.unwrap().kind(), ErrorKind::Unsupported(capability));
    }
    let edit = FolderEdit { name: Some(name("b")), ..FolderEdit::default() };
    let root = [
        provider.edit_folder(&FolderId::Root, edit).await.err(),
        provider.move_folder(&FolderId::Root, &folder(&provider, "9")).await.err(),
        provider.delete_folder(&FolderId::Root).await.err(),
    ];
    for refusal in root {
        assert_eq!(refusal.unwrap().kind(), ErrorKind::FolderNotFound);
    }
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn id_that_the_site_would_truncate_is_never_sent() {
    let (_, provider) = Simulated::ready().await;
    let ids = &provider.profile().ids;
    for text in ["12abc", "012", "12 ", "+12", "0", "-1", "null", "", "1e3", "12345678901234567890"] {
        assert!(ids.file(text).is_err() && ids.folder(text).is_err() && ids.remote_upload(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn dates_use_the_time_zone_of_the_site() {
    let site = Simulated::start(Options { utc_offset_minutes: -210, ..Options::default() }).await;
    let now = jiff::Timestamp::now();
    let id = site.sandbox.add_file("0", "a.mp4", b"abc");
    let apart = |uploaded: jiff::Timestamp| uploaded.duration_since(now).as_secs().abs();
    let uploaded = async |quirks| {
        let provider = site.provider_with(quirks, polyhost_upstream::Settings::default());
        match provider.files(&[file(&provider, &id)]).await.unwrap().remove(0) {
            FileLookup::Found(found) => found.uploaded_at.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert!(apart(uploaded(polyhost_yetishare::Quirks::default()).await) < 60);
    let fixed = polyhost_yetishare::Quirks { timezone: Some(jiff::tz::TimeZone::UTC), ..Default::default() };
    assert!(apart(uploaded(fixed).await) > 200 * 60);
}
