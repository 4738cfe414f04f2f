//! Tests of uploads that are rejected by PHP, by the uploader or by the web server.

use polyhost_sandbox::yetishare::{Options, Package};
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::support::{empty, form, json, options, refused, v4, with};

#[tokio::test]
async fn upload_without_a_file_or_with_an_empty_one_fails() {
    let sandbox = empty().await;
    let elsewhere = Form::new().part("file", Part::bytes(b"abc".to_vec()).file_name("a.mp4"));
    for (form, words) in [
        (Form::new(), "Did not receive uploaded file."),
        (elsewhere, "Did not receive uploaded file."),
        (Form::new().text("upload_file", "abc"), "Did not receive uploaded file."),
        (form("a.mp4", b""), "Filesize received was zero."),
    ] {
        assert_eq!(refused(&json(sandbox.post_upload(form).await).await), words);
    }
    assert_eq!(sandbox.refusal("file/upload", &[]).await, "Did not receive uploaded file.");
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn body_over_phps_limit_counts_as_empty() {
    let sandbox = with(Options { post_max_size: Some(2000), ..options() }).await;
    let answer = sandbox.upload("a.mp4", &[7; 2000]).await;
    assert_eq!(refused(&answer), "Please provide the access_token param.");
    let received = sandbox.journal().of("file/upload").pop().unwrap();
    assert!(received.upload.unwrap().declared_length.unwrap() > 2000);
    assert_eq!(sandbox.upload("a.mp4", &[7; 500]).await["_status"], "success");
}

#[tokio::test]
async fn file_over_phps_limit_counts_as_empty() {
    let sandbox = with(Options { upload_max_filesize: Some(1000), ..options() }).await;
    assert_eq!(refused(&sandbox.upload("a.mp4", &[7; 1001]).await), "Filesize received was zero.");
    assert_eq!(sandbox.upload("a.mp4", &[7; 1000]).await["_status"], "success");
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn uploader_error_is_in_the_file_or_in_the_envelope() {
    let package = Package { max_upload_size: 1000, ..Package::default() };
    let words = "File received is larger than permitted. (max 1000 B)";
    let sandbox = with(Options { package: package.clone(), ..options() }).await;
    let answer = sandbox.upload("a.mp4", &[7; 1001]).await;
    assert_eq!(answer["_status"], "success");
    assert_eq!(answer["data"], json!([{"name": "a.mp4", "size": "1001", "type": "video/mp4", "error": words}]));
    let older = with(Options { package, ..v4() }).await;
    let expected = format!("Error on: {}/ajax/file_upload_handler. {words}", older.origin());
    assert_eq!(refused(&older.upload("a.mp4", &[7; 1001]).await), expected);
    for sandbox in [sandbox, older] {
        assert_eq!(sandbox.upload("a.mp4", &[7; 1000]).await["_status"], "success");
        assert_eq!(sandbox.counts().files, 1);
    }
}

#[tokio::test]
async fn package_may_not_allow_uploads() {
    let package = Package { can_upload: false, ..Package::default() };
    let sandbox = with(Options { package, ..options() }).await;
    let file = sandbox.upload("a.mp4", b"abc").await["data"][0].clone();
    assert!(file["error"].as_str().unwrap().starts_with("Uploading is currently disabled on the site"));
}

#[tokio::test]
async fn error_can_be_inside_a_success() {
    for options in [options(), v4()] {
        let sandbox = with(options).await;
        let words = "You have reached the maximum permitted uploads for today.";
        sandbox.error_inside_next_upload(words);
        let answer = sandbox.upload("a.mp4", b"abc").await;
        assert_eq!((&answer["_status"], &answer["response"]), (&json!("success"), &json!("File uploaded")));
        assert_eq!((&answer["data"][0]["error"], answer["data"][0].get("file_id")), (&json!(words), None));
        assert_eq!(sandbox.counts().files, 0);
        assert_eq!(sandbox.upload("a.mp4", b"abc").await["data"][0]["error"], json!(null));
    }
}

/// Returns a form of unknown length, so that the client sends it chunked.
fn chunked() -> Form {
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("abc")]));
    Form::new().part("upload_file", Part::stream(body).file_name("a.mp4"))
}

#[tokio::test]
async fn chunked_upload_is_rejected_unless_the_option_allows_it() {
    let sandbox = empty().await;
    let response = sandbox.post_upload(chunked()).await;
    assert_eq!(response.status(), 411);
    assert!(response.text().await.unwrap().contains("411 Length Required"));
    let lenient = with(Options { refuse_chunked: false, ..options() }).await;
    assert_eq!(json(lenient.post_upload(chunked()).await).await["data"][0]["size"], "3");
    assert_eq!(lenient.journal().of("file/upload").pop().unwrap().upload.unwrap().declared_length, None);
}
