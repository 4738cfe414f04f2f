//! Tests of idempotency keys over several replicas: a keyed POST runs once, at whichever replica it
//! arrives, even if a replica ends.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Piece, Raw};
use polyhost_sandbox::{Fault, Rule};
use serde_json::Value;

use super::world::{Fleet, is_retryable, keyed_folder, persist, until};
use crate::streamplay::world::at;
use crate::world::KEY;

/// The number of keys that are sent to all replicas at once.
const KEYS: usize = 50;

/// Sends a keyed POST through a replica until its answer is final.
async fn create(caller: &Caller, name: &str) -> Answer {
    persist(caller, || keyed_folder(caller, name, name)).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn keyed_post_sent_to_all_replicas_creates_one_folder() {
    let fleet = Fleet::start(3).await;
    let mut bodies = BTreeSet::new();
    for number in 0..KEYS {
        let name = format!("Folder {number}").replace(' ', "-");
        let answers = join_all(fleet.callers.iter().map(|caller| create(caller, &name))).await;
        let firsts = answers.iter().filter(|answer| !is_replayed(answer)).count();
        let alone = alone(&fleet).await;
        assert!((1..=1 + alone).contains(&firsts), "{name}: {firsts} ran, {alone} recorded without Redis");
        bodies.extend(answers.into_iter().map(|answer| answer.status(201).body));
    }
    let (folders, alone) = (fleet.site.counts().folders, alone(&fleet).await);
    assert!((KEYS..=KEYS + alone).contains(&folders), "{folders} folders, {alone} recorded without Redis");
    assert_eq!(bodies.len(), folders, "an answer was repeated that names another folder");
}

#[tokio::test]
async fn answer_is_repeated_after_its_replica_was_killed() {
    let mut fleet = Fleet::start(2).await;
    let first = create(&fleet.callers[0], "Films").await.status(201);
    let kept_alone = alone(&fleet).await;
    drop(fleet.remove(0));
    let again = create(&fleet.callers[0], "Films").await.status(201);
    if kept_alone + alone(&fleet).await == 0 {
        assert!(is_replayed(&again), "{}", again.text());
        assert_eq!(again.body, first.body);
        assert_eq!(fleet.site.counts().folders, 1);
    }
}

/// Asserts that a request, which a killed replica has begun, ends as `outcome_unknown` at another one. Until the other
/// one knows that the first one is dead, the request conflicts. Without Redis, the other one may run the request.
async fn assert_outcome_becomes_unknown(fleet: &Fleet, send: impl AsyncFn() -> Answer) {
    until("the outcome is unknown", async || {
        let answer = send().await;
        match answer.status {
            409 => assert_eq!(answer.problem(409, "idempotency_conflict")["retryable"], true),
            504 => assert_eq!(answer.problem(504, "outcome_unknown")["retryable"], false),
            status => assert!(alone(fleet).await > 0, "{status}: {}", answer.text()),
        }
        answer.status != 409
    })
    .await;
    let again = send().await;
    assert!(is_replayed(&again) || alone(fleet).await > 0, "{}: {}", again.status, again.text());
}

/// Returns the number of records that replicas have kept alone.
async fn alone(fleet: &Fleet) -> usize {
    fleet.fallbacks("records").await
}

#[tokio::test]
async fn create_cut_off_by_a_kill_is_not_run_again() {
    let mut fleet = Fleet::start(2).await;
    fleet.site.faults().add(Rule::new("folder/create", Fault::DelayAnswer { millis: 600_000 }).times(1));
    let caller = fleet.callers[0].clone();
    let cut_off = tokio::spawn(async move { caller.try_send(keyed_folder(&caller, "Films", "Films")).await });
    fleet.site.journal().until(|journal| !journal.of("folder/create").is_empty()).await;
    let kept_alone = alone(&fleet).await;
    drop(fleet.remove(0));
    assert!(cut_off.await.unwrap().is_err(), "the killed replica has answered");
    if kept_alone > 0 {
        return;
    }
    let other = &fleet.callers[0];
    assert_outcome_becomes_unknown(&fleet, async || other.send(keyed_folder(other, "Films", "Films")).await).await;
    assert!(fleet.site.journal().of("folder/create").len() <= 1 + alone(&fleet).await);
}

#[tokio::test]
async fn upload_cut_off_by_a_kill_is_not_run_again() {
    let mut fleet = Fleet::start(2).await;
    let path = at("files?name=a.mp4");
    let bearer = format!("Bearer {KEY}");
    let fields = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "one"),
        ("content-type", "video/mp4"),
        ("content-length", "5"),
    ];
    let mut upload = Raw::begin(fleet.replicas[0].address(), &format!("POST {path}"), &fields).await;
    upload.send(b"he", Piece::Plain).await.unwrap();
    fleet.site.journal().until(|journal| !journal.of("upload").is_empty()).await;
    let kept_alone = alone(&fleet).await;
    drop(fleet.remove(0));
    if kept_alone > 0 {
        return;
    }
    let other = &fleet.callers[0];
    let again = async || {
        let request = other.request("POST", &path).header("idempotency-key", "one");
        other.send(request.header("content-type", "video/mp4").body("hello")).await
    };
    assert_outcome_becomes_unknown(&fleet, again).await;
    assert!(fleet.site.journal().of("upload").len() <= 1 + alone(&fleet).await);
}

#[tokio::test]
async fn key_of_a_running_request_conflicts_at_another_replica() {
    let fleet = Fleet::start(2).await;
    fleet.site.faults().add(Rule::new("folder/create", Fault::DelayAnswer { millis: 3_000 }));
    let [one, other] = &fleet.callers[..] else { panic!("two replicas") };
    let conflict = async {
        fleet.site.journal().until(|journal| !journal.of("folder/create").is_empty()).await;
        other.send(keyed_folder(other, "Films", "Films")).await
    };
    let (first, conflict) = tokio::join!(create(one, "Films"), conflict);
    let first: Value = first.json(201);
    if alone(&fleet).await == 0 {
        assert!(is_retryable(&conflict) && conflict.status == 409, "{}", conflict.text());
        assert_eq!(create(other, "Films").await.json(201), first);
        assert_eq!(fleet.site.counts().folders, 1);
    }
}

#[tokio::test]
async fn answers_kept_without_redis_are_repeated_by_their_replica() {
    let fleet = Fleet::start(2).await;
    let caller = &fleet.callers[0];
    let names: Vec<String> = (0..5).map(|number| format!("folder-{number}")).collect();
    let create_all = async || join_all(names.iter().map(|name| create(caller, name))).await;
    fleet.redis.freeze();
    let firsts = create_all().await;
    let during = create_all().await;
    fleet.redis.thaw();
    fleet.all_see("connected").await;
    for (first, repeats) in firsts.into_iter().zip(during.into_iter().zip(create_all().await)) {
        let first = first.status(201);
        for again in [repeats.0, repeats.1] {
            assert!(is_replayed(&again), "{}: {}", again.status, again.text());
            assert_eq!(again.body, first.body);
        }
    }
    assert_eq!(fleet.site.counts().folders, names.len());
}
