//! Tests of credentials, the envelope, and `account/info`.

use polyhost_sandbox::openload::{Missing, Numbers, Options};
use serde_json::{Value, json};

use crate::support::{empty, json, with};

#[tokio::test]
async fn account_info_matches_the_documentation() {
    let sandbox = empty().await;
    let expected = json!({
        "extid": "fnvjeof4815f",
        "email": "sandbox@pstream.example",
        "signup_at": "2018-01-07 17:59:31",
    });
    assert_eq!(sandbox.call("account/info").await, json!({"status": 200, "msg": "OK", "result": expected}));
}

#[tokio::test]
async fn wrong_credentials_are_403_in_an_http_200_answer() {
    let sandbox = empty().await;
    for credentials in ["login=sandbox-login&key=wrong", "login=wrong&key=sandbox-key"] {
        let url = format!("{}/account/info?{credentials}", sandbox.base_url());
        let response = sandbox.client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(json(response).await, json!({"status": 403, "msg": "Authentication failed", "result": false}));
    }
}

#[tokio::test]
async fn missing_credentials_are_a_missing_parameter() {
    let sandbox = empty().await;
    let url = format!("{}/account/info?login=sandbox-login", sandbox.base_url());
    let answer = json(sandbox.client.get(&url).send().await.unwrap()).await;
    assert_eq!(answer, json!({"status": 400, "msg": "Missing parameter: key", "result": false}));
}

#[tokio::test]
async fn every_operation_needs_credentials() {
    let sandbox = empty().await;
    let operations = [
        "account/info",
        "file/info",
        "file/getsplash",
        "file/ul",
        "remotedl/add",
        "remotedl/status",
        "file/listfolder",
        "file/createfolder",
        "file/renamefolder",
        "file/deletefolder",
        "file/rename",
        "file/move",
        "file/delete",
        "file/converts",
    ];
    for operation in operations {
        let url = format!("{}/{operation}?login=x&key=y", sandbox.base_url());
        for request in [sandbox.client.get(&url), sandbox.client.post(&url)] {
            let answer = json(request.send().await.unwrap()).await;
            assert_eq!(answer["status"], 403, "{operation}");
        }
    }
}

#[tokio::test]
async fn parameters_may_be_sent_as_a_form() {
    let sandbox = empty().await;
    let form = [("login", "sandbox-login"), ("key", "sandbox-key"), ("name", "Été & co")];
    let url = format!("{}/file/createfolder?name=from+the+query", sandbox.base_url());
    let answer = json(sandbox.client.post(&url).form(&form).send().await.unwrap()).await;
    assert_eq!(answer["status"], 200, "{answer}");
    assert!(sandbox.find_folder("Été & co").is_some());
}

#[tokio::test]
async fn http_status_mirrors_the_body_if_the_option_is_set() {
    let sandbox = with(Options { http_mirrors_status: true, ..Options::default() }).await;
    let url = sandbox.url("account/info").replace("sandbox-key", "wrong");
    assert_eq!(sandbox.client.get(url).send().await.unwrap().status(), 403);
    assert_eq!(sandbox.client.get(sandbox.url("account/info")).send().await.unwrap().status(), 200);
    let response = sandbox.client.get(sandbox.url("file/delete?file=unknown")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(json(response).await, json!({"status": 404, "msg": "Video not found", "result": false}));
}

#[tokio::test]
async fn missing_result_may_be_null() {
    let sandbox = with(Options { missing: Missing::Null, ..Options::default() }).await;
    assert_eq!(sandbox.call("file/delete?file=unknown").await["result"], Value::Null);
}

#[tokio::test]
async fn numbers_may_all_be_texts() {
    let sandbox = with(Options { numbers: Numbers::Text, seeded: false, ..Options::default() }).await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let info = sandbox.call(&format!("file/info?file={id}")).await;
    assert_eq!(info["status"], "200");
    assert_eq!(info["result"][&id]["status"], "200");
    assert_eq!(info["result"][&id]["size"], "3");
    let listing = sandbox.call("file/listfolder").await;
    let file = &listing["result"]["files"][&id];
    assert_eq!([&file["size"], &file["folder_id"], &file["upload_at"]], ["3", "0", "1562414400"]);
    assert_eq!(sandbox.call("file/createfolder?name=a").await["result"]["folderid"], "4248");
    assert_eq!(sandbox.call("file/converts").await["result"][0]["progress"], "0");
    sandbox.call("remotedl/add?url=https://example.com/a.mp4").await;
    assert_eq!(sandbox.call("remotedl/status").await["result"]["1"]["id"], "1");
}

#[tokio::test]
async fn operation_can_be_forbidden_with_good_credentials() {
    let sandbox = empty().await;
    sandbox.forbid("file/createfolder");
    assert_eq!(sandbox.refusal("file/createfolder?name=a").await, (403, "Permission denied".to_owned()));
    assert!(sandbox.result("account/info").await.is_object());
    sandbox.allow("file/createfolder");
    assert!(sandbox.result("file/createfolder?name=a").await.is_object());
}

#[tokio::test]
async fn unknown_path_gets_the_web_servers_404_page() {
    let sandbox = empty().await;
    let origin = sandbox.base_url().trim_end_matches("/v1").to_owned();
    for path in ["/v1/file/runningconverts", "/v1", "/", "/v/unknown", "/i/unknown/x.jpg"] {
        let response = sandbox.client.get(format!("{origin}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(response.text().await.unwrap().contains("404 Not Found"));
    }
    let response = sandbox.client.delete(sandbox.url("account/info")).send().await.unwrap();
    assert_eq!(response.status(), 405);
}
