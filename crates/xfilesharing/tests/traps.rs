//! Tests of the traps of these sites: each shows that the adapter does not fall into one.

mod support;

use std::time::Duration;

use polyhost_adapter_testing::SimulatedSite as _;
use polyhost_adapter_testing::values::{file, upload};
use polyhost_domain::{Capability, ErrorKind, FileEdit, FileLookup, FolderId, NewRemoteUpload, Upload};
use polyhost_sandbox::xfilesharing::{Flavour, OffWords, Options as SiteOptions};
use polyhost_upstream::Settings;
use polyhost_xfilesharing::Quirks;
use support::{KEY, Options, Simulated};

async fn at(flavour: Flavour) -> Simulated {
    Simulated::start(Options::of(flavour)).await
}

fn named(text: &str) -> FileEdit {
    FileEdit { name: text.parse().ok(), content_type: None }
}

#[tokio::test]
async fn anonymous_upload_behind_ok_is_not_owned() {
    let options = Options::of(Flavour::Xfs);
    let site = Simulated::start(Options(SiteOptions { session_life: Some(Duration::ZERO), ..options.0 })).await;
    site.clock.advance(Duration::from_secs(1));
    let provider = site.provider();
    let folder = provider.profile().ids.folder(&site.sandbox.add_folder("0", "shows")).unwrap();
    for folder in [FolderId::Root, folder] {
        let error = provider.upload(Upload { folder, ..upload("a.zip", &["bytes"]) }).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::UploadNotOwned, false));
        let code = error.detail().unwrap().split('"').nth(1).unwrap();
        assert!(site.sandbox.is_anonymous(code), "{error}");
        assert_eq!(error.answer().unwrap().message.as_deref(), Some(code));
    }
    assert_eq!(site.count("upload"), 2, "the bytes are sent once");
}

#[tokio::test]
async fn upload_that_is_listed_late_is_the_accounts() {
    let site = Simulated::start(Options(SiteOptions { listed_late: 1, ..Options::of(Flavour::Xfs).0 })).await;
    site.provider().upload(upload("a.zip", &["bytes"])).await.unwrap();
}

#[tokio::test]
async fn write_on_an_unknown_file_is_not_found() {
    for flavour in [Flavour::Xvs, Flavour::Xfs, Flavour::Dood, Flavour::Voe] {
        let site = at(flavour).await;
        let provider = site.provider();
        let unknown = file(&provider, "zzzzzzzzzzzz");
        let renamed = provider.edit_file(&unknown, named("new.mp4")).await.unwrap_err();
        assert_eq!(renamed.kind(), ErrorKind::FileNotFound, "{flavour:?}");
        let moved = provider.move_file(&unknown, &FolderId::Root).await.unwrap_err();
        assert_eq!(moved.kind(), ErrorKind::FileNotFound, "{flavour:?}");
    }
}

#[tokio::test]
async fn foreign_file_is_read_and_never_changed() {
    for flavour in [Flavour::Xvs, Flavour::Xfs] {
        let site = at(flavour).await;
        let provider = site.provider();
        let code = site.sandbox.foreign_file();
        site.sandbox.set_tags(&code, "theirs");
        let foreign = file(&provider, &code);
        assert!(
            matches!(provider.files(std::slice::from_ref(&foreign)).await.unwrap()[..], [FileLookup::Found(_)]),
            "{flavour:?}"
        );
        let before = site.sandbox.name_of(&code);
        let error = provider.edit_file(&foreign, named("mine.mp4")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileNotFound, "{flavour:?}");
        let error = provider.move_file(&foreign, &FolderId::Root).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileNotFound, "{flavour:?}");
        assert_eq!(site.sandbox.name_of(&code), before, "{flavour:?}");
        assert_eq!(site.sandbox.tags_of(&code).as_deref(), Some("theirs"), "{flavour:?}");
    }
}

#[tokio::test]
async fn edit_keeps_the_tags() {
    let site = at(Flavour::Xvs).await;
    let provider = site.provider();
    let code = site.sandbox.add_file("0", "a.mp4", b"bytes");
    site.sandbox.set_tags(&code, "bunny, short");
    let id = file(&provider, &code);
    let folder = provider.profile().ids.folder(&site.sandbox.add_folder("0", "shows")).unwrap();
    provider.edit_file(&id, named("b.mp4")).await.unwrap();
    provider.move_file(&id, &folder).await.unwrap();
    assert_eq!(site.sandbox.tags_of(&code).as_deref(), Some("bunny, short"));
    assert_eq!(site.sandbox.name_of(&code).as_deref(), Some("b.mp4"));
    assert_eq!(site.sandbox.folder_of(&code).as_deref(), Some(folder.as_str()));
}

#[tokio::test]
async fn ids_past_the_fiftieth_are_asked_for_in_further_calls() {
    let site = at(Flavour::Xvs).await;
    let provider = site.provider();
    let codes: Vec<String> = (0..60).map(|n| site.sandbox.add_file("0", &format!("{n}.mp4"), b"x")).collect();
    let ids: Vec<_> = codes.iter().map(|code| file(&provider, code)).collect();
    let found = provider.files(&ids).await.unwrap();
    assert!(found.iter().all(|lookup| matches!(lookup, FileLookup::Found(_))), "{found:?}");
    assert_eq!(site.count("file/info"), 2);
}

#[tokio::test]
async fn switched_off_function_is_unsupported() {
    let site = at(Flavour::Xvs).await;
    let provider = site.provider();
    let id = file(&provider, &site.sandbox.add_file("0", "a.mp4", b"bytes"));
    site.sandbox.forbid("file/delete", OffWords::NotAllowed);
    let error = provider.delete_file(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported(Capability::FilesDelete));
    site.sandbox.allow("file/delete");
    provider.delete_file(&id).await.unwrap();
}

#[tokio::test]
async fn limit_of_a_minute_in_a_403_is_a_limit() {
    let options = Options::of(Flavour::Xvs);
    let site = Simulated::start(Options(SiteOptions { per_minute: Some(1), ..options.0 })).await;
    let provider = site.provider_with(Quirks::default(), Settings { retries: 0, ..Settings::default() });
    provider.account().await.unwrap();
    let error = provider.account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after().unwrap().as_secs(), 60);
    assert_eq!(provider.account().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(site.count("account/info"), 2, "no call is made until the minute is over");
}

#[tokio::test]
async fn wrong_key_is_rejected_credentials() {
    for flavour in support::FLAVOURS {
        let site = at(flavour).await;
        let error = site.stranger(Quirks::default()).account().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CredentialsRejected, "{flavour:?}");
        assert!(!format!("{error:?}").contains("plantedkey"), "{flavour:?}");
    }
}

#[tokio::test]
async fn locked_out_account_sends_nothing_until_the_given_time() {
    let options = SiteOptions { failed_keys_until_locked: Some(1), ..Options::of(Flavour::Xfs).0 };
    let site = Simulated::start(Options(options)).await;
    let stranger = site.stranger(Quirks::default());
    assert_eq!(stranger.account().await.unwrap_err().kind(), ErrorKind::CredentialsRejected);
    for _ in 0..2 {
        let error = stranger.account().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.retry_after().unwrap() > Duration::from_secs(59 * 60), "{error}");
    }
    assert_eq!(site.count("account/info"), 2);
}

#[tokio::test]
async fn no_free_server_is_unavailable_before_a_byte() {
    let site = at(Flavour::Xvs).await;
    site.sandbox.no_upload_servers(1);
    let provider = site.provider_with(Quirks::default(), Settings { retries: 0, ..Settings::default() });
    let error = provider.upload(upload("a.mp4", &["bytes"])).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(site.count("upload"), 0);
}

#[tokio::test]
async fn refusal_inside_a_success_is_the_outcome() {
    for (words, kind) in [("unallowed extension", ErrorKind::Rejected), ("file is too big", ErrorKind::TooLarge)] {
        for flavour in [Flavour::Xvs, Flavour::Xfs] {
            let site = at(flavour).await;
            site.sandbox.refuse_next_upload(words);
            let error = site.provider().upload(upload("a.mp4", &["bytes"])).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{flavour:?}: {words}");
            assert_eq!(error.answer().unwrap().message.as_deref(), Some(words), "{flavour:?}");
        }
    }
}

#[tokio::test]
async fn key_is_in_no_address_where_a_form_is_possible() {
    let site = at(Flavour::Xvs).await;
    site.provider().account().await.unwrap();
    let requests = site.journal().of("account/info");
    assert_eq!(requests.len(), 1);
    assert!(requests[0].query.is_empty() && requests[0].parameter("key") == Some(KEY));
}

#[tokio::test]
async fn address_that_the_site_would_change_is_refused() {
    let site = at(Flavour::Xvs).await;
    let provider = site.provider();
    let new = |url: &str| NewRemoteUpload {
        url: url.parse().unwrap(),
        folder: FolderId::Root,
        headers: polyhost_domain::HeaderFields::default(),
    };
    let error = provider.add_remote_upload(new("https://media.example.org/base64/a.mp4")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(site.journal().count(), 0);
    let added = provider.add_remote_upload(new("https://media.example.org/a%2Fb.mp4")).await.unwrap();
    let uploads = polyhost_domain::RemoteUploadSelection::Ids(vec![added.id]);
    let found = provider.remote_uploads(uploads).await.unwrap();
    assert_eq!(found[0].source_url.as_deref(), Some("https://media.example.org/a%2Fb.mp4"));
}

#[tokio::test]
async fn any_files_id_is_not_a_remote_upload() {
    let site = at(Flavour::Xvs).await;
    let provider = site.provider();
    let code = site.sandbox.foreign_file();
    let id = provider.profile().ids.remote_upload(&code).unwrap();
    let asked = provider.remote_uploads(polyhost_domain::RemoteUploadSelection::Ids(vec![id])).await;
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::RemoteUploadNotFound);
}

#[tokio::test]
async fn move_at_byse_gives_another_id() {
    let site = at(Flavour::Byse).await;
    let provider = site.provider();
    let uploaded = provider.upload(upload("a.mp4", &["bytes"])).await.unwrap();
    let folder = provider.profile().ids.folder(&site.sandbox.add_folder("0", "shows")).unwrap();
    let moved = provider.move_file(&uploaded.id, &folder).await.unwrap().unwrap();
    assert_ne!(moved.id, uploaded.id);
    assert_eq!(moved.folder_id, Some(folder.clone()));
    assert_eq!(site.sandbox.folder_of(moved.id.as_str()).as_deref(), Some(folder.as_str()));
}
