//! Every way in which the simulated site can break, for a read, a write and an upload: the kind of the error, whether
//! it may be tried again, how often the site was asked, and that no secret is told.

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
async fn an_answer_over_the_limit_is_not_read() {
    let site = Simulated::plain().await;
    let settings = Settings { max_response: 40, ..Settings::default() };
    let provider = site.provider_with(Quirks::default(), settings);
    let (kind, retryable, error) = checked_error(provider.account().await);
    assert_eq!((kind, retryable), (ErrorKind::InvalidResponse, true));
    assert_eq!(error.transport(), Some(TransportFault::ResponseTooLarge));
}

#[tokio::test]
async fn a_status_that_is_about_a_file_counts_in_the_body_alone() {
    for (status, kind) in [(400, ErrorKind::Rejected), (404, ErrorKind::FileNotFound)] {
        let (_site, provider) = Simulated::broken("*", &Fault::envelope(status)).await;
        let unknown = file(&provider, "x");
        assert_eq!(checked_error(provider.thumbnail(&unknown).await).0, kind);
        assert_eq!(checked_error(provider.delete_file(&unknown).await).0, kind);
    }
    errors_of_other_servers_prove_nothing::<Simulated>([400, 404].map(Fault::http)).await;
}

#[tokio::test]
async fn a_status_of_any_server_means_the_same_in_the_body_and_in_http() {
    http_status_means_the_same_from_any_server::<Simulated>().await;
}

#[tokio::test]
async fn the_site_s_words_are_passed_on_without_what_they_must_not_tell() {
    let body = format!(r#"{{"status": 400, "msg": "bad key={KEY} of {LOGIN}\u0007", "result": null}}"#);
    let (_site, provider) = Simulated::broken("account/info", &http_answer(200, &body)).await;
    let (kind, _, error) = checked_error(provider.account().await);
    assert_eq!(kind, ErrorKind::Rejected);
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("bad key=*** of ***"));
}

#[tokio::test]
async fn a_false_result_under_a_good_status_is_a_refusal() {
    let body = r#"{"status": 200, "msg": "OK", "result": false}"#;
    let (_site, provider) = Simulated::broken("file/delete", &http_answer(200, body)).await;
    let (kind, retryable, _) = checked_error(provider.delete_file(&file(&provider, "x")).await);
    assert_eq!((kind, retryable), (ErrorKind::Rejected, false));
}

#[tokio::test]
async fn a_batch_that_fails_fails_its_own_files_alone() {
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
async fn a_spent_upload_address_did_nothing_and_may_be_tried_again() {
    for status in [403, 404, 410] {
        let (site, provider) = Simulated::broken("upload", &Fault::envelope(status)).await;
        let (kind, retryable, _) = checked_error(provider.upload(upload("a.mp4", &["abc"])).await);
        assert_eq!((kind, retryable, site.count("account/info")), (ErrorKind::SiteFailed, true, 0));
    }
}

#[tokio::test]
async fn file_that_an_upload_node_refuses_is_final() {
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
async fn an_upload_refused_early_is_told_with_the_site_s_words() {
    early_answer_to_an_upload_is_its_outcome::<Simulated>().await;
}
