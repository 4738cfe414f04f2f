//! Tests of idempotency keys: a POST with an `Idempotency-Key` is performed at most once, and repeats get its answer.

use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Form, Piece, Raw};
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::world::{KEY, World, at};

async fn post(caller: &Caller, key: &str, path: &str, body: &Value) -> Answer {
    let request = caller.request("POST", &at(path)).header("idempotency-key", key);
    caller.send(request.header("content-type", "application/json").body(body.to_string())).await
}

async fn upload(caller: &Caller, key: &str, query: &str, bytes: &'static str) -> Answer {
    let request = caller.request("POST", &at(&format!("files?{query}"))).header("idempotency-key", key);
    caller.send(request.header("content-type", "video/mp4").body(bytes)).await
}

/// Begins a keyed upload of five bytes, sends two of them, and waits until the site was called.
async fn begin_upload(world: &World) -> Raw {
    let bearer = format!("Bearer {KEY}");
    let fields = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "one"),
        ("content-type", "video/mp4"),
        ("content-length", "5"),
    ];
    let mut raw = Raw::begin(world.gateway.address(), &format!("POST {}", at("files?name=a.mp4")), &fields).await;
    raw.send(b"he", Piece::Plain).await.unwrap();
    while !world.site.journal().all().iter().any(|call| call.operation == "file/ul") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    raw
}

/// Asserts that `again` is a replay of `first`, marked as one.
#[track_caller]
fn assert_replayed(again: &Answer, first: &Answer) {
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}: {}", again.request_line, again.text());
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "content-type", "cache-control", "proxy-status", "retry-after"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(first.header("idempotency-replayed"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_equal_posts_at_once_create_one_folder() {
    let world = World::start().await;
    let body = json!({"name": "Holidays"});
    let all = join_all((0..50).map(|_| post(&world.caller, "one", "folders", &body))).await;
    assert_eq!(world.operations(), ["file/createfolder"]);
    let (made, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|answer| answer.status == 201 && answer.header("idempotency-replayed").is_none());
    assert_eq!(made.len(), 1);
    for answer in rest {
        if answer.status == 201 {
            assert_replayed(&answer, &made[0]);
        } else {
            let problem = answer.problem(409, "idempotency_conflict");
            assert_eq!((&problem["retryable"], &problem["retry_after"]), (&json!(true), &json!(1)));
        }
    }
    assert_replayed(&post(&world.caller, "one", "folders", &body).await, &made[0]);
    world.assert_nothing_sent();
    // Without the key, or with another, the same body is another request.
    world.caller.post(&at("folders"), &body).await.status(201);
    post(&world.caller, "two", "folders", &body).await.status(201);
    assert_eq!(world.operations().len(), 2);
}

#[tokio::test]
async fn idempotency_key_belongs_to_one_request_of_one_client() {
    let world =
        World::configured(|configuration| configuration.client("job", "key-of-job", &["*"], &["read", "write"])).await;
    post(&world.caller, "one", "folders", &json!({"name": "a"})).await.status(201);
    let problem = post(&world.caller, "one", "folders", &json!({"name": "b"})).await;
    assert_eq!(problem.problem(422, "idempotency_key_reused")["retryable"], false);
    post(&world.caller, "one", "folders?", &json!({"name": "a"})).await.problem(422, "idempotency_key_reused");
    post(&world.caller, "one", "remote-uploads", &json!({"name": "a"})).await.problem(422, "idempotency_key_reused");
    assert_eq!(world.operations(), ["file/createfolder"]);
    let job = world.gateway.caller("key-of-job");
    assert_eq!(
        post(&job, "one", "folders", &json!({"name": "b"})).await.status(201).header("idempotency-replayed"),
        None
    );
    assert_eq!(world.operations(), ["file/createfolder"]);
}

#[tokio::test]
async fn invalid_idempotency_key_is_refused_where_keys_apply() {
    let world = World::start().await;
    let too_long = "x".repeat(256);
    for bad in ["", "a b", too_long.as_str()] {
        let answer = post(&world.caller, bad, "folders", &json!({"name": "a"})).await;
        assert_eq!(answer.faults("invalid_request"), ["Idempotency-Key"], "{bad:?}");
    }
    let request =
        world.caller.request("POST", &at("folders")).header("idempotency-key", "a").header("idempotency-key", "a");
    let twice = world.caller.send(request.header("content-type", "application/json").body("{\"name\": \"a\"}")).await;
    assert_eq!(twice.faults("invalid_request"), ["Idempotency-Key"]);
    world.assert_nothing_sent();
    // Other operations ignore the header field.
    post(&world.caller, "a b", "upload-tickets", &json!({})).await.status(201);
    world.caller.send(world.caller.request("GET", "/v1/me").header("idempotency-key", "a b")).await.status(200);
}

#[tokio::test]
async fn upload_ticket_is_created_anew_despite_its_key() {
    let world = World::start().await;
    for _ in 0..2 {
        let answer = post(&world.caller, "one", "upload-tickets", &json!({})).await.status(201);
        assert_eq!(answer.header("idempotency-replayed"), None);
    }
    assert_eq!(world.operations(), ["file/ul", "file/ul"]);
}

#[tokio::test]
async fn final_refusals_and_unknown_outcomes_are_replayed() {
    let world = World::start().await;
    let missing = json!({"name": "a", "parent_id": "99999"});
    let first = post(&world.caller, "missing", "folders", &missing).await;
    first.problem(404, "folder_not_found");
    assert_replayed(&post(&world.caller, "missing", "folders", &missing).await, &first);

    let wrong = json!({"name": "a/b"});
    let first = post(&world.caller, "wrong", "folders", &wrong).await;
    first.problem(400, "invalid_request");
    assert_replayed(&post(&world.caller, "wrong", "folders", &wrong).await, &first);

    world.arrived();
    world.site.faults().add(Rule::new("file/createfolder", Fault::LoseAnswer).times(1));
    let lost = json!({"name": "lost"});
    let first = post(&world.caller, "lost", "folders", &lost).await;
    first.problem(504, "outcome_unknown");
    assert_replayed(&post(&world.caller, "lost", "folders", &lost).await, &first);
    assert_eq!(world.operations(), ["file/createfolder"]);
}

#[tokio::test]
async fn refusal_before_any_effect_releases_the_key() {
    let world = World::start().await;
    world.site.faults().add(Rule::new("upload", Fault::envelope(403)).times(1));
    let first = upload(&world.caller, "one", "name=a.mp4", "hello").await;
    assert_eq!(first.problem(502, "upstream_error")["retryable"], true);
    let second = upload(&world.caller, "one", "name=a.mp4", "hello").await.status(201);
    assert_eq!(second.header("idempotency-replayed"), None);
    assert_replayed(&upload(&world.caller, "one", "name=a.mp4", "hello").await, &second);
}

#[tokio::test]
async fn upload_is_identified_by_its_target_type_and_length() {
    let world = World::start().await;
    let first = upload(&world.caller, "one", "name=a.mp4", "hello").await.status(201);
    world.arrived();
    // The gateway does not read the bytes of the repeat, so it does not compare them.
    assert_replayed(&upload(&world.caller, "one", "name=a.mp4", "HELLO").await, &first);
    for (query, bytes) in [("name=a.mp4", "hello!"), ("name=b.mp4", "hello"), ("name=a.mp4&folder_id=root", "hello")] {
        upload(&world.caller, "one", query, bytes).await.problem(422, "idempotency_key_reused");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn form_is_identified_by_fields_file_name_and_file_length() {
    let world = World::start().await;
    let send = async |form: Form| {
        let request = world.caller.request("POST", &at("files")).header("idempotency-key", "one");
        world.caller.send(request.header("content-type", form.content_type()).body(form.body())).await
    };
    let form = |name, sha1, file_name: &str, bytes: &[u8]| {
        Form::new().field("name", name).field("sha1", sha1).file(file_name, bytes)
    };
    let (of_hello, of_world) = ("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "7c211433f02071597741e6ff5a8ea34789abbf43");
    let first = send(form("a.mp4", of_hello, "x.mp4", b"hello")).await.status(201);
    world.arrived();
    assert_replayed(&send(form("a.mp4", of_hello, "x.mp4", b"hello")).await, &first);
    for other in [
        form("b.mp4", of_hello, "x.mp4", b"hello"),
        form("a.mp4", of_world, "x.mp4", b"world"),
        form("a.mp4", of_hello, "y.mp4", b"hello"),
        form("a.mp4", of_hello, "x.mp4", b"hello!"),
    ] {
        send(other).await.problem(422, "idempotency_key_reused");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn rejected_site_credentials_release_the_key() {
    let world = World::start().await;
    let refused = Fault::Status { http: 200, body_status: Some(403), headers: Vec::new(), body: None };
    world.site.faults().add(Rule::new("file/createfolder", refused.clone()).times(1));
    world.site.faults().add(Rule::new("account/info", refused).times(1));
    let body = json!({"name": "Holidays"});
    post(&world.caller, "one", "folders", &body).await.problem(502, "upstream_credentials_rejected");
    let second = post(&world.caller, "one", "folders", &body).await.status(201);
    assert_eq!(second.header("idempotency-replayed"), None);
}

#[tokio::test]
async fn upload_in_progress_is_not_started_again() {
    let world = World::start().await;
    let mut raw = begin_upload(&world).await;
    upload(&world.caller, "one", "name=a.mp4", "hello").await.problem(409, "idempotency_conflict");
    raw.send(b"llo", Piece::Plain).await.unwrap();
    let first = raw.answer().await.unwrap().status(201);
    let again = upload(&world.caller, "one", "name=a.mp4", "hello").await;
    assert_eq!(
        (again.header("idempotency-replayed"), again.header("location")),
        (Some("true"), first.header("location"))
    );
    assert_eq!(world.site.counts().files, 1);
}

#[tokio::test]
async fn interrupted_upload_may_be_sent_again_with_its_key() {
    let world = World::start().await;
    begin_upload(&world).await.reset();
    let done = loop {
        let answer = upload(&world.caller, "one", "name=a.mp4", "hello").await;
        if answer.status != 409 {
            break answer.status(201);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(done.header("idempotency-replayed"), None);
    assert_eq!(world.site.counts().files, 1);
}

#[tokio::test]
async fn caller_that_left_gets_the_result_with_its_key() {
    let world = World::start().await;
    world.inject("file/createfolder", Fault::DelayAnswer { millis: 50 });
    let body = json!({"name": "Holidays"});
    let cancelled = {
        let (caller, body) = (world.caller.clone(), body.clone());
        tokio::spawn(async move { post(&caller, "one", "folders", &body).await })
    };
    while world.site.journal().all().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    cancelled.abort();
    let found = loop {
        let answer = post(&world.caller, "one", "folders", &body).await;
        if answer.status != 409 {
            break answer.status(201);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(found.header("idempotency-replayed"), Some("true"));
    assert_eq!(world.operations(), ["file/createfolder"]);
}
