//! At most once: what a POST with an `Idempotency-Key` does, and what the same request gets when it comes again.

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

/// The upload of a file of five bytes, with a key, of which two have been sent and the site has heard.
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

/// The same answer again, and said to be that.
#[track_caller]
fn assert_replayed(again: &Answer, first: &Answer) {
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}: {}", again.asked, again.text());
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "content-type", "cache-control", "proxy-status", "retry-after"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(first.header("idempotency-replayed"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_post_that_comes_fifty_times_at_once_makes_one_folder() {
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
    // Without a key, and with another, it is another request.
    world.caller.post(&at("folders"), &body).await.status(201);
    post(&world.caller, "two", "folders", &body).await.status(201);
    assert_eq!(world.operations().len(), 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_client() {
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
async fn a_key_that_is_none_is_refused_where_keys_are_taken() {
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
    // Elsewhere the field means nothing.
    post(&world.caller, "a b", "upload-tickets", &json!({})).await.status(201);
    world.caller.send(world.caller.request("GET", "/v1/me").header("idempotency-key", "a b")).await.status(200);
}

#[tokio::test]
async fn a_ticket_is_made_anew_each_time() {
    let world = World::start().await;
    for _ in 0..2 {
        let answer = post(&world.caller, "one", "upload-tickets", &json!({})).await.status(201);
        assert_eq!(answer.header("idempotency-replayed"), None);
    }
    assert_eq!(world.operations(), ["file/ul", "file/ul"]);
}

#[tokio::test]
async fn final_refusals_and_unknown_outcomes_are_given_again() {
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
async fn a_refusal_before_any_effect_frees_the_key() {
    let world = World::start().await;
    world.site.faults().add(Rule::new("upload", Fault::envelope(403)).times(1));
    let first = upload(&world.caller, "one", "name=a.mp4", "hello").await;
    assert_eq!(first.problem(502, "upstream_error")["retryable"], true);
    let second = upload(&world.caller, "one", "name=a.mp4", "hello").await.status(201);
    assert_eq!(second.header("idempotency-replayed"), None);
    assert_replayed(&upload(&world.caller, "one", "name=a.mp4", "hello").await, &second);
}

#[tokio::test]
async fn an_upload_is_known_by_its_address_its_type_and_its_length() {
    let world = World::start().await;
    let first = upload(&world.caller, "one", "name=a.mp4", "hello").await.status(201);
    world.arrived();
    // Its bytes are not compared: they are not read.
    assert_replayed(&upload(&world.caller, "one", "name=a.mp4", "HELLO").await, &first);
    for (query, bytes) in [("name=a.mp4", "hello!"), ("name=b.mp4", "hello"), ("name=a.mp4&folder_id=root", "hello")] {
        upload(&world.caller, "one", query, bytes).await.problem(422, "idempotency_key_reused");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn a_form_is_known_by_its_fields_its_files_name_and_its_files_length() {
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
async fn credentials_that_the_site_refuses_free_the_key() {
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
async fn an_upload_under_way_is_not_begun_again() {
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
async fn an_upload_that_broke_off_may_be_sent_again_with_its_key() {
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
async fn a_caller_who_goes_away_finds_what_has_become_of_its_request() {
    let world = World::start().await;
    world.breaks("file/createfolder", Fault::DelayAnswer { millis: 50 });
    let body = json!({"name": "Holidays"});
    let impatient = {
        let (caller, body) = (world.caller.clone(), body.clone());
        tokio::spawn(async move { post(&caller, "one", "folders", &body).await })
    };
    while world.site.journal().all().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    impatient.abort();
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
