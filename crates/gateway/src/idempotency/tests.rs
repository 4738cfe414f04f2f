//! Tests of the records: a request with a key runs once, its response is repeated for a day, and failures are reported.

mod replicas;
mod store;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{MemoryKeyValue, State};
use tokio::task::JoinSet;
use tokio::time::advance;

use super::key::KEY_FIELD;
use super::records::ANSWER_TTL;
use super::{Answer, Begun, Fingerprint, Key, Records, Running};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const LEASE_LIFE: Duration = Duration::from_secs(65);

fn records(state: &State) -> Records {
    Records::new(state, REQUEST_TIMEOUT)
}

fn key(text: &'static str) -> Key {
    Key::of(&HeaderMap::from_iter([(KEY_FIELD, text.parse().unwrap())])).unwrap().unwrap()
}

fn fingerprint(text: &str) -> Fingerprint {
    serde_json::from_value(text.into()).unwrap()
}

fn occurrence() -> Occurrence {
    Occurrence { request_id: "one".into(), path: "/v1/accounts/main/folders".to_owned(), prefix: String::new() }
}

fn created() -> Answer {
    let headers = vec![("location".to_owned(), "/v1/accounts/main/folders/7".to_owned())];
    Answer { status: StatusCode::CREATED, headers, body: Bytes::from("{\"id\":\"7\"}") }
}

async fn begin(records: &Records, key_text: &'static str, request: &str) -> Result<Begun, Problem> {
    records.begin("web", &key(key_text), fingerprint(request), &occurrence()).await
}

async fn run(records: &Records, key_text: &'static str, request: &str) -> Running {
    match begin(records, key_text, request).await {
        Ok(Begun::Run(running)) => running,
        Ok(Begun::Answered(answer) | Begun::Settled(answer)) => {
            panic!("the request has a recorded response: {answer:?}")
        }
        Err(problem) => panic!("the request was refused: {problem:?}"),
    }
}

async fn answered(records: &Records, key_text: &'static str, request: &str) -> Answer {
    match begin(records, key_text, request).await {
        Ok(Begun::Answered(answer) | Begun::Settled(answer)) => answer,
        Ok(Begun::Run(_)) => panic!("the request runs"),
        Err(problem) => panic!("the request was refused: {problem:?}"),
    }
}

async fn refused(records: &Records, key_text: &'static str, request: &str) -> Problem {
    begin(records, key_text, request).await.err().expect("the request is refused")
}

#[tokio::test(start_paused = true)]
async fn first_response_is_repeated_for_a_day() {
    let records = records(&State::in_memory());
    run(&records, "a", "request").await.finish(Some(&created()), &occurrence()).await;
    advance(ANSWER_TTL - Duration::from_secs(1)).await;
    assert_eq!(answered(&records, "a", "request").await, created());
    advance(Duration::from_secs(1)).await;
    run(&records, "a", "request").await.free().await;
}

#[tokio::test]
async fn key_belongs_to_one_request_of_one_client() {
    let records = records(&State::in_memory());
    let running = run(&records, "a", "request").await;
    let problem = refused(&records, "a", "request").await;
    assert_eq!((problem.code(), problem.is_retryable()), (Code::IdempotencyConflict, true));
    assert_eq!(refused(&records, "a", "another").await.code(), Code::IdempotencyKeyReused);
    running.finish(Some(&created()), &occurrence()).await;
    let problem = refused(&records, "a", "another").await;
    assert_eq!((problem.code(), problem.is_retryable()), (Code::IdempotencyKeyReused, false));
    run(&records, "b", "another").await.free().await;
    let other_client = records.begin("job", &key("a"), fingerprint("another"), &occurrence()).await;
    assert!(matches!(other_client, Ok(Begun::Run(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_concurrent_requests_runs_the_rest_conflict() {
    let records = Arc::new(records(&State::in_memory()));
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let records = Arc::clone(&records);
        callers.spawn(async move { begin(&records, "a", "request").await });
    }
    let (run, rest): (Vec<_>, Vec<_>) =
        callers.join_all().await.into_iter().partition(|begun| matches!(begun, Ok(Begun::Run(_))));
    assert_eq!(run.len(), 1);
    for begun in rest {
        assert_eq!(begun.err().map(|problem| problem.code()), Some(Code::IdempotencyConflict));
    }
}

#[tokio::test(start_paused = true)]
async fn request_may_run_longer_than_a_lease_lasts() {
    let records = records(&State::in_memory());
    let mut running = run(&records, "a", "request").await;
    let meanwhile = async {
        for _ in 0..100 {
            tokio::time::sleep(LEASE_LIFE / 2).await;
            assert_eq!(refused(&records, "a", "request").await.code(), Code::IdempotencyConflict);
        }
    };
    running.renew_lease_during(meanwhile).await;
    running.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&records, "a", "request").await, created());
}

#[tokio::test(start_paused = true)]
async fn outcome_of_an_abandoned_request_stays_unknown() {
    let records = records(&State::in_memory());
    let abandoned = run(&records, "a", "request").await;
    advance(LEASE_LIFE - Duration::from_millis(1)).await;
    assert_eq!(refused(&records, "a", "request").await.code(), Code::IdempotencyConflict);
    advance(Duration::from_millis(1)).await;
    let unknown = answered(&records, "a", "request").await;
    assert_eq!(unknown.status, StatusCode::GATEWAY_TIMEOUT);
    let problem: serde_json::Value = serde_json::from_slice(&unknown.body).unwrap();
    assert_eq!((problem["code"].as_str(), problem["retryable"].as_bool()), (Some("outcome_unknown"), Some(false)));
    assert_eq!(unknown.clone().into_response().extensions().get::<Code>(), Some(&Code::OutcomeUnknown));
    // The first request was only slow. Its late response must not replace the recorded one.
    abandoned.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&records, "a", "request").await, unknown);
}

#[tokio::test]
async fn freed_key_can_be_used_again() {
    let records = records(&State::in_memory());
    run(&records, "a", "request").await.free().await;
    run(&records, "a", "another").await.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&records, "a", "another").await, created());
}

#[tokio::test]
async fn full_storage_refuses_new_requests_and_keeps_begun_ones() {
    let small = MemoryKeyValue::shared_by_owners(13_500);
    let records = records(&State { records: Arc::new(small), ..State::in_memory() });
    let first = run(&records, "a", "request").await;
    let second = run(&records, "b", "request").await;
    let problem = refused(&records, "c", "request").await;
    assert_eq!((problem.code(), problem.is_retryable()), (Code::Overloaded, true));

    first.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&records, "a", "request").await, created());
    // A response larger than its reserved space is lost, but the record still shows that the request ran.
    let large = Answer { body: Bytes::from(vec![b'x'; 9_000]), ..created() };
    second.finish(Some(&large), &occurrence()).await;
    assert_eq!(answered(&records, "b", "request").await.status, StatusCode::GATEWAY_TIMEOUT);
    // A record smaller than its reserved space frees the rest. So the refused request can begin now.
    run(&records, "c", "request").await.free().await;
}

#[tokio::test]
async fn whole_response_is_recorded_and_a_stream_is_not() {
    let response = || {
        let headers = [("location", "/x"), ("content-type", "application/json")];
        (StatusCode::CREATED, headers, Body::from("{}")).into_response()
    };
    let answer = Answer::of(response()).await.unwrap();
    let again = answer.into_response();
    assert_eq!((again.status(), &again.headers()["location"]), (StatusCode::CREATED, &"/x".parse().unwrap()));
    assert_eq!(again.headers(), response().headers());
    assert_eq!(axum::body::to_bytes(again.into_body(), 10).await.unwrap(), "{}");

    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("a")]);
    assert!(Answer::of(Response::new(Body::from_stream(pieces))).await.is_err());
    assert!(Answer::of(Response::new(Body::from(vec![0; (1 << 20) + 1]))).await.is_err());
}
