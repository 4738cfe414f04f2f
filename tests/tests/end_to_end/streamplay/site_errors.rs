//! Errors that the site tells: by words alone, under HTTP 200, and in the shapes of several versions of its script.

use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Garbage};
use serde_json::{Value, json};

use super::world::{World, at};

const MISSING: (u16, &str) = (404, "file_not_found");
const INVALID: (u16, &str) = (502, "upstream_invalid_response");
const NOT_EMPTY: (u16, &str) = (409, "folder_not_empty");

/// An answer of the site as it is.
fn says(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

async fn started() -> World {
    let world = World::start().await;
    world.caller.get("/v1/accounts/plays").await.status(200);
    world.arrived();
    world
}

/// A read in a world whose `file/info` is broken.
async fn read(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.breaks("file/info", fault);
    let request = world.caller.request("GET", &at("files/1001")).header("cache-control", "no-cache");
    let answer = world.caller.send(request).await;
    assert_eq!(world.operations(), ["file/info"], "asked once");
    answer
}

/// A write in a world whose `file/edit` is broken.
async fn write(world: &World, fault: Fault) -> Answer {
    world.site.faults().clear();
    world.breaks("file/edit", fault);
    let answer = world.caller.patch(&at("files/1001"), &json!({"name": "b.mp4"})).await;
    assert_eq!(world.operations(), ["file/edit"], "asked once");
    answer
}

#[tokio::test]
async fn an_error_of_every_version_is_read_by_its_words() {
    let world = started().await;
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
                read(&world, says(http, &shape.to_string())).await,
                write(&world, says(http, &shape.to_string())).await,
            ] {
                let problem = answer.problem(404, "file_not_found");
                assert_eq!(problem["upstream"]["http_status"], http, "{shape}");
                assert_eq!(problem["retryable"], false);
                assert!(problem["upstream"]["message"].as_str().unwrap().eq_ignore_ascii_case(missing));
                let told = format!("polyhost; next-hop=streamplay; received-status={http}");
                assert_eq!(answer.header("proxy-status"), Some(&*told));
            }
        }
    }
}

#[tokio::test]
async fn words_of_the_site_have_each_their_problem() {
    let world = started().await;
    let cases = [
        ("Your account level does not have access to the file upload API.", 403, "upstream_forbidden"),
        ("This API feature is not available in demo mode.", 403, "upstream_forbidden"),
        ("Please provide the filename param.", 422, "upstream_rejected"),
        // Words that are not known are never taken for a success, nor for the caller's fault.
        ("Something that nobody has ever seen.", 502, "upstream_error"),
    ];
    for (words, status, code) in cases {
        let body = json!({"response": words, "_status": "error"}).to_string();
        let problem = write(&world, says(200, &body)).await.problem(status, code);
        assert_eq!((&problem["retryable"], &problem["upstream"]["message"]), (&json!(false), &json!(words)));
        assert_eq!(problem["upstream"]["operation"], "file/edit");
    }
}

#[tokio::test]
async fn statuses_of_the_web_server_before_the_site_have_each_their_problem() {
    let world = started().await;
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
async fn an_answer_that_makes_no_sense_is_invalid_to_a_read_and_unknown_to_a_write() {
    let world = started().await;
    let garbage = [
        Fault::Garbage(Garbage::Text),
        Fault::Garbage(Garbage::Html),
        Fault::Garbage(Garbage::TruncatedJson),
        Fault::Garbage(Garbage::DeepJson { depth: 100_000 }),
        Fault::Garbage(Garbage::Empty),
        says(200, "{}"),
        says(200, "[]"),
        says(200, r#"{"response": "File found"}"#),
    ];
    for fault in garbage {
        let problem = read(&world, fault.clone()).await.problem(502, "upstream_invalid_response");
        assert_eq!(problem["retryable"], true, "{fault:?}");
        let problem = write(&world, fault.clone()).await.problem(504, "outcome_unknown");
        assert_eq!(problem["retryable"], false, "{fault:?}");
    }
}

#[tokio::test]
async fn a_file_that_the_answer_does_not_name_is_not_taken_for_the_one_asked_for() {
    let world = started().await;
    for (data, (status, code)) in [
        (json!({}), MISSING),
        (json!([]), MISSING),
        (json!({"filename": "a.mp4"}), INVALID),
        (json!({"id": "1002", "filename": "b.mp4"}), INVALID),
        (json!("x"), INVALID),
    ] {
        let body = json!({"data": data, "_status": "success"}).to_string();
        read(&world, says(200, &body)).await.problem(status, code);
    }
}

#[tokio::test]
async fn numbers_may_be_anything_that_php_makes_of_them() {
    let world = started().await;
    let spellings = [
        (json!("5"), json!(5)),
        (json!(5), json!(5)),
        (Value::Null, Value::Null),
        (json!(false), Value::Null),
        (json!(""), Value::Null),
    ];
    for (sent, told) in spellings {
        let data = json!({"id": "1001", "filename": "a.mp4", "fileSize": sent, "downloads": sent, "folderId": null});
        let file = read(&world, says(200, &json!({"data": data, "_status": "success"}).to_string())).await.json(200);
        polyhost_end_to_end::body::file(&file);
        assert_eq!((&file["size"], &file["download_count"]), (&told, &told), "{sent}");
    }
}

#[tokio::test]
async fn a_folder_whose_listing_cannot_be_read_is_not_taken_for_empty() {
    let world = started().await;
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
        world.breaks("folder/listing", says(200, &body.to_string()));
        world.caller.delete(&path).await.problem(status, code);
        world.assert_changed(&[]);
        assert_eq!(world.site.counts().files, 1, "{body}");
    }
}
