//! Tests of answers with another object than the requested one, answers with secrets, and successes that are errors.

mod support;

use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{
    Opened, file, folder, http_answer, kind, name, new_folder, remote, remote_uploads, upload,
};
use polyhost_domain::{
    Capability, ErrorKind, File, FileEdit, FileId, FileLookup, FileRef, FolderEdit, FolderId, JobState, NewFolder,
    PasswordChange, Provider, Result, UploadBody,
};
use polyhost_sandbox::yetishare::{AuthMode, Options, Version};
use polyhost_sandbox::{Fault, Rule};
use support::{KEY1, KEY2, PASSWORD, Simulated, USERNAME, api_error, site_answering};

const FETCHED: &str = "https://media.example.org/a.mp4";

#[tokio::test]
async fn error_is_found_in_every_envelope_under_every_status() {
    let words = "Could not find file based on file_id.";
    let bodies = [
        format!(r#"{{"status": "error", "response": "{words}", "_datetime": "2024-11-19 00:28:38"}}"#),
        format!(r#"{{"response": "{words}", "_status": "error"}}"#),
        format!(r#"{{"message": "{words}", "result": false}}"#),
        format!(r#"{{"success": false, "message": "{words}"}}"#),
        format!(r#"{{"0": "{words}", "_status": "error"}}"#),
        format!(r#"{{"response": "{words}", "_status": "failed", "data": {{"id": "7"}}}}"#),
        format!(r#"{{"error": "{words}", "data": {{"id": "7"}}}}"#),
        format!("\u{feff}{{\"status\": \"error\", \"response\": \"{words}\"}}"),
    ];
    for body in bodies {
        for http in [200, 400, 401, 403, 404, 500] {
            let (site, provider) = Simulated::ready().await;
            for operation in ["file/info", "file/delete"] {
                site.breaks(operation, http_answer(http, &body));
            }
            let unknown = file(&provider, "7");
            let found = provider.files(std::slice::from_ref(&unknown)).await.unwrap();
            let [FileLookup::Failed(error)] = &found[..] else { panic!("{found:?}") };
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::FileNotFound, false), "{http} {body}");
            assert_eq!(error.detail(), Some("No file has the id \"7\" in account \"main\"."));
            assert_eq!(error.answer().unwrap().message.as_deref(), Some(words));
            assert_eq!(kind(provider.delete_file(&unknown).await), ErrorKind::FileNotFound, "{http} {body}");
            assert_eq!(site.sandbox.logins(), 1, "{http} {body}");
        }
    }
}

#[tokio::test]
async fn missing_action_is_unsupported_with_the_sites_message() {
    let site = Simulated::start(Options { version: Version::V4, ..Options::default() }).await;
    let body = r#"{"0": "No method found within endpoint (file): move", "_status": "error"}"#;
    site.breaks("file/move", http_answer(404, body));
    let provider = site.provider();
    let error = provider.move_file(&file(&provider, "7"), &FolderId::Root).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unsupported(Capability::FilesMove), false));
    let message = error.answer().unwrap().message.as_deref();
    assert_eq!(message, Some("No method found within endpoint (file): move"));
}

#[tokio::test]
async fn unknown_message_is_a_failure_of_the_site() {
    for version in [Version::V4, Version::V5] {
        let site = Simulated::start(Options { version, ..Options::default() }).await;
        site.breaks("file/delete", api_error(200, "The hamsters are on strike."));
        site.breaks("file/info", api_error(200, "The hamsters are on strike."));
        let provider = site.provider();
        let error = provider.delete_file(&file(&provider, "7")).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SiteFailed, false));
        assert_eq!(error.answer().unwrap().message.as_deref(), Some("The hamsters are on strike."));
        let error = provider.files(&[file(&provider, "7")]).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SiteFailed, true));
    }
}

#[tokio::test]
async fn sites_message_is_shown_without_secrets() {
    let (site, provider) = Simulated::ready().await;
    provider.account().await.unwrap();
    let token = site.journal().of("account/info")[0].parameter("access_token").unwrap().to_owned();
    let words = format!("Bad {token} at https://a.example/up?csaKey1=1&csaKey2=2 now");
    site.breaks("file/info", api_error(200, &words));
    let error = provider.files(&[file(&provider, "7")]).await.unwrap_err();
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("Bad *** at https://a.example/up now"));

    let site = Simulated::plain().await;
    site.breaks("authorize", api_error(200, &format!("Could not authenticate user {KEY1} with {KEY2}.")));
    let error = site.provider().account().await.unwrap_err();
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("Could not authenticate user *** with ***."));
}

#[tokio::test]
async fn credentials_in_any_answer_are_masked() {
    for (auth, first, second) in [(AuthMode::Keys, KEY1, KEY2), (AuthMode::Password, USERNAME, PASSWORD)] {
        let site = Simulated::start(Options { auth, ..Options::default() }).await;
        let provider = site.provider();
        provider.account().await.unwrap();
        let words = format!("No {first} and {second}.");
        for operation in ["file/info", "file/delete", "folder/create", "file/upload"] {
            site.breaks(operation, api_error(200, &words));
        }
        let notes = format!(r#"{{"data": {{"status": "failed", "notes": "{words}"}}, "_status": "success"}}"#);
        site.answers_with("file/url_upload_status", &notes);
        let id = file(&provider, "7");
        let errors = [
            provider.files(std::slice::from_ref(&id)).await.err(),
            provider.delete_file(&id).await.err(),
            provider.create_folder(new_folder("a", FolderId::Root)).await.err(),
            provider.upload(upload("a.mp4", &["abc"])).await.err(),
        ];
        for error in errors {
            assert_eq!(error.unwrap().answer().unwrap().message.as_deref(), Some("No *** and ***."));
        }
        let found = remote_uploads(&provider, &["7"]).await.unwrap();
        assert_eq!(found[0].error.as_deref(), Some("No *** and ***."));

        site.breaks("folder/delete", api_error(401, &words));
        let error = provider.delete_folder(&folder(&provider, "7")).await.unwrap_err();
        assert_eq!(error.answer().unwrap().message.as_deref(), Some("No *** and ***."));
    }
}

#[tokio::test]
async fn folder_in_the_trash_is_not_found() {
    let site = Simulated::start(Options { trashed_folders_answer: true, ..Options::default() }).await;
    let provider = site.provider();
    let shelf = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
    provider.folder(&shelf).await.unwrap();
    provider.delete_folder(&shelf).await.unwrap();
    let assert_not_found = async |word: &str| {
        let error = provider.folder(&shelf).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::FolderNotFound, false), "{word}");
        assert_eq!(error.detail(), Some(format!("No folder has the id \"{shelf}\" in account \"main\".").as_str()));
        let opened = Opened::default();
        let mut new = upload("a.mp4", &["abc"]);
        new.folder = shelf.clone();
        new.body = UploadBody::Replayable(opened.source());
        assert_eq!(kind(provider.upload(new).await), ErrorKind::FolderNotFound, "{word}");
        assert_eq!(opened.times(), 0, "{word}");
        let new = new_folder("a", shelf.clone());
        assert_eq!(kind(provider.create_folder(new).await), ErrorKind::FolderNotFound, "{word}");
        let new = remote(FETCHED, shelf.clone());
        assert_eq!(kind(provider.add_remote_upload(new).await), ErrorKind::FolderNotFound, "{word}");
    };
    assert_not_found("the word of the simulated site").await;
    for word in ["trash", "Trashed", "DELETED"] {
        site.faults().clear();
        let row = format!(r#"{{"id": "{shelf}", "folderName": "Shelf", "status": "{word}"}}"#);
        site.answers_with_data("folder/info", &row);
        site.answers_with("folder/listing", &format!(r#"{{"data": {{"folders": [{row}], "files": []}}}}"#));
        assert_not_found(word).await;
        let listing = provider.list(&FolderId::Root, None).await.unwrap();
        assert_eq!((listing.folders.len(), listing.unreadable), (0, 0), "{word}");
    }
    for never in ["file/upload", "folder/create", "file/url_upload_add"] {
        assert_eq!(site.count(never), 0, "{never}");
    }
}

/// An account has a status, too. It may be deleted while its folders are not.
#[tokio::test]
async fn status_of_an_account_is_not_taken_for_a_folders() {
    let site = site_answering("account/info", r#"{"id": "1", "status": "deleted"}"#).await;
    site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap();
}

#[tokio::test]
async fn remote_upload_without_a_status_has_an_unknown_state() {
    for row in [
        r#"{"scheduled_item_id": 7, "status": null}"#,
        r#"{"scheduled_item_id": "7", "status": ""}"#,
        r#"{"scheduled_item_id": 7}"#,
    ] {
        let site = site_answering("file/url_upload_status", row).await;
        let provider = site.provider();
        let found = remote_uploads(&provider, &["7"]).await.unwrap();
        assert_eq!((found[0].state, found[0].raw_state.as_deref()), (JobState::Unknown, None), "{row}");
    }
    for row in [r#"{"status": null}"#, r#"{"scheduled_item_id": "x"}"#, r#"{"scheduled_item_id": 8}"#] {
        let site = site_answering("file/url_upload_status", row).await;
        let provider = site.provider();
        let found = remote_uploads(&provider, &["7"]).await;
        assert_eq!(kind(found), ErrorKind::InvalidResponse, "{row}");
    }
}

#[tokio::test]
async fn answer_without_required_data_is_an_error() {
    for data in [r#"["x", "y"]"#, "[]", "{}", "true", "null", "\"x\"", "7", r#"{"email": "a@b.example", "id": ""}"#] {
        let site = Simulated::plain().await;
        for operation in
            ["account/info", "account/package", "file/info", "folder/info", "folder/listing", "file/download"]
        {
            site.answers_with_data(operation, data);
        }
        let provider = site.provider();
        let (id, shelf) = (file(&provider, "7"), folder(&provider, "7"));
        let is_empty = matches!(data, "[]" | "{}");
        let is_absent = is_empty || data == "null";
        let or_invalid = |kind| if is_absent { kind } else { ErrorKind::InvalidResponse };
        assert_eq!(kind(provider.account().await), ErrorKind::InvalidResponse, "{data}");
        assert_eq!(kind(provider.limits().await), ErrorKind::InvalidResponse, "{data}");
        let found = lookup(&*provider, &id).await;
        assert_eq!(kind(found), or_invalid(ErrorKind::FileNotFound), "{data}");
        assert_eq!(kind(provider.folder(&shelf).await), or_invalid(ErrorKind::FolderNotFound), "{data}");
        assert_eq!(kind(provider.link(&FileRef::Id(id)).await), ErrorKind::InvalidResponse, "{data}");
        match provider.list(&shelf, None).await {
            Ok(listing) => assert!(is_empty && listing.files.is_empty() && !listing.incomplete, "{data}"),
            Err(error) => assert_eq!((error.kind(), is_empty), (ErrorKind::InvalidResponse, false), "{data}"),
        }
    }
}

/// Looks up a single file.
async fn lookup(provider: &dyn Provider, id: &FileId) -> Result<File> {
    match provider.files(std::slice::from_ref(id)).await?.remove(0) {
        FileLookup::Found(file) | FileLookup::Broken(file, _) => Ok(*file),
        FileLookup::Failed(error) => Err(error),
    }
}

#[tokio::test]
async fn success_without_data_means_not_found() {
    let site = Simulated::plain().await;
    for operation in ["file/info", "folder/info", "file/url_upload_status"] {
        site.answers_with(operation, r#"{"response": "ok", "_status": "success"}"#);
    }
    let provider = site.provider();
    let error = lookup(&*provider, &file(&provider, "7")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::FileNotFound, false));
    assert_eq!(error.detail(), Some("No file has the id \"7\" in account \"main\"."));
    assert_eq!(kind(provider.folder(&folder(&provider, "7")).await), ErrorKind::FolderNotFound);
    let found = remote_uploads(&provider, &["7"]).await;
    assert_eq!(kind(found), ErrorKind::RemoteUploadNotFound);
}

#[tokio::test]
async fn write_answered_without_an_id_has_an_unknown_outcome() {
    for data in [r#"["1", "2", "3"]"#, "{}", "null", "7"] {
        let site = Simulated::plain().await;
        for operation in ["folder/create", "file/copy", "file/url_upload_add"] {
            site.answers_with_data(operation, data);
        }
        let provider = site.provider();
        let copied = provider.copy_file(&file(&provider, "7"), &FolderId::Root).await;
        assert_eq!(kind(copied), ErrorKind::OutcomeUnknown, "{data}");
        let created = provider.create_folder(new_folder("a", FolderId::Root)).await;
        assert_eq!(kind(created), ErrorKind::OutcomeUnknown, "{data}");
        let added = provider.add_remote_upload(remote(FETCHED, FolderId::Root)).await;
        assert_eq!(kind(added), ErrorKind::OutcomeUnknown, "{data}");
    }
}

#[tokio::test]
async fn confirmed_change_succeeds_whatever_its_data() {
    for body in [
        r#"{"response": "Done.", "_status": "success"}"#,
        r#"{"response": "Done.", "status": "success", "data": ["odd"]}"#,
        r#"{"data": {"id": "8", "filename": "another"}}"#,
    ] {
        let site = Simulated::plain().await;
        for operation in ["file/edit", "file/move", "file/delete", "folder/edit", "folder/move", "folder/delete"] {
            site.answers_with(operation, body);
        }
        let provider = site.provider();
        let (id, shelf) = (file(&provider, "7"), folder(&provider, "7"));
        let edit = FileEdit { name: Some(name("b")), content_type: None };
        assert_eq!(provider.edit_file(&id, edit).await.unwrap(), None);
        assert_eq!(provider.move_file(&id, &FolderId::Root).await.unwrap(), None);
        provider.delete_file(&id).await.unwrap();
        let edit = FolderEdit { name: Some(name("b")), ..FolderEdit::default() };
        assert_eq!(provider.edit_folder(&shelf, edit).await.unwrap(), None);
        assert_eq!(provider.move_folder(&shelf, &FolderId::Root).await.unwrap(), None);
        provider.delete_folder(&shelf).await.unwrap();
    }
}

#[tokio::test]
async fn answer_with_another_objects_id_is_an_error() {
    let other = r#"{"id": "8", "filename": "b", "file_id": "8", "scheduled_item_id": 8, "status": "pending",
        "download_url": "https://a.example/b"}"#;
    let site = Simulated::plain().await;
    for operation in ["file/info", "folder/info", "file/download", "file/url_upload_status"] {
        site.answers_with_data(operation, other);
    }
    let provider = site.provider();
    let id = file(&provider, "7");
    assert_eq!(kind(provider.files(std::slice::from_ref(&id)).await), ErrorKind::InvalidResponse);
    assert_eq!(kind(provider.folder(&folder(&provider, "7")).await), ErrorKind::InvalidResponse);
    assert_eq!(kind(provider.link(&FileRef::Id(id)).await), ErrorKind::InvalidResponse);
    let found = remote_uploads(&provider, &["7"]).await;
    assert_eq!(kind(found), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn ignored_password_is_an_error_and_leaves_no_open_folder() {
    let open = r#"{"data": {"id": "7", "folderName": "Shelf", "accessPassword": null}, "_status": "success"}"#;
    let with_another_password =
        r#"{"data": {"id": "7", "folderName": "Shelf", "accessPassword": "d9729feb74992cc3482b350163a1a010"}}"#;
    let without_data = r#"{"response": "Folder successfully updated.", "_status": "success"}"#;
    let set = || PasswordChange::Set("open sesame".into());
    let rows = [
        (set(), open, open, false),
        (set(), without_data, open, false),
        (set(), with_another_password, with_another_password, false),
        (PasswordChange::Remove, with_another_password, with_another_password, false),
        (PasswordChange::Remove, without_data, open, true),
        (PasswordChange::Remove, with_another_password, open, true),
    ];
    for (change, answer, afterwards, granted) in rows {
        let site = Simulated::plain().await;
        site.answers_with("folder/edit", answer);
        site.answers_with("folder/info", afterwards);
        let provider = site.provider();
        let shown = format!("{change:?} {answer} {afterwards}");
        let edit = FolderEdit { password: Some(change), ..FolderEdit::default() };
        let outcome = provider.edit_folder(&folder(&provider, "7"), edit).await;
        let rejected = outcome.err().map(|error| error.kind());
        assert_eq!(rejected, (!granted).then_some(ErrorKind::Rejected), "{shown}");
    }

    let new = || NewFolder { password: Some(set()), ..new_folder("a", FolderId::Root) };
    let site = Simulated::plain().await;
    site.answers_with("folder/create", open);
    site.answers_with("folder/info", open);
    site.answers_with("folder/delete", without_data);
    assert_eq!(kind(site.provider().create_folder(new()).await), ErrorKind::Rejected);
    assert_eq!(site.count("folder/delete"), 1);
    site.faults().clear();
    site.answers_with("folder/create", open);
    site.answers_with("folder/info", open);
    site.breaks("folder/delete", Fault::http(500));
    let error = site.provider().create_folder(new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.detail().unwrap().contains("could not be removed"));
}

#[tokio::test]
async fn failed_verification_of_a_password_is_not_an_error() {
    let (site, provider) = Simulated::ready().await;
    let shelf = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
    site.answers_with("folder/edit", r#"{"response": "Folder successfully updated.", "_status": "success"}"#);
    site.faults().add(Rule::new("folder/info", Fault::http(500)).after(1));
    let edit = FolderEdit { password: Some(PasswordChange::Remove), ..FolderEdit::default() };
    assert_eq!(provider.edit_folder(&shelf, edit).await.unwrap(), None);
    assert_eq!(site.count("folder/info"), 2);
}

#[tokio::test]
async fn error_of_a_remote_upload_has_no_secrets() {
    let (site, provider) = Simulated::ready().await;
    provider.account().await.unwrap();
    let token = site.journal().of("account/info")[0].parameter("access_token").unwrap().to_owned();
    let notes = format!("{token}: https://a.example/b?sig=1 {}", "x".repeat(400));
    let row = format!(r#"{{"data": {{"status": "failed", "notes": "{notes}"}}, "_status": "success"}}"#);
    site.answers_with("file/url_upload_status", &row);
    let found = remote_uploads(&provider, &["7"]).await.unwrap();
    let shown = found[0].error.as_deref().unwrap();
    assert!(shown.starts_with("***: https://a.example/b xxx"), "{shown}");
    assert_eq!(shown.chars().count(), 300);
}
