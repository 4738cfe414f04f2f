//! Tests of broken connections and missing answers: the errors of reads and writes, and that each was tried exactly
//! once.

use polyhost_end_to_end::{Answer, Configuration, Gateway};
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::world::{KEY, LOGIN, SITE_KEY, World, at};

/// Starts a world. For a fault that delays answers, the gateway has short timeouts.
async fn world(fault: &Fault) -> World {
    if !matches!(fault, Fault::Hang | Fault::Drip { .. }) {
        return World::start().await;
    }
    World::configured(|configuration| configuration.upstream("attempt_timeout = \"400ms\"\ndeadline = \"1s\"")).await
}

#[track_caller]
fn proxy_error(answer: &Answer, expected: &str) {
    let error = answer.header("proxy-status").expect("Proxy-Status");
    assert!(error.starts_with("polyhost; error=") && error.contains("; next-hop=pstream"), "{error}");
    assert!(error.contains(&format!("error={expected};")), "{error}");
}

/// Returns every write as method, path below the account and body, with the last operation that it calls at the site.
fn writes(world: &World) -> Vec<(&'static str, String, Value, &'static str)> {
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"a"), world.site.add_folder("0", "Films"));
    vec![
        ("PATCH", format!("files/{file}"), json!({"name": "b.mp4"}), "file/rename"),
        ("PATCH", format!("files/{file}"), json!({"folder_id": folder}), "file/move"),
        ("POST", "folders".to_owned(), json!({"name": "New"}), "file/createfolder"),
        ("PATCH", format!("folders/{folder}"), json!({"name": "Series"}), "file/renamefolder"),
        ("POST", "remote-uploads".to_owned(), json!({"url": "https://example.org/a.mp4"}), "remotedl/add"),
        ("DELETE", format!("folders/{folder}?recursive=true"), json!(null), "file/deletefolder"),
        ("DELETE", format!("files/{file}"), json!(null), "file/delete"),
    ]
}

#[tokio::test]
async fn write_with_a_lost_answer_is_unknown_and_not_sent_again() {
    let broken = [
        (Fault::LoseAnswer, "connection_terminated"),
        (Fault::Reset, "connection_terminated"),
        (Fault::CloseAfterBody, "connection_terminated"),
        (Fault::CutBody { sent: 5 }, "connection_terminated"),
        (Fault::Hang, "http_response_timeout"),
    ];
    for (fault, error) in broken {
        let world = world(&fault).await;
        world.inject("*", fault.clone());
        for (method, path, body, operation) in writes(&world) {
            let answer = match body {
                Value::Null => world.caller.delete(&at(&path)).await,
                body => world.caller.json(method, &at(&path), &body).await,
            };
            let problem = answer.problem(504, "outcome_unknown");
            assert_eq!(problem["retryable"], false);
            assert_eq!(problem["upstream"]["operation"], operation);
            proxy_error(&answer, error);
            assert_eq!(world.operations(), [operation], "{fault:?}");
        }
    }
}

#[tokio::test]
async fn read_without_an_answer_is_retryable() {
    let cases = [
        (Fault::Hang, 504, "upstream_timeout", "http_response_timeout"),
        (Fault::Drip { millis: 50 }, 504, "upstream_timeout", "http_response_timeout"),
        (Fault::Reset, 503, "upstream_unavailable", "connection_terminated"),
        (Fault::CloseAfterBody, 503, "upstream_unavailable", "connection_terminated"),
        (Fault::CutBody { sent: 5 }, 502, "upstream_invalid_response", "connection_terminated"),
    ];
    for (fault, status, code, error) in cases {
        let world = world(&fault).await;
        world.site.add_file("0", "a.mp4", b"a");
        for (operation, path) in [
            ("file/info", "files/abc"),
            ("file/listfolder", "folders/root/items"),
            ("file/getsplash", "files/abc/thumbnail"),
        ] {
            world.inject(operation, fault.clone());
            let answer = world.caller.get(&at(path)).await;
            let problem = answer.problem(status, code);
            assert_eq!(problem["retryable"], true, "{fault:?} {path}");
            assert_eq!(problem["upstream"]["operation"], operation);
            assert_eq!(problem["upstream"]["provider"], "pstream");
            proxy_error(&answer, error);
            assert_eq!(world.operations(), [operation], "{fault:?}");
        }
    }
}

#[tokio::test]
async fn unreachable_site_is_a_retryable_503_for_every_request() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}/v1", port.local_addr().unwrap());
    drop(port);
    let configuration =
        Configuration::new().account("main", &nowhere, LOGIN, SITE_KEY).client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration).await;
    let caller = gateway.caller(KEY);
    let path = at("files?name=a.mp4");
    for answer in [
        caller.get(&at("files/abc")).await,
        caller.delete(&at("files/abc")).await,
        caller.post(&at("folders"), &json!({"name": "a"})).await,
        caller.typed("POST", &path, "video/mp4", "hello").await,
    ] {
        let problem = answer.problem(503, "upstream_unavailable");
        assert_eq!((&problem["retryable"], &problem["upstream"]["http_status"]), (&json!(true), &Value::Null));
        assert!(answer.header("retry-after").is_some());
        proxy_error(&answer, "connection_refused");
    }
    // The site is down, but the gateway is ready.
    caller.get("/readyz").await.status(200);
}

#[tokio::test]
async fn upload_with_a_lost_answer_has_an_unknown_outcome() {
    let world = World::configured(|configuration| {
        configuration.upstream("attempt_timeout = \"1s\"\nupload_answer_timeout = \"2s\"")
    })
    .await;
    let path = at("files?name=a.mp4");
    for (fault, error) in [
        (Fault::CloseAfterBody, "connection_terminated"),
        (Fault::Garbage(polyhost_sandbox::Garbage::Html), ""),
        (Fault::Delay { millis: 20_000 }, "http_response_timeout"),
    ] {
        world.site.faults().clear();
        world.inject("upload", fault.clone());
        let answer = world.caller.typed("POST", &path, "video/mp4", "hello").await;
        let problem = answer.problem(504, "outcome_unknown");
        assert_eq!(
            (&problem["retryable"], &problem["upstream"]["operation"]),
            (&json!(false), &json!("upload")),
            "{fault:?}"
        );
        if !error.is_empty() {
            proxy_error(&answer, error);
        }
        assert_eq!(world.operations(), ["file/ul", "upload", "file/listfolder", "file/listfolder"], "{fault:?}");
    }
}

#[tokio::test]
async fn refused_upload_is_not_an_unknown_outcome() {
    let world = World::at_site(|options| options.max_upload = Some(100)).await;
    let path = at("files?name=a.mp4");
    let large = world.caller.typed("POST", &path, "video/mp4", vec![b'x'; 5000]).await;
    assert_eq!(large.problem(413, "payload_too_large")["retryable"], false);
    // The upload address was already used, or has expired. The next request gets a new one.
    world.inject("upload", Fault::EarlyAnswer { http: 403, body_status: Some(403) });
    let refused = world.caller.typed("POST", &path, "video/mp4", vec![b'x'; 5]).await;
    assert_eq!(refused.problem(502, "upstream_error")["retryable"], true);
    world.site.faults().clear();
    world.inject("upload", Fault::http(500));
    let failed = world.caller.typed("POST", &path, "video/mp4", vec![b'x'; 5]).await;
    assert_eq!(failed.problem(502, "upstream_error")["retryable"], false);
}

#[tokio::test]
async fn early_refusal_of_a_large_upload_reaches_the_caller() {
    let world = World::start().await;
    world.site.faults().add(Rule::new("upload", Fault::EarlyAnswer { http: 413, body_status: None }).times(1));
    let path = at("files?name=a.mp4");
    let answer = world.caller.typed("POST", &path, "video/mp4", vec![b'x'; 8 << 20]).await;
    answer.problem(413, "payload_too_large");
    assert_eq!(world.site.counts().files, 0);
}

#[tokio::test]
async fn change_succeeds_though_reading_its_result_hangs() {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"3s\"")).await;
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"a"), world.site.add_folder("0", "Films"));
    world.inject("file/info", Fault::Hang);
    world.inject("file/listfolder", Fault::Hang);
    for (path, name) in [(format!("files/{file}"), "b.mp4"), (format!("folders/{folder}"), "Series")] {
        let changed = world.caller.patch(&at(&path), &json!({"name": name})).await.json(200);
        assert_eq!(changed["name"], name);
    }
}

#[tokio::test]
async fn request_ends_at_its_timeout() {
    let world = World::configured(|configuration| configuration.server("request_timeout = \"1s\"")).await;
    world.inject("*", Fault::Hang);
    let read = world.caller.get(&at("folders/root/items")).await.problem(504, "upstream_timeout");
    assert_eq!(read["retryable"], true);
    let lookup = world.caller.post(&at("files/lookup"), &json!({"ids": ["a"]})).await.problem(504, "upstream_timeout");
    assert_eq!(lookup["retryable"], true);
    let write = world.caller.delete(&at("files/abc")).await.problem(504, "outcome_unknown");
    assert_eq!(write["retryable"], false);
}
