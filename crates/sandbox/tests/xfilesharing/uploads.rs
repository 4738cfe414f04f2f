//! Tests of uploads to video sites.

use polyhost_sandbox::xfilesharing::{Flavour, Options, UploadCodes};
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::support::{Sandbox, empty, file, options, with};

fn keyed(sandbox: &Sandbox) -> Form {
    Form::new().text("key", sandbox.key.clone())
}

async fn upload(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> Value {
    let (http, body) = sandbox.post(file(keyed(sandbox), "file", name, bytes)).await;
    assert_eq!(http, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn upload_is_stored_and_answered_with_its_code() {
    let sandbox = empty(Flavour::Xvs).await;
    let answer = upload(&sandbox, "a.mp4", b"abc").await;
    let row = &answer["files"][0];
    assert_eq!((&answer["status"], &row["filename"], &row["status"]), (&json!(200), &json!("a.mp4"), &json!("OK")));
    let code = row["filecode"].as_str().unwrap();
    assert_eq!(
        (sandbox.file_bytes(code).unwrap(), sandbox.folder_of(code).unwrap()),
        (b"abc".to_vec(), "0".to_owned())
    );
    let received = &sandbox.journal().of("upload")[0];
    let recorded = received.upload.as_ref().unwrap();
    assert_eq!((recorded.field.as_deref(), recorded.bytes, recorded.complete), (Some("file"), 3, true));
}

#[tokio::test]
async fn folder_field_is_honoured_unless_unknown() {
    let sandbox = empty(Flavour::Xvs).await;
    let folder = sandbox.add_folder("0", "Films");
    for (field, expected) in [(folder.as_str(), folder.as_str()), ("999", "0")] {
        let form = keyed(&sandbox).text("fld_id", field.to_owned()).text("tags", "a, b");
        let (_, body) = sandbox.post(file(form, "file", "a.mp4", b"abc")).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        let code = answer["files"][0]["filecode"].as_str().unwrap();
        assert_eq!(
            (sandbox.folder_of(code).unwrap().as_str(), sandbox.tags_of(code).unwrap().as_str()),
            (expected, "a, b")
        );
    }
}

#[tokio::test]
async fn missing_or_wrong_key_gets_the_html_form() {
    let sandbox = empty(Flavour::Xvs).await;
    let (_, body) = sandbox.post(file(Form::new(), "file", "a.mp4", b"abc")).await;
    assert!(body.contains("<textarea name=\"st\">OK</textarea>"), "{body}");
    let (_, body) = sandbox.post(file(Form::new().text("key", "wrong"), "file", "a.mp4", b"abc")).await;
    assert!(body.contains("<textarea name=\"fn\"></textarea>"), "{body}");
    let (_, body) = sandbox.post(file(Form::new().text("json", "1"), "file", "a.mp4", b"abc")).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert!(sandbox.is_anonymous(answer["result"][0]["code"].as_str().unwrap()));
    assert_eq!((sandbox.counts().files, sandbox.counts().anonymous_files), (0, 2));
}

#[tokio::test]
async fn refusal_is_inside_of_a_successful_answer() {
    let limits = Options { max_upload: Some(5), refused_extensions: vec!["exe".to_owned()], ..options(Flavour::Xvs) };
    let sandbox = with(limits).await;
    for (name, bytes, words) in [
        ("a.mp4", &b""[..], "null filesize or wrong file path"),
        ("a.mp4", b"123456", "file is too big"),
        ("a.exe", b"abc", "unallowed extension"),
    ] {
        let answer = upload(&sandbox, name, bytes).await;
        assert_eq!((&answer["msg"], &answer["status"]), (&json!("OK"), &json!(200)));
        assert_eq!((&answer["files"][0]["status"], &answer["files"][0]["filecode"]), (&json!(words), &json!("")));
    }
    sandbox.refuse_next_upload("file contain X virus");
    assert_eq!(upload(&sandbox, "a.mp4", b"abc").await["files"][0]["status"], "file contain X virus");
    assert_eq!(sandbox.counts().files, 0);
}

#[tokio::test]
async fn node_may_fail_with_http_500() {
    let words = "Uploads not enabled for this type of users".to_owned();
    let sandbox = with(Options { upload_error: Some(words), ..options(Flavour::Xvs) }).await;
    let (http, body) = sandbox.post(file(keyed(&sandbox), "file", "a.mp4", b"abc")).await;
    assert_eq!((http, body.trim()), (500, "ERROR: Uploads not enabled for this type of users"));
}

#[tokio::test]
async fn undefined_code_means_discarded() {
    for (codes, expected) in [(UploadCodes::Undef, "undef"), (UploadCodes::Empty, "")] {
        let sandbox = with(Options { upload_codes: codes, ..options(Flavour::Xvs) }).await;
        let answer = upload(&sandbox, "a.mp4", b"abc").await;
        assert_eq!((&answer["files"][0]["filecode"], &answer["files"][0]["status"]), (&json!(expected), &json!("OK")));
        assert_eq!(sandbox.counts().files, 0);
    }
}

#[tokio::test]
async fn no_free_server_is_a_success_without_result() {
    let sandbox = empty(Flavour::Xvs).await;
    sandbox.no_upload_servers(1);
    let answer = sandbox.server().await;
    let expected = (json!(200), json!("No servers available for uploads"), json!({}));
    assert_eq!((answer["status"].clone(), answer["msg"].clone(), answer["result"].clone()), expected);
    assert_ne!(sandbox.server().await["result"], sandbox.server().await["result"], "another node each time");
}

#[tokio::test]
async fn backslash_in_the_name_breaks_the_answer() {
    let sandbox = empty(Flavour::Xvs).await;
    let body = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nKEY\r\n--x\r\nContent-Disposition: \
                form-data; name=\"file\"; filename=\"C:\\dir\\a\tb.mp4\"\r\n\r\nabc\r\n--x--\r\n";
    let node = sandbox.server().await["result"].as_str().unwrap().to_owned();
    let request = sandbox.client.post(node).header("content-type", "multipart/form-data; boundary=x");
    let response = request.body(body.replace("KEY", &sandbox.key)).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(text.contains("\"filename\":\"a\tb.mp4\""), "{text}");
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
}

#[tokio::test]
async fn fields_after_the_file_are_lost() {
    for (late_fields, anonymous) in [(false, 1), (true, 0)] {
        let sandbox = with(Options { late_fields, ..options(Flavour::Xvs) }).await;
        sandbox.post(file(Form::new(), "file", "a.mp4", b"abc").text("key", sandbox.key.clone())).await;
        assert_eq!(sandbox.counts().anonymous_files, anonymous);
    }
}

#[tokio::test]
async fn chunked_upload_may_be_rejected() {
    let sandbox = with(Options { refuse_chunked: true, ..options(Flavour::Xvs) }).await;
    let body = reqwest::Body::wrap_stream(futures_util::stream::once(async { Ok::<_, std::io::Error>("abc") }));
    let node = sandbox.server().await["result"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.client.post(node).body(body).send().await.unwrap().status(), 411);
}

#[tokio::test]
async fn spoiled_upload_differs_in_one_byte() {
    let sandbox = empty(Flavour::Xvs).await;
    sandbox.spoil_next_upload();
    let answer = upload(&sandbox, "a.mp4", b"abc").await;
    let stored = sandbox.file_bytes(answer["files"][0]["filecode"].as_str().unwrap()).unwrap();
    assert!(stored.len() == 3 && stored != b"abc");
}
