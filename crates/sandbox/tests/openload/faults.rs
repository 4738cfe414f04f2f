//! Tests of broken answers and connections, as a client observes them.

use std::time::{Duration, Instant};

use polyhost_sandbox::{Fault, Garbage, Rule};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Sandbox, empty, form, json};

/// Sends `createfolder` over a plain connection. Returns the received bytes and the end of the connection.
async fn raw_create_folder(sandbox: &Sandbox) -> (Vec<u8>, Result<(), std::io::ErrorKind>) {
    let url = sandbox.url("file/createfolder?name=a");
    let target = url.trim_start_matches("http://").split_once('/').unwrap().1.to_owned();
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    stream.write_all(format!("GET /{target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut received)).await.unwrap();
    (received, ended.map(|_| ()).map_err(|error| error.kind()))
}

#[tokio::test]
async fn status_fault_has_its_headers_and_no_effect() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/createfolder", Fault::rate_limit(7)).times(1));
    let response = sandbox.client.get(sandbox.url("file/createfolder?name=a")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(json(response).await, json!({"status": 429, "msg": "Too Many Requests", "result": false}));
    assert_eq!(sandbox.counts().folders, 0);
    sandbox.result("file/createfolder?name=a").await;
    assert_eq!(sandbox.counts().folders, 1);
}

#[tokio::test]
async fn envelope_can_have_any_status_with_http_200() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/info", Fault::envelope(509)));
    assert_eq!(sandbox.refusal("file/info?file=x").await.0, 509);
    sandbox.faults().clear();
    assert_eq!(sandbox.call("file/info?file=x").await["status"], 200);
}

#[tokio::test]
async fn status_fault_has_the_given_body_or_an_error_page() {
    let sandbox = empty().await;
    let body = Some("{\"status\":\"503\"}".to_owned());
    let own = Fault::Status { http: 503, body_status: None, headers: Vec::new(), body };
    sandbox.faults().add(Rule::new("account/info", own).times(1));
    sandbox.faults().add(Rule::new("account/info", Fault::http(502)));
    let texts = async || {
        let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(texts().await, (503, "{\"status\":\"503\"}".to_owned()));
    let (status, page) = texts().await;
    assert!(status == 502 && page.contains("502 Bad Gateway"), "{page}");
}

#[tokio::test]
async fn rule_can_let_some_requests_pass_first() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("*", Fault::envelope(500)).after(2).times(1));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(sandbox.call("account/info").await["status"].as_u64().unwrap());
    }
    assert_eq!(statuses, [200, 200, 500, 200]);
}

#[tokio::test]
async fn reset_sends_no_answer_and_has_no_effect() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/createfolder", Fault::Reset));
    assert_eq!(raw_create_folder(&sandbox).await, (Vec::new(), Err(std::io::ErrorKind::ConnectionReset)));
    assert_eq!((sandbox.counts().folders, sandbox.journal().count()), (0, 1));
}

#[tokio::test]
async fn connection_can_close_before_or_after_the_operation() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/createfolder", Fault::CloseAfterBody).times(1));
    assert_eq!(raw_create_folder(&sandbox).await, (Vec::new(), Ok(())));
    assert_eq!(sandbox.counts().folders, 0);
    sandbox.faults().add(Rule::new("file/createfolder", Fault::LoseAnswer));
    assert_eq!(raw_create_folder(&sandbox).await, (Vec::new(), Ok(())));
    assert_eq!(sandbox.counts().folders, 1);
}

#[tokio::test]
async fn upload_answer_can_be_lost_after_the_file_is_stored() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    sandbox.faults().add(Rule::new("upload", Fault::LoseAnswer));
    assert!(sandbox.client.post(&url).multipart(form("file1", "a.mp4", &[7; 100_000])).send().await.is_err());
    assert_eq!(sandbox.counts().files, 1);
    assert!(sandbox.journal().of("upload").pop().unwrap().upload.unwrap().complete);
}

#[tokio::test]
async fn body_can_be_cut_before_its_length() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("file/createfolder", Fault::CutBody { sent: 10 }));
    let (received, _) = raw_create_folder(&sandbox).await;
    let text = String::from_utf8(received).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(body.len(), 10);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(length.parse::<usize>().unwrap() > 10, "{head}");
    assert_eq!(sandbox.counts().folders, 1);
}

#[tokio::test]
async fn garbage_cannot_be_parsed() {
    let sandbox = empty().await;
    for garbage in [Garbage::Text, Garbage::Html, Garbage::NotUtf8, Garbage::TruncatedJson, Garbage::Empty] {
        sandbox.faults().add(Rule::new("account/info", Fault::Garbage(garbage.clone())).times(1));
        let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        assert!(serde_json::from_slice::<Value>(&body).is_err(), "{garbage:?}");
    }
    sandbox.faults().add(Rule::new("account/info", Fault::Garbage(Garbage::DeepJson { depth: 100_000 })).times(1));
    let body = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(body.len(), 200_000);
    assert!(serde_json::from_slice::<Value>(&body).is_err());
}

#[tokio::test]
async fn huge_answer_is_valid_and_has_no_content_length() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("account/info", Fault::Garbage(Garbage::Huge { bytes: 1_000_000 })));
    let response = sandbox.client.get(sandbox.url("account/info")).send().await.unwrap();
    assert_eq!(response.headers().get("content-length"), None);
    let body = response.bytes().await.unwrap();
    assert!(body.len() >= 1_000_000);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["status"], 200);
}

#[tokio::test]
async fn answer_can_be_late_or_sent_byte_by_byte() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("account/info", Fault::Delay { millis: 30 }).times(1));
    let start = Instant::now();
    sandbox.result("account/info").await;
    assert!(start.elapsed() >= Duration::from_millis(30));
    sandbox.faults().add(Rule::new("file/delete", Fault::Drip { millis: 1 }));
    let start = Instant::now();
    let answer = sandbox.call("file/delete?file=x").await;
    assert_eq!(answer["status"], 404);
    assert!(start.elapsed() >= Duration::from_millis(answer.to_string().len() as u64));
}

#[tokio::test]
async fn request_can_hang() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("account/info", Fault::Hang).times(1));
    let waiting = sandbox.client.get(sandbox.url("account/info")).timeout(Duration::from_millis(50)).send().await;
    assert!(waiting.unwrap_err().is_timeout());
    sandbox.result("account/info").await;
}

#[tokio::test]
async fn answer_can_be_sent_before_the_body_is_read() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    sandbox.faults().add(Rule::new("upload", Fault::EarlyAnswer { http: 503, body_status: None }));
    let path = url.split_once("/ul/").unwrap().1;
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    let head = format!("POST /ul/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 503");
    // The simulator still reads the rest of the body.
    stream.write_all(&[7; 1_000_000]).await.unwrap();
    assert_eq!(sandbox.counts(), polyhost_sandbox::openload::Counts { upload_urls: 1, ..Default::default() });
}

#[tokio::test]
async fn rules_and_journal_can_be_accessed_over_http() {
    let sandbox = empty().await;
    let origin = sandbox.base_url().trim_end_matches("/v1").to_owned();
    let (rules, requests) = (format!("{origin}/_control/faults"), format!("{origin}/_control/requests"));
    let rule = json!({"operation": "account/info", "times": 2, "kind": {"status": {"http": 200, "body_status": 451}}});
    let post = sandbox.client.post(&rules).header("content-type", "application/json").body(rule.to_string());
    assert_eq!(post.send().await.unwrap().status(), 204);
    assert_eq!(sandbox.refusal("account/info").await.0, 451);
    let left = json(sandbox.client.get(&rules).send().await.unwrap()).await;
    assert_eq!(left[0]["times"], 1);
    assert_eq!(sandbox.client.delete(&rules).send().await.unwrap().status(), 204);
    sandbox.result("account/info").await;

    let received = json(sandbox.client.get(&requests).send().await.unwrap()).await;
    assert_eq!(received.as_array().unwrap().len(), 2, "control requests are not recorded");
    assert_eq!((&received[0]["operation"], &received[0]["method"]), (&json!("account/info"), &json!("GET")));
    assert_eq!(sandbox.client.delete(&requests).send().await.unwrap().status(), 204);
    assert_eq!(sandbox.journal().count(), 0);
}

#[tokio::test]
async fn invalid_rule_is_rejected() {
    let sandbox = empty().await;
    let url = format!("{}/_control/faults", sandbox.base_url().trim_end_matches("/v1"));
    let post = sandbox.client.post(url).header("content-type", "application/json").body("{\"kind\": \"explode\"}");
    assert_eq!(post.send().await.unwrap().status(), 422);
    assert!(sandbox.faults().rules().is_empty());
}
