//! Tests of the requests that the adapter sends. The conformance suite checks only the results, not the requests.

mod support;

use std::collections::HashSet;

use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{
    Opened, assert_form, file, folder, kind, name, new_folder, pairs, remote, upload,
};
use polyhost_domain::{
    ConversionQuery, ErrorKind, FileEdit, FileLookup, FolderEdit, FolderId, HeaderFields, NewFolder, NewRemoteUpload,
    PasswordChange, RemoteUploadSelection, TicketRequest, TicketTransport, UploadBody, Visibility,
};
use polyhost_openload::Quirks;
use polyhost_sandbox::Received;
use polyhost_sandbox::openload::Options;
use polyhost_upstream::Settings;
use support::{KEY, LOGIN, Simulated};

/// Returns the query of each request for an operation, without the credentials, which each must contain.
fn queries(site: &Simulated, operation: &str) -> Vec<Vec<(String, String)>> {
    let without_credentials = |received: Received| {
        assert_eq!(received.method, "GET");
        let (credentials, rest) = received.query.split_at(2);
        assert_eq!(credentials, [("login".into(), LOGIN.into()), ("key".into(), KEY.into())]);
        rest.to_vec()
    };
    site.journal().of(operation).into_iter().map(without_credentials).collect()
}

#[tokio::test]
async fn writes_are_sent_once_with_documented_names() {
    let (site, provider) = Simulated::ready().await;
    let (shelf, id) = (site.sandbox.add_folder("0", "Shelf"), site.sandbox.add_file("0", "a.mp4", b"abc"));
    let (shelf_id, file_id) = (folder(&provider, &shelf), file(&provider, &id));

    let made = provider.create_folder(new_folder("Été & fils", shelf_id.clone())).await.unwrap();
    provider.create_folder(new_folder("Été & fils", FolderId::Root)).await.unwrap();
    let edit = FolderEdit { name: Some(name("b+c")), ..FolderEdit::default() };
    provider.edit_folder(&shelf_id, edit).await.unwrap();
    provider.edit_file(&file_id, FileEdit { name: Some(name("a=1?.mp4")), content_type: None }).await.unwrap();
    provider.move_file(&file_id, &shelf_id).await.unwrap();
    provider.move_file(&file_id, &FolderId::Root).await.unwrap();
    provider.delete_file(&file_id).await.unwrap();
    provider.delete_folder(&made.id).await.unwrap();

    let created = [pairs(&[("name", "Été & fils"), ("pid", &shelf)]), pairs(&[("name", "Été & fils")])];
    assert_eq!(queries(&site, "file/createfolder"), created);
    assert_eq!(queries(&site, "file/renamefolder"), [pairs(&[("folder", &shelf), ("name", "b+c")])]);
    assert_eq!(queries(&site, "file/rename"), [pairs(&[("file", &id), ("name", "a=1?.mp4")])]);
    let moved = [pairs(&[("file", &id), ("folder", &shelf)]), pairs(&[("file", &id), ("folder", "0")])];
    assert_eq!(queries(&site, "file/move"), moved);
    assert_eq!(queries(&site, "file/delete"), [pairs(&[("file", &id)])]);
    assert_eq!(queries(&site, "file/deletefolder"), [pairs(&[("folder", made.id.as_str())])]);
    assert_eq!(site.journal().count(), 8);
}

#[tokio::test]
async fn root_has_the_sites_own_id() {
    let site = Simulated::plain().await;
    let quirks = Quirks { root_folder: "top".into(), ..Quirks::default() };
    let provider = site.provider_with(quirks, Settings::default());
    let unknown = file(&provider, "x");
    assert_eq!(provider.move_file(&unknown, &FolderId::Root).await.unwrap_err().kind(), ErrorKind::FileNotFound);
    assert_eq!(queries(&site, "file/move"), [pairs(&[("file", "x"), ("folder", "top")])]);
}

#[tokio::test]
async fn files_are_looked_up_by_fifties_in_the_order_of_ids() {
    let (site, provider) = Simulated::ready().await;
    let known = site.sandbox.add_file("0", "a.mp4", b"abc");
    let mut ids: Vec<_> = (0..120).map(|number| file(&provider, &format!("unknown-{number}"))).collect();
    ids[77] = file(&provider, &known);

    let answers = provider.files(&ids).await.unwrap();
    for (place, answer) in answers.iter().enumerate() {
        match answer {
            FileLookup::Found(found) => assert_eq!((place, &found.id), (77, &ids[77])),
            FileLookup::Failed(error) => {
                let sentence = format!("No file has the id \"{}\" in account \"main\".", ids[place]);
                assert_eq!((error.kind(), error.detail()), (ErrorKind::FileNotFound, Some(sentence.as_str())));
            }
            FileLookup::Broken(..) => panic!("{answer:?}"),
        }
    }
    let requests = queries(&site, "file/info");
    assert_eq!(requests.len(), 3);
    let mut sizes: Vec<_> = requests.iter().map(|query| query[0].1.split(',').count()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 50, 50]);
    let sent: HashSet<&str> = requests.iter().flat_map(|query| query[0].1.split(',')).collect();
    assert_eq!(sent, ids.iter().map(|id| id.as_str()).collect());
}

#[tokio::test]
async fn upload_requests_an_address_and_sends_one_form() {
    let site = Simulated::plain().await;
    let quirks = Quirks { file_field: "upload_file".into(), ..Quirks::default() };
    let provider = site.provider_with(quirks, Settings::default());
    let shelf = site.sandbox.add_folder("0", "Shelf");
    let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let mut new = upload("Le \"dîner\" 夏.mp4", &["a", "bc"]);
    new.folder = folder(&provider, &shelf);
    new.sha1 = Some(sha1.parse().unwrap());

    let file = provider.upload(new).await.unwrap();
    assert_eq!((file.name.as_deref(), file.size), (Some("Le \"dîner\" 夏.mp4"), Some(3)));
    assert_eq!(file.sha1.as_deref(), Some(sha1));
    assert_eq!(queries(&site, "file/ul"), [pairs(&[("folder", &shelf), ("sha1", sha1)])]);
    let sent = site.journal().of("upload");
    let [sent] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((sent.method.as_str(), sent.query.len()), ("POST", 0));
    assert_form(sent, "upload_file");
}

#[tokio::test]
async fn ticket_for_plain_http_is_requested_as_such() {
    let site = Simulated::plain().await;
    let request = TicketRequest { folder: FolderId::Root, sha1: None, transport: TicketTransport::PlainHttp };
    let ticket = site.provider().upload_ticket(request).await.unwrap();
    assert_eq!((ticket.method, ticket.file_field.as_str()), ("POST", "file1"));
    assert!(ticket.expires_at.is_some());
    assert_eq!(queries(&site, "file/ul"), [pairs(&[("httponly", "true")])]);
}

#[tokio::test]
async fn remote_upload_headers_are_sent_one_by_one() {
    let (site, provider) = Simulated::ready().await;
    let mut headers = HeaderFields::default();
    for (name, value) in [("Cookie", "a=b; c=d"), ("X-Two", "1"), ("X-Two", "2")] {
        headers.push(name, value).unwrap();
    }
    let url = "https://media.example.org/a%20b.mp4?x=1&y=2";
    let new = NewRemoteUpload { headers, ..remote(url, FolderId::Root) };
    provider.add_remote_upload(new).await.unwrap();
    let sent =
        pairs(&[("url", url), ("headers[]", "Cookie: a=b; c=d"), ("headers[]", "X-Two: 1"), ("headers[]", "X-Two: 2")]);
    assert_eq!(queries(&site, "remotedl/add"), [sent]);
}

#[tokio::test]
async fn recent_remote_uploads_by_id_need_one_request() {
    let (site, provider) = Simulated::ready().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let new = remote(&format!("https://media.example.org/{number}.mp4"), FolderId::Root);
        ids.push(provider.add_remote_upload(new).await.unwrap().id);
    }
    let one = provider.remote_uploads(RemoteUploadSelection::Ids(vec![ids[1].clone()])).await.unwrap();
    assert_eq!(one.iter().map(|found| &found.id).collect::<Vec<_>>(), [&ids[1]]);
    let unknown = provider.profile().ids.remote_upload("987654321").unwrap();
    let several = vec![ids[2].clone(), unknown, ids[0].clone()];
    let found = provider.remote_uploads(RemoteUploadSelection::Ids(several)).await.unwrap();
    assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [&ids[2], &ids[0]]);
    provider.remote_uploads(RemoteUploadSelection::Recent(2)).await.unwrap();
    assert!(provider.remote_uploads(RemoteUploadSelection::Ids(Vec::new())).await.unwrap().is_empty());

    let expected = [("id", ids[1].as_str()), ("limit", "100"), ("id", "987654321"), ("limit", "2")];
    assert_eq!(queries(&site, "remotedl/status"), expected.map(|pair| pairs(&[pair])));
}

#[tokio::test]
async fn conversions_of_a_file_are_requested_with_both_parameters() {
    let (site, provider) = Simulated::ready().await;
    let (one, two) = (site.sandbox.add_file("0", "1.mp4", b"1"), site.sandbox.add_file("0", "2.mp4", b"2"));
    let query = ConversionQuery { file: Some(file(&provider, &one)), limit: 7 };
    let found = provider.conversions(query).await.unwrap();
    assert!(found.iter().all(|conversion| conversion.file_id.as_ref().unwrap().as_str() != two) && !found.is_empty());
    assert_eq!(queries(&site, "file/converts"), [pairs(&[("limit", "7"), ("id", &one), ("file", &one)])]);
}

#[tokio::test]
async fn unsupported_operations_send_nothing() {
    let (site, provider) = Simulated::ready().await;
    let unknown = file(&provider, "x");
    let new = new_folder("a", FolderId::Root);
    let secret = Some(PasswordChange::Set("sesame".into()));
    let refusals = [
        provider.create_folder(NewFolder { visibility: Some(Visibility::Private), ..new.clone() }).await.err(),
        provider.create_folder(NewFolder { password: secret, ..new }).await.err(),
        provider.edit_file(&unknown, FileEdit { name: Some(name("b")), content_type: Some("a/b".into()) }).await.err(),
        provider.copy_file(&unknown, &FolderId::Root).await.err(),
        provider.limits().await.err(),
    ];
    for refusal in refusals {
        let refusal = refusal.unwrap();
        assert!(matches!(refusal.kind(), ErrorKind::Unsupported(_)), "{refusal:?}");
    }
    let edit = FolderEdit { name: Some(name("b")), ..FolderEdit::default() };
    let root =
        [provider.edit_folder(&FolderId::Root, edit).await.err(), provider.delete_folder(&FolderId::Root).await.err()];
    for refusal in root {
        assert_eq!(refusal.unwrap().kind(), ErrorKind::FolderNotFound);
    }
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn repeated_denials_read_the_account_once() {
    let (site, provider) = Simulated::ready().await;
    let foreign = file(&provider, &site.sandbox.add_foreign_file("f.mp4", b"f"));
    for _ in 0..3 {
        assert_eq!(provider.delete_file(&foreign).await.unwrap_err().kind(), ErrorKind::Forbidden);
    }
    assert_eq!((site.count("file/delete"), site.count("account/info")), (3, 1));

    let stranger = site.stranger(Quirks::default());
    for _ in 0..3 {
        assert_eq!(stranger.delete_file(&foreign).await.unwrap_err().kind(), ErrorKind::CredentialsRejected);
    }
    assert_eq!(site.count("account/info"), 2);
}

#[tokio::test]
async fn failed_move_names_the_file_and_the_folder() {
    let (site, provider) = Simulated::ready().await;
    let id = file(&provider, &site.sandbox.add_file("0", "a.mp4", b"a"));
    let error = provider.move_file(&id, &folder(&provider, "987")).await.unwrap_err();
    let detail = format!("No file has the id \"{id}\", or no folder has the id \"987\", in account \"main\".");
    assert_eq!((error.kind(), error.detail()), (ErrorKind::FileNotFound, Some(detail.as_str())));
    let answer = error.answer().unwrap();
    assert_eq!((answer.http_status, answer.status.as_deref()), (Some(200), Some("404")));
    assert_eq!(answer.message.as_deref(), Some("Folder not found"));
}

#[tokio::test]
async fn upload_to_an_unknown_folder_does_not_open_its_source() {
    let site = Simulated::plain().await;
    let mut new = upload("a.mp4", &["abc"]);
    new.folder = folder(&site.provider(), "987");
    let opened = Opened::default();
    new.body = UploadBody::Replayable(opened.source());
    assert_eq!(site.provider().upload(new).await.unwrap_err().kind(), ErrorKind::FolderNotFound);
    assert_eq!((opened.times(), site.count("upload")), (0, 0));
}

#[tokio::test]
async fn remote_upload_is_removed_and_all_is_no_id() {
    let site = Simulated::start(Options { remote_remove: true, ..Simulated::empty() }).await;
    let quirks = Quirks { remote_remove: true, ..Quirks::default() };
    let provider = site.provider_with(quirks, Settings::default());
    let added = provider.add_remote_upload(remote("https://media.example.org/a.mp4", FolderId::Root)).await.unwrap();
    for all in ["all", "ALL"] {
        let all = provider.profile().ids.remote_upload(all).unwrap();
        assert_eq!(kind(provider.cancel_remote_upload(&all).await), ErrorKind::RemoteUploadNotFound);
    }
    provider.cancel_remote_upload(&added.id).await.unwrap();
    assert_eq!(kind(provider.cancel_remote_upload(&added.id).await), ErrorKind::RemoteUploadNotFound);
    assert_eq!(
        queries(&site, "remotedl/remove"),
        [pairs(&[("id", added.id.as_str())]), pairs(&[("id", added.id.as_str())])]
    );
}
