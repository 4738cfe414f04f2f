//! Tests of two replicas that share a store: a key is honoured by both, and what they do while the store is away.

use std::time::Duration;

use polyhost_engine::problem::Code;
use polyhost_state::Patience;
use tokio::time::{advance, sleep};

use super::store::Store;
use super::{LEASE_LIFE, answered, created, occurrence, refused, run};

#[tokio::test(start_paused = true)]
async fn upload_of_an_hour_keeps_its_key_at_all_replicas() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    let upload = async {
        let mut running = run(&one, "a", "request").await;
        running.renew_lease_during(sleep(Duration::from_secs(3_600))).await;
        running
    };
    let repeated = async {
        for _ in 0..359 {
            sleep(Duration::from_secs(10)).await;
            let problem = Patience::default().scope(refused(&other, "a", "request")).await;
            assert_eq!(problem.code(), Code::IdempotencyConflict);
        }
    };
    // Each call takes a millisecond. The renewals of an hour take longer than one request may wait for the store.
    let (running, ()) = tokio::join!(Patience::of_request().scope(upload), repeated);
    running.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&other, "a", "request").await, created());
}

#[tokio::test(start_paused = true)]
async fn killed_replica_has_an_unknown_outcome_after_its_lease() {
    let store = Store::new();
    let [killed, other] = [(), ()].map(|()| store.replica());
    drop(run(&killed, "a", "request").await);
    advance(LEASE_LIFE - Duration::from_millis(1)).await;
    assert_eq!(refused(&other, "a", "request").await.code(), Code::IdempotencyConflict);

    advance(Duration::from_millis(1)).await;
    let unknown = answered(&other, "a", "request").await;
    assert_eq!(unknown.status, 504);
    assert_eq!(answered(&store.replica(), "a", "request").await, unknown);
}

#[tokio::test(start_paused = true)]
async fn request_keeps_its_key_over_an_outage_and_a_loss_of_the_store() {
    for loses_data in [false, true] {
        let store = Store::new();
        let [one, other] = [(), ()].map(|()| store.replica());
        let mut running = run(&one, "a", "request").await;
        let outage = async {
            store.interrupt();
            sleep(2 * LEASE_LIFE).await;
            if loses_data {
                store.clear();
            }
            store.resume();
            sleep(Duration::from_secs(2)).await;
            assert_eq!(refused(&other, "a", "request").await.code(), Code::IdempotencyConflict);
        };
        running.renew_lease_during(outage).await;
        running.finish(Some(&created()), &occurrence()).await;
        assert_eq!(answered(&other, "a", "request").await, created());
    }
}

#[tokio::test(start_paused = true)]
async fn request_begun_without_the_store_is_recorded_there_later() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    store.interrupt();
    let mut running = run(&one, "a", "request").await;
    let end_of_the_outage = async {
        sleep(Duration::from_secs(10)).await;
        store.resume();
        sleep(Duration::from_secs(2)).await;
        assert_eq!(refused(&other, "a", "request").await.code(), Code::IdempotencyConflict);
    };
    running.renew_lease_during(end_of_the_outage).await;
    running.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&other, "a", "request").await, created());
}

#[tokio::test(start_paused = true)]
async fn request_that_another_replica_has_settled_stays_settled() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    let mut running = run(&one, "a", "request").await;
    advance(LEASE_LIFE).await;
    let unknown = answered(&other, "a", "request").await;

    running.renew_lease_during(sleep(LEASE_LIFE)).await;
    running.finish(Some(&created()), &occurrence()).await;
    assert_eq!(answered(&one, "a", "request").await, unknown);
}

/// The time after which each replica has read the marks of the other one.
const MARKS_READ: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn key_used_before_an_outage_does_not_run_again_during_it() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    run(&one, "answered", "request").await.finish(Some(&created()), &occurrence()).await;
    let _running = run(&one, "running", "request").await;
    sleep(MARKS_READ).await;
    store.interrupt();

    for key in ["answered", "running"] {
        let problem = refused(&other, key, "request").await;
        assert_eq!((problem.code(), problem.is_retryable()), (Code::Overloaded, true));
    }
    assert_eq!(answered(&one, "answered", "request").await, created(), "this replica has given the response");
    assert_eq!(refused(&one, "answered", "another").await.code(), Code::IdempotencyKeyReused);
    drop(run(&other, "new", "request").await);

    store.resume();
    assert_eq!(answered(&other, "answered", "request").await, created());
    assert_eq!(refused(&other, "running", "request").await.code(), Code::IdempotencyConflict);
}

#[tokio::test(start_paused = true)]
async fn key_that_was_freed_before_an_outage_can_be_used_during_it() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    run(&one, "a", "request").await.free().await;
    sleep(MARKS_READ).await;
    store.interrupt();
    drop(run(&other, "a", "request").await);
}

#[tokio::test(start_paused = true)]
async fn response_without_the_store_is_repeated_by_all_replicas_later() {
    let store = Store::new();
    let [one, other] = [(), ()].map(|()| store.replica());
    let begun_before = run(&one, "before", "request").await;
    store.interrupt();
    begun_before.finish(Some(&created()), &occurrence()).await;
    run(&one, "during", "request").await.finish(Some(&created()), &occurrence()).await;
    sleep(2 * LEASE_LIFE).await;
    store.resume();
    sleep(MARKS_READ).await;
    for key in ["before", "during"] {
        assert_eq!(answered(&other, key, "request").await, created());
    }
}

#[tokio::test(start_paused = true)]
async fn response_survives_a_loss_of_the_store_in_its_replica() {
    let store = Store::new();
    let one = store.replica();
    run(&one, "a", "request").await.finish(Some(&created()), &occurrence()).await;
    store.clear();
    assert_eq!(answered(&one, "a", "request").await, created());
    assert_eq!(answered(&store.replica(), "a", "request").await, created(), "the store has it again");
}
