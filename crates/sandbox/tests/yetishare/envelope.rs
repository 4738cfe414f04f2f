//! Tests of the envelopes, HTTP statuses and headers, and of paths outside of the API.

use polyhost_sandbox::yetishare::{ContentType, Numbers, Options};
use serde_json::json;

use crate::support::{empty, json, options, refused, v4, with};

#[tokio::test]
async fn success_is_the_same_in_both_versions() {
    for options in [options(), v4()] {
        let sandbox = with(options).await;
        let answer = sandbox.call("folder/listing", &[]).await;
        let nothing = json!({"folders": [], "files": []});
        assert_eq!(answer, json!({"data": nothing, "_status": "success", "_datetime": "2024-11-19 00:28:38"}));
    }
}

#[tokio::test]
async fn error_has_another_key_in_version_4() {
    let words = "Could not find file based on file_id.";
    let sandbox = empty().await;
    let answer = sandbox.call("file/info", &[("file_id", "7")]).await;
    assert_eq!(answer, json!({"response": words, "_status": "error", "_datetime": "2024-11-19 00:28:38"}));
    let sandbox = with(v4()).await;
    let answer = sandbox.call("file/info", &[("file_id", "7")]).await;
    assert_eq!(answer, json!({"response": words, "status": "error", "_datetime": "2024-11-19 00:28:38"}));
}

#[tokio::test]
async fn errors_may_have_their_own_http_status() {
    let sandbox = with(Options { http_errors: true, ..options() }).await;
    let (id, token) = (sandbox.add_file("0", "a.mp4", b"abc"), sandbox.token.as_str());
    let cases = [
        (200, "file/info", vec![("access_token", token), ("account_id", "158642"), ("file_id", id.as_str())]),
        (404, "file/info", vec![("access_token", token), ("account_id", "158642"), ("file_id", "7")]),
        (400, "file/info", vec![("access_token", token), ("account_id", "158642")]),
        (400, "file/info", vec![]),
        (401, "file/info", vec![("access_token", "x"), ("account_id", "158642")]),
        (401, "account/info", vec![("access_token", "x")]),
    ];
    for (status, operation, form) in cases {
        let url = format!("{}/{operation}", sandbox.base_url());
        assert_eq!(sandbox.client.post(url).form(&form).send().await.unwrap().status(), status, "{form:?}");
    }
}

#[tokio::test]
async fn unknown_action_is_404_with_its_message_under_0() {
    for options in [options(), v4()] {
        let sandbox = with(options).await;
        for (path, words) in [
            ("file/xyz", "No method found within endpoint (file): xyz"),
            ("folder", "No method found within endpoint (folder): index"),
            ("authorize/now", "No method found within endpoint (authorize): now"),
        ] {
            let response = sandbox.client.post(format!("{}/{path}", sandbox.base_url())).send().await.unwrap();
            assert_eq!(response.status(), 404);
            let expected = json!({"0": words, "_status": "error", "_datetime": "2024-11-19 00:28:38"});
            assert_eq!(json(response).await, expected);
        }
    }
}

#[tokio::test]
async fn version_4_has_no_remote_uploads() {
    let sandbox = with(v4()).await;
    for action in ["url_upload_add", "url_upload_status"] {
        let response = sandbox.client.post(format!("{}/file/{action}", sandbox.base_url())).send().await.unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(json(response).await["0"], format!("No method found within endpoint (file): {action}"));
    }
}

#[tokio::test]
async fn unknown_endpoint_gets_the_web_servers_404_page() {
    let sandbox = empty().await;
    for path in ["/api/v2/files/info", "/api/v2", "/api/v2/", "/", "/unknown", "/unknown/a.mp4", "/folder/7/x"] {
        let response = sandbox.client.get(format!("{}{path}", sandbox.origin())).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.text().await.unwrap().contains("404 Not Found"), "{path}");
    }
}

#[tokio::test]
async fn path_may_be_in_upper_case_and_end_in_a_slash() {
    let sandbox = empty().await;
    sandbox.data("Folder/LISTING/", &[]).await;
    assert_eq!(sandbox.journal().of("folder/listing").len(), 1);
}

#[tokio::test]
async fn other_methods_are_405() {
    let sandbox = empty().await;
    let response = sandbox.client.patch(format!("{}/file/info", sandbox.base_url())).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(json(response).await["_status"], "error");
    assert_eq!(sandbox.client.head(format!("{}/file/info", sandbox.base_url())).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn content_type_of_answers_is_json_or_html() {
    for (content_type, name) in
        [(ContentType::Json, "application/json"), (ContentType::Html, "text/html; charset=UTF-8")]
    {
        let sandbox = with(Options { content_type, ..options() }).await;
        let response = sandbox.client.post(format!("{}/account/info", sandbox.base_url())).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], name);
        assert_eq!(response.headers()["access-control-allow-orgin"], "*");
        refused(&json(response).await);
    }
}

#[tokio::test]
async fn site_clock_may_be_ahead_of_or_behind_gmt() {
    for (minutes, time) in [(0, "2024-11-19 00:28:38"), (330, "2024-11-19 05:58:38"), (-60, "2024-11-18 23:28:38")] {
        let sandbox = with(Options { utc_offset_minutes: minutes, ..options() }).await;
        let response = sandbox.client.post(format!("{}/file/info", sandbox.base_url())).send().await.unwrap();
        assert_eq!(response.headers()["date"], "Tue, 19 Nov 2024 00:28:38 GMT");
        assert_eq!(json(response).await["_datetime"], time);
        let id = sandbox.add_file("0", "a.mp4", b"abc");
        assert_eq!(sandbox.data("file/info", &[("file_id", &id)]).await["uploadedDate"], time);
    }
}

#[tokio::test]
async fn database_numbers_may_be_texts_but_computed_ones_not() {
    for (numbers, row) in
        [(Numbers::Text, json!(["101", null, "3", "0", 0, 0, 1])), (Numbers::Native, json!([101, null, 3, 0, 0, 0, 1]))]
    {
        let sandbox = with(Options { numbers, ..options() }).await;
        let folder = sandbox.add_folder("0", "Films");
        sandbox.add_file(&folder, "a.mp4", b"abc");
        let data = sandbox.data("folder/listing", &[]).await["folders"][0].clone();
        let fields = ["id", "parentId", "totalSize", "isPublic", "total_downloads", "child_folder_count", "file_count"];
        assert_eq!(json!(fields.map(|field| data[field].clone())), row);
        let uploaded = sandbox.upload("b.mp4", b"abc").await["data"][0].clone();
        let expected = if numbers == Numbers::Text { json!(["3", "1002"]) } else { json!([3, 1002]) };
        assert_eq!(json!([uploaded["size"], uploaded["file_id"]]), expected);
    }
}

#[tokio::test]
async fn links_start_with_the_configured_origin() {
    let sandbox = crate::support::logged_out(Options { origin: Some("http://s:7002".to_owned()), ..options() }).await;
    assert_eq!(sandbox.base_url(), "http://s:7002/api/v2");
    let link = sandbox.direct_link(&sandbox.add_file("0", "a.mp4", b"abc")).unwrap();
    assert!(link.starts_with("http://s:7002/"), "{link}");
}
