//! Tests of every fault of the simulated site, in a read, a write and an upload. They check the error's kind, whether
//! it is retryable, the number of sent requests, and that the error contains no secret.

mod support;

use std::fmt::Debug;

use polyhost_adapter_testing::faults::{
    self, early_answer_to_an_upload_is_its_outcome, errors_of_other_servers_prove_nothing,
    http_status_means_the_same_from_any_server,
};
use polyhost_adapter_testing::values::{file, folder, http_answer, upload};
use polyhost_adapter_testing::{SimulatedSite, fault_tests};
use polyhost_domain::{Error, ErrorKind, FileLookup, Result, TransportFault};
use polyhost_openload::Quirks;
use polyhost_sandbox::{Fault, Rule};
use polyhost_upstream::Settings;
use support::{KEY, LOGIN, Simulated};

fn checked_error(outcome: Result<impl Debug>) -> (ErrorKind, bool, Error) {
    faults::checked_error::<Simulated>(outcome)
}

fault_tests!(Simulated);

#[tokio::test]
async fn answer_over_the_limit_is_not_read() {
    let site = Simulated::plain().await;
    let settings = Settings { max_response: 40, ..Settings::default() };
    let provider = site.provider_with(Quirks::default(), settings);
    let (kind, retryable, error) = checked_error(provider.account().await);
    assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true));
    assert_eq!(error.transport(), Some(TransportFault::ResponseTooLarge));
}

#[tokio::test]
async fn status_about_a_file_counts_only_in_the_body() {
    for (status, kind) in [(400, ErrorKind::Rejected), (404, ErrorKind::FileNotFound)] {
        let (_site, provider) = Simulated::broken("*", &Fault::envelope(status)).await;
        let unknown = file(&provider, "x");
        assert_eq!(checked_error(provider.thumbnail(&unknown).await).0, kind);
        assert_eq!(checked_error(provider.delete_file(&unknown).await).0, kind);
    }
    errors_of_other_servers_prove_nothing::<Simulated>([400, 404].map(Fault::http)).await;
}

#[tokio::test]
async fn status_means_the_same_in_the_body_and_in_http() {
    http_status_means_the_same_from_any_server::<Simulated>().await;
}

#[tokio::test]
async fn sites_message_is_shown_without_secrets() {
    let body = format!(r#"{{"status": 400, "msg": "bad key={KEY} of {LOGIN}\u0007", "result": null}}"#);
    let (_site, provider) = Simulated::broken("account/info", &http_answer(200, &body)).await;
    let (kind, _, error) = checked_error(provider.account().await);
    assert_eq!(kind, ErrorKind::Rejected);
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("bad key=*** of ***"));
}

#[tokio::test]
async fn false_result_under_a_success_status_is_rejected() {
    let body = r#"{"status": 200, "msg": "OK", "result": false}"#;
    let (_site, provider) = Simulated::broken("file/delete", &http_answer(200, body)).await;
    let (kind, retryable, _) = checked_error(provider.delete_file(&file(&provider, "x")).await);
    assert_eq!((kind, retryable), (ErrorKind::Rejected, false));
}

#[tokio::test]
async fn failed_batch_fails_only_its_own_files() {
    let site = Simulated::plain().await;
    site.faults().add(Rule::new("file/info", Fault::http(500)).times(1));
    let provider = site.provider();
    let ids: Vec<_> = (0..60).map(|number| file(&provider, &format!("unknown-{number}"))).collect();
    let answers = provider.files(&ids).await.unwrap();
    let kinds = answers.iter().map(|answer| match answer {
        FileLookup::Failed(error) => error.kind(),
        other => panic!("{other:?}"),
    });
    let failed = kinds.filter(|kind| *kind == ErrorKind::SiteFailed).count();
    assert!(failed == 50 || failed == 10, "{failed} of 60 failed");

    site.breaks("file/info", Fault::http(500));
    let (kind, retryable, _) = checked_error(provider.files(&ids).await);
    assert_eq!((kind, retryable), (ErrorKind::SiteFailed, true));
}

#[tokio::test]
async fn spent_upload_address_is_retryable() {
    for status in [403, 404, 410] {
        let (site, provider) = Simulated::broken("upload", &Fault::envelope(status)).await;
        let (kind, retryable, _) = checked_error(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable, site.count("account/info")), (ErrorKind::SiteFailed, true, 0));
    }
}

#[tokio::test]
async fn file_rejected_by_an_upload_node_is_not_retryable() {
    let rows = [
        ("Folder not found", ErrorKind::FolderNotFound, false),
        ("Wrong sha1", ErrorKind::Rejected, false),
        ("File is too large", ErrorKind::TooLarge, false),
        ("File type not allowed", ErrorKind::Rejected, false),
        ("Your account may not upload", ErrorKind::Forbidden, false),
        ("Upload URL expired", ErrorKind::SiteFailed, true),
    ];
    for (text, expected, retryable) in rows {
        for status in [400, 403] {
            let body = format!(r#"{{"status": {status}, "msg": "{text}", "result": null}}"#);
            let (site, provider) = Simulated::broken("upload", &http_answer(200, &body)).await;
            let mut new = upload("a.mp4", &["abc"]);
            new.folder = folder(&provider, &site.sandbox.add_folder("0", "Shelf"));
            let (kind, may_repeat, error) = checked_error(provider.upload(new).await);
            assert_eq!((kind, may_repeat), (expected, retryable), "{status} {text}");
            assert_eq!(error.answer().unwrap().message.as_deref(), Some(text));
        }
    }
}

#[tokio::test]
async fn early_error_of_an_upload_has_the_sites_message() {
    early_answer_to_an_upload_is_its_outcome::<Simulated>().await;
}
