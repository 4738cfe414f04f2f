//! Tests of the hints between replicas. The clock of hints is real, and does not advance with the paused one. So a hint
//! of a minute stays in force during a test.

use std::sync::Arc;

use polyhost_state::conformance::SharedMarks;
use polyhost_state::{Marks as _, State};
use tokio_util::task::TaskTracker;

use super::*;
use crate::CircuitState;
use crate::hints::{OWNER, READ_INTERVAL};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the shared resources of a new replica.
fn shared_with(marks: &Arc<SharedMarks>) -> Shared {
    Shared::new(&State { marks: Some(Arc::clone(marks) as _), ..State::in_memory() })
}

/// Returns the client of a new replica, without retries.
fn replica(marks: &Arc<SharedMarks>) -> Client {
    client(settings(), &shared_with(marks), "main")
}

fn settings() -> Settings {
    Settings { retries: 0, circuit_open: MINUTE, requests_per_second: 0.0, ..Settings::default() }
}

/// Waits until all replicas have read the marks.
async fn all_read() {
    // Not a multiple of the interval, so that no replica reads at the same time as a test goes on.
    sleep(READ_INTERVAL + Duration::from_millis(70)).await;
}

async fn fail(client: &Client, count: usize) {
    for _ in 0..count {
        let _ = ask(client, CallKind::Read, Duration::ZERO, [Some(unreachable())]).await;
    }
}

async fn succeed(client: &Client) {
    let (outcome, attempts) = ask(client, CallKind::Read, Duration::ZERO, []).await;
    assert!(outcome.is_ok() && attempts.len() == 1);
}

/// Returns the wait behind ten requests. It grows with the factor by which the account is slowed down.
fn slowness(client: &Client) -> Duration {
    client.turns().pace().wait_behind(10)
}

/// Reports a complaint of the site, without a request.
fn complain(client: &Client, call: &Call, requested: Option<Duration>) {
    let address = client.address(&call.url);
    let pass = address.circuit.enter(client.settings()).unwrap();
    client.learn(call, &address, pass, Some(&answered(ErrorKind::RateLimited, 429, requested)));
}

#[tokio::test(start_paused = true)]
async fn open_circuit_opens_that_of_others_at_one_failure() {
    let marks = Arc::default();
    let (one, other) = (replica(&marks), replica(&marks));
    fail(&one, 9).await;
    all_read().await;
    assert!(marks.of(OWNER).is_empty());
    fail(&one, 1).await;
    all_read().await;
    assert_eq!(other.circuit(), CircuitState::Closed);
    let (_, attempts) = ask(&other, CallKind::Write, Duration::ZERO, [Some(unreachable())]).await;
    assert_eq!((attempts.len(), other.circuit()), (1, CircuitState::Open));
    all_read().await;
    let all = marks.of(OWNER);
    assert_eq!(all.len(), 1, "the second replica shares nothing: {all:?}");
    assert!(all[0].ends_with("/site/https://site.example"), "neither path nor query: {all:?}");
}

#[tokio::test(start_paused = true)]
async fn success_after_a_hint_keeps_the_circuit_closed() {
    let marks = Arc::default();
    let (one, other) = (replica(&marks), replica(&marks));
    fail(&one, 10).await;
    all_read().await;
    succeed(&other).await;
    all_read().await;
    fail(&other, 9).await;
    assert_eq!(other.circuit(), CircuitState::Closed);
    fail(&other, 1).await;
    assert_eq!((other.circuit(), one.circuit()), (CircuitState::Open, CircuitState::Open));
}

#[tokio::test(start_paused = true)]
async fn hint_changes_no_disabled_circuit_and_no_other_address() {
    let marks = Arc::<SharedMarks>::default();
    let never = client(Settings { circuit_failures: 0, ..settings() }, &shared_with(&marks), "main");
    let (one, elsewhere) = (replica(&marks), replica(&marks));
    fail(&one, 10).await;
    all_read().await;
    let text = marks.of(OWNER)[0].clone();
    fail(&never, 20).await;
    assert_eq!(never.circuit(), CircuitState::Closed);

    succeed(&elsewhere).await;
    for (from, to) in [("/site/", "/other/"), ("https:", "http:"), ("site.example", "site.example:8443")] {
        assert!(text.contains(from));
        marks.add(OWNER, &text.replace(from, to)).await.unwrap();
    }
    all_read().await;
    fail(&elsewhere, 1).await;
    assert_eq!(elsewhere.circuit(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn requested_pause_is_kept_by_all_replicas() {
    let marks = Arc::default();
    let (one, shared) = (replica(&marks), shared_with(&marks));
    let (other, neighbour) = (client(settings(), &shared, "main"), client(settings(), &shared, "neighbour"));
    let limited = answered(ErrorKind::RateLimited, 429, Some(MINUTE * 5));
    ask(&one, CallKind::Read, Duration::ZERO, [Some(limited)]).await.0.unwrap_err();
    all_read().await;
    let (outcome, attempts) = ask(&other, CallKind::Write, Duration::ZERO, []).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), attempts.len()), (ErrorKind::RateLimited, 0));
    let left = error.retry_after().unwrap();
    assert!((MINUTE..=MINUTE * 5).contains(&left), "{left:?}");
    succeed(&neighbour).await;
    assert_eq!((other.circuit(), marks.of(OWNER).len()), (CircuitState::Closed, 1));
    advance(MINUTE * 5).await;
    succeed(&other).await;
}

#[tokio::test(start_paused = true)]
async fn pause_that_follows_a_complaint_is_shared_too() {
    let marks = Arc::default();
    let (one, other) = (replica(&marks), replica(&marks));
    complain(&one, &call(CallKind::Read), None);
    complain(&one, &call(CallKind::Read), Some(MINUTE * 5));
    all_read().await;
    let (outcome, attempts) = ask(&other, CallKind::Read, Duration::ZERO, []).await;
    assert_eq!((outcome.unwrap_err().kind(), attempts.len()), (ErrorKind::RateLimited, 0));
}

#[tokio::test(start_paused = true)]
async fn complaint_slows_all_replicas_down_once_a_window() {
    let marks = Arc::default();
    let [one, two, other] = [(), (), ()].map(|()| replica(&marks));
    all_read().await;
    for client in [&one, &two] {
        complain(client, &call(CallKind::Read), None);
    }
    all_read().await;
    assert_eq!(marks.of(OWNER).len(), 2);
    let slowed = slowness(&other);
    assert!(slowed > SECOND * 9 / 10 && slowed <= SECOND, "at half the rate of 20 a second: {slowed:?}");
    sleep(SECOND).await;
    complain(&one, &call(CallKind::Read), None);
    all_read().await;
    assert!(slowness(&other) > slowed * 3 / 2, "{:?} after {slowed:?}", slowness(&other));
}

#[tokio::test(start_paused = true)]
async fn flood_of_complaints_adds_one_mark_a_window() {
    let marks = Arc::default();
    let client = replica(&marks);
    let file = SecretUrl::handed_out("https://files.example/1".parse().unwrap());
    complain(&client, &Call::get("download", CallKind::Read, file), Some(MINUTE));
    all_read().await;
    assert!(marks.of(OWNER).is_empty(), "a file's server has limits of its own");
    for expected in 1..=3 {
        for _ in 0..1_000 {
            complain(&client, &call(CallKind::Read), Some(MINUTE));
        }
        sleep(SECOND).await;
        assert_eq!(marks.of(OWNER).len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn own_hint_is_not_applied_again() {
    let marks = Arc::default();
    let client = replica(&marks);
    all_read().await;
    complain(&client, &call(CallKind::Read), None);
    tokio::task::yield_now().await;
    assert_eq!(marks.of(OWNER).len(), 1);
    marks.set_away(true);
    sleep(SECOND * 2).await;
    marks.set_away(false);
    let before = slowness(&client);
    all_read().await;
    assert!(slowness(&client) <= before);
}

#[tokio::test(start_paused = true)]
async fn hints_are_read_late_if_the_store_was_away() {
    let marks = Arc::default();
    let (one, other) = (replica(&marks), replica(&marks));
    marks.set_away(true);
    fail(&one, 10).await;
    all_read().await;
    marks.set_away(false);
    complain(&one, &call_elsewhere(), Some(MINUTE));
    tokio::task::yield_now().await;
    marks.set_away(true);
    all_read().await;
    assert_eq!(slowness(&other), Duration::ZERO);
    marks.set_away(false);
    all_read().await;
    assert_eq!(ask(&other, CallKind::Read, Duration::ZERO, []).await.0.unwrap_err().kind(), ErrorKind::RateLimited);
}

/// Returns a call to an address of the API whose circuit is closed.
fn call_elsewhere() -> Call {
    Call::get("file/info", CallKind::Read, SecretUrl::endpoint(&"https://api.example".parse().unwrap(), "file/info"))
}

#[tokio::test(start_paused = true)]
async fn new_replica_applies_only_hints_in_force() {
    let marks = Arc::<SharedMarks>::default();
    let one = replica(&marks);
    for text in ["x/c/1000/site/https://site.example", "x/s/1000//site/main", "x/s/1000/200000/site/main", "x", "x/y"] {
        marks.add(OWNER, text).await.unwrap();
    }
    let new = replica(&marks);
    all_read().await;
    assert_eq!(slowness(&new), Duration::ZERO);
    succeed(&new).await;
    let late = replica(&marks);
    all_read().await;
    fail(&late, 1).await;
    assert_eq!(late.circuit(), CircuitState::Closed);

    fail(&one, 10).await;
    complain(&one, &call_elsewhere(), Some(MINUTE));
    all_read().await;
    let shared = shared_with(&marks);
    all_read().await;
    let (paused, failing) = (client(settings(), &shared, "main"), client(settings(), &shared, "neighbour"));
    assert_eq!(ask(&paused, CallKind::Read, Duration::ZERO, []).await.0.unwrap_err().kind(), ErrorKind::RateLimited);
    fail(&failing, 1).await;
    assert_eq!(failing.circuit(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn exchange_ends_with_its_last_client_and_delays_no_end() {
    let marks = Arc::<SharedMarks>::default();
    let tasks = TaskTracker::new();
    let shared = shared_with(&marks).with_tasks(tasks.clone());
    let client = client(settings(), &shared, "main");
    drop(shared);
    complain(&client, &call(CallKind::Read), None);
    all_read().await;
    assert_eq!(marks.of(OWNER).len(), 1, "the client still shares hints");
    tasks.close();
    tasks.wait().await;
    drop(client);
    all_read().await;
    assert_eq!(Arc::strong_count(&marks), 1);
}
