//! Tests of the site's answers to an upload: the file, an error inside a success, and every form of a limit.

mod support;

use std::time::Duration;

use bytes::Bytes;
use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{kind, upload};
use polyhost_domain::{Capability, ErrorKind, FolderId, UploadBody};
use polyhost_sandbox::Fault;
use polyhost_sandbox::yetishare::{Options, Package, Version};
use support::{Simulated, site_answering};

#[tokio::test]
async fn uploaded_file_is_found_with_and_without_an_array() {
    let one = r#"{"name": "a.mp4", "size": 3, "error": null, "file_id": 12, "hash": "x"}"#;
    for data in [format!("[{one}]"), one.to_owned(), format!(r#"{{"0": {one}}}"#)] {
        let site = site_answering("file/upload", &data).await;
        let stored = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap();
        assert_eq!((stored.id.as_str(), stored.folder_id), ("12", Some(FolderId::Root)), "{data}");
    }
    for error in ["0", "\"0\"", "\"null\"", "\"\"", "false", "[]"] {
        let site =
            site_answering("file/upload", &format!(r#"[{{"name": "a.mp4", "error": {error}, "file_id": 12}}]"#)).await;
        assert_eq!(site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap().id.as_str(), "12", "{error}");
    }
    for data in ["[]", "{}", "[{}]", r#"[{"name": "a.mp4", "url": "https://a.example/2Vv"}]"#, "null"] {
        let site = site_answering("file/upload", data).await;
        let error = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unnamed, false), "{data}");
    }
    for data in ["7", "\"x\"", r#"["x"]"#] {
        let site = site_answering("file/upload", data).await;
        assert_eq!(kind(site.provider().upload(upload("a.mp4", &["abc"])).await), ErrorKind::OutcomeUnknown, "{data}");
    }
}

#[tokio::test]
async fn error_inside_a_success_is_an_error() {
    let rows = [
        ("File is too big", ErrorKind::TooLarge, false),
        ("You have reached the maximum permitted uploads for today.", ErrorKind::RateLimited, true),
        ("Filetype not allowed", ErrorKind::Rejected, false),
        ("Free users cannot upload files over 5MB", ErrorKind::TooLarge, false),
        ("You have reached the maximum concurrent uploads.", ErrorKind::RateLimited, true),
        ("Please login to upload", ErrorKind::Forbidden, false),
        ("The hamsters are on strike.", ErrorKind::SiteFailed, false),
    ];
    for (words, expected, retryable) in rows {
        let site = Simulated::plain().await;
        site.sandbox.error_inside_next_upload(words);
        let error = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (expected, retryable), "{words}");
        assert_eq!(error.answer().unwrap().message.as_deref(), Some(words));
        assert_eq!(site.sandbox.counts().files, 0);
    }
}

#[tokio::test]
async fn daily_limit_without_retry_after_waits_an_hour() {
    let hour = Duration::from_secs(60 * 60);
    for words in ["You have reached the maximum permitted uploads for today.", "Max uploads reached."] {
        let site = Simulated::plain().await;
        site.sandbox.error_inside_next_upload(words);
        let error = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(hour)), "{words}");
        assert!(error.is_retryable() && error.detail().unwrap().contains("limit for account \"main\""));

        let body = format!(r#"{{"response": "{words}", "_status": "error"}}"#);
        for (headers, wait) in [(vec![], hour), (vec![("Retry-After".into(), "17".into())], Duration::from_secs(17))] {
            let site = Simulated::plain().await;
            let body = Some(body.clone());
            site.breaks("file/upload", Fault::Status { http: 200, body_status: None, headers, body });
            let error = site.provider().upload(upload("a.mp4", &["abc"])).await.unwrap_err();
            assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(wait)), "{words}");
        }
    }
}

/// PHP discards a form or a file that exceeds one of its limits. The site then reports a missing token, or an empty
/// file.
#[tokio::test]
async fn file_over_any_limit_is_too_large_and_keeps_the_session() {
    let limited = |most| Package { max_upload_size: most, ..Package::default() };
    for version in [Version::V4, Version::V5] {
        let base = || Options { version, ..Options::default() };
        let limits = [
            Options { post_max_size: Some(20_000), ..base() },
            Options { upload_max_filesize: Some(20_000), ..base() },
            Options { package: limited(20_000), ..base() },
        ];
        for options in limits {
            let site = Simulated::start(options).await;
            let provider = site.provider();
            let mut new = upload("a.mp4", &[]);
            let bytes = Ok(Bytes::from(vec![7; 30_000]));
            new.body = UploadBody::once(30_000, Box::pin(futures_util::stream::iter([bytes])));
            let error = provider.upload(new).await.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::TooLarge, false), "{error:?}");
            assert_eq!((site.sandbox.logins(), site.sandbox.counts().files), (1, 0));
            provider.upload(upload("b.mp4", &["abc"])).await.unwrap();
            assert_eq!(site.sandbox.logins(), 1, "the session is still valid");
        }
    }
    let closed = Simulated::start(Options {
        package: Package { can_upload: false, ..Package::default() },
        ..Options::default()
    })
    .await;
    let refused = kind(closed.provider().upload(upload("a.mp4", &["abc"])).await);
    assert_eq!(refused, ErrorKind::Unsupported(Capability::FilesUpload));
}
