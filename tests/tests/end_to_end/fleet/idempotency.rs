//! Tests of idempotency keys over several replicas: a keyed POST runs once, at whichever replica it
//! arrives, even if a replica ends.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Piece, Raw};
use polyhost_sandbox::{Fault, Rule};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::outages::log_in;
use super::world::{Fleet, is_retryable, keyed_folder, persist, until, until_exact};
use crate::streamplay::world::at;
use crate::world::KEY;

/// The number of keys that are sent to all replicas at once while Redis answers in time.
const KEYS: usize = 50;
/// The most keys for that.
const MOST_KEYS: usize = 1_000;
/// The pause between two attempts to send a request again.
const POLL_PAUSE: Duration = Duration::from_millis(250);
/// The lease of a request lasts for this long, and 5 seconds.
const REQUEST_TIMEOUT: &str = "request_timeout = \"10s\"";

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
    let (mut quiet, mut kept_alone, mut folders) = (0, 0, 0);
    for number in 0..MOST_KEYS {
        let name = format!("Folder-{number}");
        let answers = join_all(fleet.callers.iter().map(|caller| create(caller, &name))).await;
        let firsts = answers.iter().filter(|answer| !is_replayed(answer)).count();
        let bodies: BTreeSet<_> = answers.into_iter().map(|answer| answer.status(201).body).collect();
        let made = fleet.site.counts().folders - folders;
        assert_eq!(bodies.len(), made, "an answer was repeated that names another folder");
        let lapses = alone(&fleet).await - kept_alone;
        assert!((1..=1 + lapses).contains(&made), "{name}: {made} folders, {lapses} lapses of Redis");
        if lapses == 0 {
            assert_eq!((firsts, made), (1, 1), "{name}");
            quiet += 1;
        }
        if quiet == KEYS {
            return;
        }
        (kept_alone, folders) = (kept_alone + lapses, folders + made);
    }
    panic!("Redis answered in time for {quiet} of {MOST_KEYS} keys");
}

#[tokio::test]
async fn answer_is_repeated_after_its_replica_was_killed() {
    until_exact(async || {
        let mut fleet = Fleet::start(2).await;
        let first = create(&fleet.callers[0], "Films").await.status(201);
        let kept_alone = alone(&fleet).await;
        drop(fleet.remove(0));
        let again = create(&fleet.callers[0], "Films").await.status(201);
        let is_exact = is_replayed(&again) && again.body == first.body && fleet.site.counts().folders == 1;
        assert!(is_exact || kept_alone + alone(&fleet).await > 0, "{}", again.text());
        is_exact
    })
    .await;
}

/// Kills the first replica while it runs a request, and sends the same request through the other one: it conflicts
/// until the other one knows that the first one is dead, and then its outcome is unknown for good. Returns whether it
/// was so; only lapses of Redis excuse that it was not.
async fn outcome_becomes_unknown(fleet: &mut Fleet, send: impl AsyncFn(&Caller) -> Answer) -> bool {
    let kept_alone = alone(fleet).await;
    drop(fleet.remove(0));
    let (conflicts, other) = (Cell::new(0), &fleet.callers[0]);
    until("the outcome is unknown", async || {
        let answer = send(other).await;
        if answer.status == 409 {
            assert_eq!(answer.problem(409, "idempotency_conflict")["retryable"], true);
            conflicts.set(conflicts.get() + 1);
        }
        sleep(POLL_PAUSE).await;
        !is_retryable(&answer)
    })
    .await;
    let again = send(other).await;
    let problem: Value = serde_json::from_slice(&again.body).unwrap_or_default();
    let is_unknown = problem["code"] == "outcome_unknown" && problem["retryable"] == false;
    let is_exact = conflicts.get() > 0 && is_replayed(&again) && is_unknown;
    assert!(is_exact || kept_alone + alone(fleet).await > 0, "{}: {}", again.status, again.text());
    is_exact
}

/// Starts two replicas whose requests soon count as abandoned.
async fn with_short_leases() -> Fleet {
    Fleet::with(2, "", |configuration| configuration.server(REQUEST_TIMEOUT).cache("listing_ttl = \"1h\"")).await
}

/// Returns the items of the root folder.
async fn root_items(caller: &Caller) -> Vec<Value> {
    persist(caller, || caller.request("GET", &at("folders/root/items"))).await.items()
}

/// Returns the number of records that replicas have kept alone.
async fn alone(fleet: &Fleet) -> usize {
    fleet.fallbacks("records").await
}

#[tokio::test]
async fn create_cut_off_by_a_kill_is_not_run_again() {
    until_exact(async || {
        let mut fleet = with_short_leases().await;
        fleet.site.faults().add(Rule::new("folder/create", Fault::DelayAnswer { millis: 600_000 }).times(1));
        let caller = fleet.callers[0].clone();
        // The other replica caches a listing without the folder.
        assert!(root_items(&fleet.callers[1]).await.is_empty());
        let cut_off = tokio::spawn(async move { caller.try_send(keyed_folder(&caller, "Films", "Films")).await });
        fleet.site.journal().until(|journal| !journal.of("folder/create").is_empty()).await;
        let send = async |other: &Caller| other.send(keyed_folder(other, "Films", "Films")).await;
        let is_exact = outcome_becomes_unknown(&mut fleet, send).await;
        assert!(cut_off.await.unwrap().is_err(), "the killed replica has answered");
        if is_exact {
            assert_eq!(fleet.site.journal().of("folder/create").len(), 1);
            let seen = root_items(&fleet.callers[0]).await.len();
            assert_eq!(seen, fleet.site.counts().folders, "the caller sees what the site has done");
        }
        is_exact
    })
    .await;
}

/// Begins a keyed upload through the first replica, and sends a part of the body.
async fn begin_upload(fleet: &Fleet, part: &[u8]) -> Raw {
    let bearer = format!("Bearer {KEY}");
    let fields = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "one"),
        ("content-type", "video/mp4"),
        ("content-length", "5"),
    ];
    let path = at("files?name=a.mp4");
    let mut upload = Raw::begin(fleet.replicas[0].address(), &format!("POST {path}"), &fields).await;
    upload.send(part, Piece::Plain).await.unwrap();
    upload
}

/// Sends the whole upload.
async fn upload(caller: &Caller) -> Answer {
    let request = caller.request("POST", &at("files?name=a.mp4")).header("idempotency-key", "one");
    caller.send(request.header("content-type", "video/mp4").body("hello")).await
}

#[tokio::test]
async fn upload_cut_off_by_a_kill_is_not_run_again() {
    until_exact(async || {
        let mut fleet = with_short_leases().await;
        // The replicas have a token, so the upload waits for no login.
        assert!(root_items(&fleet.callers[1]).await.is_empty());
        let _upload = begin_upload(&fleet, b"he").await;
        fleet.site.journal().until(|journal| !journal.of("upload").is_empty()).await;
        let is_exact = outcome_becomes_unknown(&mut fleet, upload).await;
        if is_exact {
            assert_eq!((fleet.site.journal().of("upload").len(), fleet.site.counts().files), (1, 0));
        }
        is_exact
    })
    .await;
}

#[tokio::test]
async fn file_of_a_killed_replica_is_seen_when_its_outcome_is_unknown() {
    until_exact(async || {
        let mut fleet = with_short_leases().await;
        fleet.site.faults().add(Rule::new("upload", Fault::DelayAnswer { millis: 600_000 }).times(1));
        // The other replica caches a listing without the file.
        assert!(root_items(&fleet.callers[1]).await.is_empty());
        let _upload = begin_upload(&fleet, b"hello").await;
        until("the site has the file", async || fleet.site.counts().files == 1).await;
        let is_exact = outcome_becomes_unknown(&mut fleet, upload).await;
        if is_exact {
            assert_eq!(fleet.site.journal().of("upload").len(), 1);
            assert_eq!(root_items(&fleet.callers[0]).await.len(), 1);
        }
        is_exact
    })
    .await;
}

#[tokio::test]
async fn upload_longer_than_a_lease_keeps_its_key() {
    until_exact(async || {
        let fleet = with_short_leases().await;
        let mut first = begin_upload(&fleet, b"he").await;
        fleet.site.journal().until(|journal| !journal.of("upload").is_empty()).await;
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end && alone(&fleet).await == 0 {
            let conflict = upload(&fleet.callers[1]).await;
            assert!(conflict.status == 409 || alone(&fleet).await > 0, "{}", conflict.text());
            sleep(Duration::from_millis(500)).await;
        }
        first.send(b"llo", Piece::Plain).await.unwrap();
        if alone(&fleet).await > 0 {
            return false;
        }
        let mut replayed = upload(&fleet.callers[1]).await;
        while is_retryable(&replayed) {
            sleep(Duration::from_millis(20)).await;
            replayed = upload(&fleet.callers[1]).await;
        }
        let is_exact = alone(&fleet).await == 0;
        assert!(!is_exact || is_replayed(&replayed.status(201)));
        assert!(!is_exact || fleet.site.journal().of("upload").len() == 1);
        is_exact
    })
    .await;
}

#[tokio::test]
async fn key_of_a_running_request_conflicts_at_another_replica() {
    until_exact(async || {
        let fleet = Fleet::start(2).await;
        fleet.site.faults().add(Rule::new("folder/create", Fault::DelayAnswer { millis: 3_000 }));
        let [one, other] = &fleet.callers[..] else { panic!("two replicas") };
        let conflict = async {
            fleet.site.journal().until(|journal| !journal.of("folder/create").is_empty()).await;
            other.send(keyed_folder(other, "Films", "Films")).await
        };
        let (first, conflict) = tokio::join!(create(one, "Films"), conflict);
        let first: Value = first.json(201);
        if alone(&fleet).await > 0 {
            return false;
        }
        assert!(is_retryable(&conflict) && conflict.status == 409, "{}", conflict.text());
        assert_eq!(create(other, "Films").await.json(201), first);
        assert_eq!(fleet.site.counts().folders, 1);
        true
    })
    .await;
}

#[tokio::test]
async fn answers_kept_without_redis_are_repeated_by_their_replica() {
    let fleet = Fleet::start(2).await;
    let caller = &fleet.callers[0];
    let names: Vec<String> = (0..5).map(|number| format!("folder-{number}")).collect();
    // Without Redis, only one replica may log in, and this may be the other one.
    log_in(&fleet).await;
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
