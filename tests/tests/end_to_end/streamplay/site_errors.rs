//! Tests of errors that the site reports only by messages, under HTTP 200, and in the formats of several versions of
//! its script.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Garbage};
use serde_json::{Value, json};

use super::world::{World, at};

const MISSING: (u16, &str) = (404, "file_not_found");
const INVALID: (u16, &str) = (502, "upstream_invalid_response");
const NOT_EMPTY: (u16, &str) = (409, "folder_not_empty");

/// An answer of the site with this body.
fn with_body(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

async fn logged_in() -> World {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    world
}

/// Sends a read with a fault in `file/info`.
async fn read(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.inject("file/info", fault);
    let request = world.caller.request("GET", &at("files/1001")).header("cache-control", "no-cache");
    let answer = world.caller.send(request).await;
    assert_eq!(world.operations(), ["file/info"], "called once");
    answer
}

/// Sends a write with a fault in `file/edit`.
async fn write(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.inject("file/edit", fault);
    let answer = world.caller.patch(&at("files/1001"), &json!({"name": "b.mp4"})).await;
    assert_eq!(world.operations(), ["file/edit"], "called once");
    answer
}

#[tokio::test]
async fn error_of_every_version_is_classified_by_its_message() {
    let world = logged_in().await;
    let missing = "Could not find file based on file_id.";
    let shapes = [
        json!({"response": missing, "_status": "error", "_datetime": "2019-07-06 12:00:00"}),
        json!({"response": missing, "status": "error"}),
        json!({"message": missing, "result": false}),
        json!({"success": false, "message": missing}),
        json!({"response": missing.to_uppercase(), "_status": "error"}),
    ];
    for shape in shapes {
        for http in [200, 404] {
            for answer in [
                read(&world, with_body(http, &shape.to_string())).await,
                write(&world, with_body(http, &shape.to_string())).await,
            ] {
                let problem = answer.problem(404, "file_not_found");
                assert_eq!(problem["upstream"]["http_status"], http, "{shape}");
                assert_eq!(problem["retryable"], false);
                assert!(problem["upstream"]["message"].as_str().unwrap().eq_ignore_ascii_case(missing));
                let expected = format!("polyhost; next-hop=streamplay; received-status={http}");
                assert_eq!(answer.header("proxy-status"), Some(&*expected));
            }
        }
    }
}

#[tokio::test]
async fn each_message_of_the_site_has_its_problem() {
    let world = logged_in().await;
    let cases = [
        ("Your account level does not have access to the file upload API.", 403, "upstream_forbidden"),
        ("This API feature is not available in demo mode.", 403, "upstream_forbidden"),
        ("Please provide the filename param.", 422, "upstream_rejected"),
        // An unknown message is never a success, and never the caller's fault.
        ("Something that nobody has ever seen.", 502, "upstream_error"),
    ];
    for (words, status, code) in cases {
        let body = json!({"response": words, "_status": "error"}).to_string();
        let problem = write(&world, with_body(200, &body)).await.problem(status, code);
        assert_eq!((&problem["retryable"], &problem["upstream"]["message"]), (&json!(false), &json!(words)));
        assert_eq!(problem["upstream"]["operation"], "file/edit");
    }
}

#[tokio::test]
async fn each_status_of_the_web_server_has_its_problem() {
    let world = logged_in().await;
    let cases = [
        (429, 429, "upstream_rate_limited", true, true),
        (500, 502, "upstream_error", true, false),
        (503, 502, "upstream_error", true, false),
        (509, 429, "upstream_rate_limited", true, true),
    ];
    for (http, status, code, read_again, write_again) in cases {
        for (answer, again) in
            [(read(&world, Fault::http(http)).await, read_again), (write(&world, Fault::http(http)).await, write_again)]
        {
            let problem = answer.problem(status, code);
            assert_eq!(problem["retryable"], again, "{http}: {problem}");
            assert_eq!(answer.header("retry-after").is_some(), status == 429, "{http}");
        }
    }
    for http in [404, 451] {
        read(&world, Fault::http(http)).await.problem(502, "upstream_invalid_response");
    }
}

#[tokio::test]
async fn garbled_answer_is_invalid_to_reads_and_unknown_to_writes() {
    let world = logged_in().await;
    let garbage = [
        Fault::Garbage(Garbage::Text),
        Fault::Garbage(Garbage::Html),
        Fault::Garbage(Garbage::TruncatedJson),
        Fault::Garbage(Garbage::DeepJson { depth: 100_000 }),
        Fault::Garbage(Garbage::Empty),
        with_body(200, "{}"),
        with_body(200, "[]"),
        with_body(200, r#"{"response": "File found"}"#),
    ];
    for fault in garbage {
        let problem = read(&world, fault.clone()).await.problem(502, "upstream_invalid_response");
        assert_eq!(problem["retryable"], true, "{fault:?}");
        let problem = write(&world, fault.clone()).await.problem(504, "outcome_unknown");
        assert_eq!(problem["retryable"], false, "{fault:?}");
    }
}

#[tokio::test]
async fn answer_without_the_requested_file_is_not_accepted() {
    let world = logged_in().await;
    for (data, (status, code)) in [
        (json!({}), MISSING),
        (json!([]), MISSING),
        (json!({"filename": "a.mp4"}), INVALID),
        (json!({"id": "1002", "filename": "b.mp4"}), INVALID),
        (json!("x"), INVALID),
    ] {
        let body = json!({"data": data, "_status": "success"}).to_string();
        read(&world, with_body(200, &body)).await.problem(status, code);
    }
}

#[tokio::test]
async fn numbers_are_read_in_every_php_form() {
    let world = logged_in().await;
    let values = [
        (json!("5"), json!(5)),
        (json!(5), json!(5)),
        (Value::Null, Value::Null),
        (json!(false), Value::Null),
        (json!(""), Value::Null),
    ];
    for (sent, decoded) in values {
        let data = json!({"id": "1001", "filename": "a.mp4", "fileSize": sent, "downloads": sent, "folderId": null});
        let file =
            read(&world, with_body(200, &json!({"data": data, "_status": "success"}).to_string())).await.json(200);
        polyhost_end_to_end::body::file(&file);
        assert_eq!((&file["size"], &file["download_count"]), (&decoded, &decoded), "{sent}");
    }
}

#[tokio::test]
async fn folder_with_an_unreadable_listing_is_not_deleted() {
    let world = logged_in().await;
    let folder = world.site.add_folder("0", "Full");
    world.site.add_file(&folder, "a.mp4", b"a");
    let path = at(&format!("folders/{folder}"));
    let bodies = [
        (json!({"_status": "success"}), INVALID),
        (json!({"data": {"folders": []}, "_status": "success"}), INVALID),
        (json!({"data": {"folders": 3, "files": 2}, "_status": "success"}), INVALID),
        (json!({"data": {"folders": [], "files": [{"filename": "no id"}]}, "_status": "success"}), NOT_EMPTY),
    ];
    for (body, (status, code)) in bodies {
        world.site.faults().clear();
        world.inject("folder/listing", with_body(200, &body.to_string()));
        world.caller.delete(&path).await.problem(status, code);
        world.assert_changed(&[]);
        assert_eq!(world.site.counts().files, 1, "{body}");
    }
}
