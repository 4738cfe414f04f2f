//! Tests of answers with a success status but another object than the requested one, and of answers with secrets.

mod support;

use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::faults::{errors_of_other_servers_prove_nothing, foreign_json_confirms_no_write};
use polyhost_adapter_testing::values::{file, folder, http_answer, kind, new_folder, remote, remote_uploads, upload};
use polyhost_domain::{
    Capability, ConversionQuery, ErrorKind, FileLookup, FolderId, HeaderFields, NewRemoteUpload, RemoteUploadSelection,
    TicketRequest, TicketTransport,
};
use polyhost_openload::{Quirks, RemoteHeaders};
use polyhost_sandbox::Fault;
use polyhost_upstream::Settings;
use support::{KEY, LOGIN, Simulated};

/// Starts a site that answers an operation with a status of 200 and this result.
async fn site_answering(operation: &str, result: &str) -> Simulated {
    let site = Simulated::plain().await;
    answers_with(&site, operation, 200, result);
    site
}

fn answers_with(site: &Simulated, operation: &str, status: u16, result: &str) {
    let body = format!(r#"{{"status": {status}, "msg": "So it is", "result": {result}}}"#);
    site.breaks(operation, http_answer(200, &body));
}

#[tokio::test]
async fn account_without_an_id_is_an_invalid_response() {
    for result in [r#"["x", "y"]"#, "[]", "{}", "true", "null", "\"x\"", "7", r#"{"email": "a@b.example", "id": ""}"#] {
        let site = site_answering("account/info", result).await;
        assert_eq!(kind(site.provider().account().await), ErrorKind::InvalidResponse, "{result}");
    }
    for result in [r#"{"extid": "x"}"#, r#"{"apiid": 7}"#, r#"{"id": "x"}"#] {
        assert!(site_answering("account/info", result).await.provider().account().await.is_ok(), "{result}");
    }
}

#[tokio::test]
async fn array_in_place_of_an_object_is_not_decoded() {
    let array = r#"["https://a.example/1", "2", "3", "4", "5", "https://a.example/v/6"]"#;
    let site = site_answering("*", array).await;
    let provider = site.provider();
    assert_eq!(kind(provider.upload(upload("a.mp4", &["abc"])).await), ErrorKind::InvalidResponse);
    assert_eq!(kind(provider.create_folder(new_folder("a", FolderId::Root)).await), ErrorKind::OutcomeUnknown);
    let new = remote("https://media.example.org/a.mp4", FolderId::Root);
    assert_eq!(kind(provider.add_remote_upload(new).await), ErrorKind::OutcomeUnknown);
    assert_eq!(kind(provider.list(&FolderId::Root, None).await), ErrorKind::InvalidResponse);

    let site = site_answering("upload", array).await;
    assert_eq!(kind(site.provider().upload(upload("a.mp4", &["abc"])).await), ErrorKind::OutcomeUnknown);

    // The envelope, too.
    let site = Simulated::plain().await;
    site.breaks("*", http_answer(200, r#"[200, "OK", {"extid": "x"}]"#));
    assert_eq!(kind(site.provider().account().await), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn empty_array_is_an_empty_list() {
    let site = site_answering("*", "[]").await;
    let provider = site.provider();
    assert!(provider.remote_uploads(RemoteUploadSelection::Recent(5)).await.unwrap().is_empty());
    assert!(remote_uploads(&provider, &["7", "8"]).await.unwrap().is_empty());
    let absent = remote_uploads(&provider, &["7"]).await.unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::RemoteUploadNotFound);
    assert_eq!(absent.answer().unwrap().status.as_deref(), Some("200"));
    let query = ConversionQuery { file: None, limit: 5 };
    assert!(provider.conversions(query).await.unwrap().is_empty());
    let listing = provider.list(&FolderId::Root, None).await.unwrap();
    assert!(listing.files.is_empty() && listing.folders.is_empty() && !listing.incomplete);
}

#[tokio::test]
async fn file_left_out_of_an_answer_is_not_found() {
    let other = r#"{"z": {"id": "z", "status": 200}}"#;
    let rows = [
        ("{}", &["x"][..], ErrorKind::FileNotFound),
        ("[]", &["x"], ErrorKind::FileNotFound),
        ("null", &["x"], ErrorKind::FileNotFound),
        ("[]", &["x", "y"], ErrorKind::FileNotFound),
        (r#"{"x": null}"#, &["x"], ErrorKind::FileNotFound),
        (r#"{"x": null}"#, &["x", "y"], ErrorKind::FileNotFound),
        (other, &["x", "y"], ErrorKind::FileNotFound),
        (r#"{"x": false}"#, &["x"], ErrorKind::FileNotFound),
        (r#"{"x": false}"#, &["x", "y"], ErrorKind::FileNotFound),
        (r#"{"x": ""}"#, &["x"], ErrorKind::FileNotFound),
        (r#"{"x": []}"#, &["x"], ErrorKind::FileNotFound),
        (r#"{"x": {}}"#, &["x"], ErrorKind::FileNotFound),
        (r#"{"x": null, "y": 5}"#, &["x", "y"], ErrorKind::InvalidResponse),
        (r#"{"x": null, "z": 5}"#, &["x"], ErrorKind::InvalidResponse),
        (other, &["x"], ErrorKind::FileNotFound),
    ];
    for (result, ids, expected) in rows {
        let site = site_answering("file/info", result).await;
        let provider = site.provider();
        let ids: Vec<_> = ids.iter().map(|id| file(&provider, id)).collect();
        for lookup in provider.files(&ids).await.unwrap() {
            let FileLookup::Failed(error) = lookup else { panic!("{result}: {lookup:?}") };
            assert_eq!((error.kind(), error.is_retryable()), (expected, expected == ErrorKind::InvalidResponse));
        }
    }
    let site =
        site_answering("file/info", r#"{"x": {"status": 200, "size": 7, "size": 8}, "y": {"status": 200}}"#).await;
    let provider = site.provider();
    let ids = ["x", "q", "y"].map(|id| file(&provider, id));
    let found = provider.files(&ids).await.unwrap();
    assert!(matches!(&found[0], FileLookup::Found(found) if found.size.is_none()));
    assert!(matches!(&found[1], FileLookup::Failed(error) if error.kind() == ErrorKind::FileNotFound));
    assert!(matches!(&found[2], FileLookup::Found(_)));
}

#[tokio::test]
async fn list_without_readable_jobs_is_an_invalid_response() {
    let query = || ConversionQuery { file: None, limit: 5 };
    for list in ["[[[]]]", r#"{"a b": {"status": "new"}}"#, "[5]", "\"x\""] {
        let site = site_answering("*", list).await;
        let provider = site.provider();
        let recent = provider.remote_uploads(RemoteUploadSelection::Recent(5)).await;
        assert_eq!(kind(recent), ErrorKind::InvalidResponse, "{list}");
        if !list.starts_with('{') {
            assert_eq!(kind(provider.conversions(query()).await), ErrorKind::InvalidResponse, "{list}");
        }
    }
    let site = site_answering("*", r#"[{"id": "7", "status": "new"}, [], {"id": "7"}, {"status": "new"}]"#).await;
    let provider = site.provider();
    let recent = provider.remote_uploads(RemoteUploadSelection::Recent(5)).await.unwrap();
    assert_eq!((recent.items.len(), recent.unreadable), (1, 2));
    let conversions = provider.conversions(query()).await.unwrap();
    assert_eq!((conversions.items.len(), conversions.unreadable), (2, 2));
}

#[tokio::test]
async fn error_of_a_remote_upload_has_no_secrets() {
    let escaped = "planted%20key%262%3Dx";
    let row = format!(
        r#"{{"7": {{"id": 7, "status": "error", "errormsg": "{LOGIN}\u0007 with {KEY}, {escaped}: {}"}}}}"#,
        "x".repeat(400)
    );
    let site = site_answering("remotedl/status", &row).await;
    let provider = site.provider();
    let recent = provider.remote_uploads(RemoteUploadSelection::Recent(5)).await.unwrap().items;
    for found in [
        remote_uploads(&provider, &["7"]).await.unwrap(),
        remote_uploads(&provider, &["7", "7"]).await.unwrap(),
        recent,
    ] {
        let shown = found[0].error.as_deref().unwrap();
        assert!(shown.starts_with("*** with ***, ***: xxx"), "{shown}");
        assert_eq!(shown.chars().count(), 300);
    }
}

#[tokio::test]
async fn unknown_remote_upload_has_the_sites_message() {
    let site = Simulated::plain().await;
    answers_with(&site, "remotedl/status", 404, "null");
    let error = remote_uploads(&site.provider(), &["7"]).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::RemoteUploadNotFound, false));
    assert_eq!(error.detail(), Some("No remote upload has the id \"7\" in account \"main\"."));
    let answer = error.answer().unwrap();
    assert_eq!((answer.status.as_deref(), answer.message.as_deref()), (Some("404"), Some("So it is")));
}

#[tokio::test]
async fn answer_with_other_remote_uploads_is_an_error() {
    let site = site_answering("remotedl/status", r#"{"7": {"id": 7, "status": "new"}}"#).await;
    let provider = site.provider();
    assert_eq!(remote_uploads(&provider, &["7"]).await.unwrap().len(), 1);
    for ids in [&["8"][..], &["7", "8"]] {
        assert_eq!(kind(remote_uploads(&provider, ids).await), ErrorKind::InvalidResponse, "{ids:?}");
    }
}

#[tokio::test]
async fn status_401_rejects_the_credentials() {
    for fault in [Fault::envelope(401)] {
        let site = Simulated::plain().await;
        site.breaks("*", fault);
        let provider = site.provider();
        assert_eq!(kind(provider.account().await), ErrorKind::CredentialsRejected);
        let error = provider.delete_file(&file(&provider, "x")).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::CredentialsRejected, false));
        assert_eq!(error.detail(), Some("The site rejected the credentials of account \"main\"."));
        assert_eq!(site.journal().count(), 2, "a 401 causes no further request");
    }
}

#[tokio::test]
async fn denial_without_a_verdict_names_the_credentials() {
    let denied = "The site does not allow this for account \"main\"";
    let unresolved = format!("{denied}. It is unknown whether its credentials are valid.");
    let rows = [(500, "null", &unresolved), (200, "[]", &unresolved), (200, r#"{"id": "x"}"#, &format!("{denied}."))];
    for (status, account, detail) in rows {
        let site = Simulated::plain().await;
        site.breaks("file/deletefolder", Fault::envelope(403));
        answers_with(&site, "account/info", status, account);
        let provider = site.provider();
        let error = provider.delete_folder(&folder(&provider, "9")).await.unwrap_err();
        assert_eq!((error.kind(), error.detail()), (ErrorKind::Forbidden, Some(detail.as_str())), "{status} {account}");
        assert_eq!(error.answer().unwrap().status.as_deref(), Some("403"));
    }
}

/// Answers of a proxy, a firewall or a framework.
const FOREIGN_JSON: [&str; 7] = [
    r#"{"error": "Forbidden"}"#,
    r#"{"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "No."}"#,
    r#"{"timestamp": 1, "status": 403, "error": "Forbidden", "message": "Access denied", "path": "/"}"#,
    r#"{"status": false, "msg": "Forbidden"}"#,
    r#"{"status": "forbidden", "message": "Forbidden"}"#,
    r#"{"code": 403, "msg": "Forbidden"}"#,
    r#"{"status": 200}"#,
];

#[tokio::test]
async fn write_answered_with_foreign_json_has_an_unknown_outcome() {
    foreign_json_confirms_no_write::<Simulated>(&FOREIGN_JSON).await;
}

#[tokio::test]
async fn foreign_answer_proves_nothing() {
    let bodies = || ["<html>Forbidden</html>", "Forbidden", "", "{}", "[]"].into_iter().chain(FOREIGN_JSON);
    let answers = [401, 403, 451].into_iter().flat_map(|http| bodies().map(move |body| http_answer(http, body)));
    errors_of_other_servers_prove_nothing::<Simulated>(answers).await;
}

#[tokio::test]
async fn moved_api_is_reported_with_its_new_origin() {
    let (site, provider) = Simulated::ready().await;
    let moved = |http, to: &str| {
        let headers = vec![("Location".to_owned(), to.to_owned())];
        Fault::Status { http, body_status: None, headers, body: Some(String::new()) }
    };
    for http in [301, 302, 303, 307, 308] {
        site.faults().clear();
        site.breaks("*", moved(http, "https://new.example/v1/file/delete?key=planted"));
        let error = provider.account().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidResponse, false), "{http}");
        assert_eq!(error.detail(), Some("The API has moved to https://new.example; check base_url."));
        let kind = kind(provider.delete_file(&file(&provider, "x")).await);
        let expected = if http == 303 { ErrorKind::OutcomeUnknown } else { ErrorKind::InvalidResponse };
        assert_eq!(kind, expected, "{http} to the same path");
    }
    site.faults().clear();
    site.breaks("*", moved(302, "/done"));
    let error = provider.delete_file(&file(&provider, "x")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::OutcomeUnknown, false));
}

#[tokio::test]
async fn storage_and_feature_messages_are_not_retryable() {
    let full = "Upload storage full, please delete some active files and try again.";
    for status in [400, 403, 500, 507] {
        let site = Simulated::plain().await;
        let body = format!(r#"{{"status": {status}, "msg": "{full}", "result": null}}"#);
        site.breaks("upload", http_answer(200, &body));
        let error = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Rejected, false), "{status}");
        assert_eq!(error.answer().unwrap().message.as_deref(), Some(full));
    }
    let site = Simulated::plain().await;
    let body = r#"{"status": 404, "msg": "Method not found", "result": null}"#;
    site.breaks("file/ul", http_answer(200, body));
    let provider = site.provider();
    let ticket = TicketRequest { folder: FolderId::Root, sha1: None, transport: TicketTransport::SiteDefault };
    assert_eq!(kind(provider.upload_ticket(ticket).await), ErrorKind::Unsupported(Capability::FilesUploadTicket));
    let error = provider.upload(upload("a.mp4", &["abc"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported(Capability::FilesUpload));
}

#[tokio::test]
async fn ticket_with_a_digest_needs_a_site_that_checks_it() {
    let site = Simulated::plain().await;
    let provider = site.provider_with(Quirks { digest: None, ..Quirks::default() }, Settings::default());
    let sha1 = Some("2fd4e1c67a2d28fced849ee1bb76e7391b93eb12".parse().unwrap());
    let ticket = TicketRequest { folder: FolderId::Root, sha1, transport: TicketTransport::SiteDefault };
    let error = provider.upload_ticket(ticket).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported(Capability::FilesUploadTicket));
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn remote_upload_headers_are_sent_as_lines_by_quirk() {
    let site = Simulated::plain().await;
    let quirks = Quirks { remote_headers: RemoteHeaders::Lines, ..Quirks::default() };
    let mut headers = HeaderFields::default();
    headers.push("Cookie", "a=1").unwrap();
    headers.push("X-Two", "2").unwrap();
    let new = NewRemoteUpload { headers, ..remote("https://example.org/a.mp4", FolderId::Root) };
    site.provider_with(quirks, Settings::default()).add_remote_upload(new).await.unwrap();
    let sent = &site.journal().of("remotedl/add")[0];
    assert_eq!(sent.parameter("headers"), Some("Cookie: a=1\nX-Two: 2"));
    assert_eq!(sent.parameter("headers[]"), None);
}
