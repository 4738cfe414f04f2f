//! Tests of how soon a replica sees what was written through another one.

use std::time::Duration;

use polyhost_end_to_end::Caller;
use serde_json::json;
use tokio::time::Instant;

use super::world::Fleet;
use crate::streamplay::world::at;

/// The time after which every replica sees a write that Redis has confirmed.
const SEEN_AFTER: Duration = Duration::from_secs(1);
const ROUNDS: usize = 10;

pub(super) async fn name(caller: &Caller, file: &str) -> String {
    let file = caller.get(&at(&format!("files/{file}"))).await.json(200);
    file["name"].as_str().expect("a name").to_owned()
}

/// Renames a file, with a request id of the same text.
pub(super) async fn rename(caller: &Caller, file: &str, name: &str) {
    let request = caller.request("PATCH", &at(&format!("files/{file}"))).header("x-request-id", name);
    let body = json!({"name": name}).to_string();
    caller.send(request.header("content-type", "application/json").body(body)).await.status(200);
}

/// Reads a file until it has its new name. The old name may be the answer to a read that began before `fresh_from`.
async fn see(fleet: &Fleet, reader: &Caller, file: &str, new: &str, fresh_from: Instant) {
    loop {
        let begun = Instant::now();
        let read = name(reader, file).await;
        if read == new {
            return;
        }
        let is_excused = begun < fresh_from || fleet.unconfirmed_writes().iter().any(|id| id == new);
        assert!(is_excused, "{read} was read {:?} after the time when {new} is seen", begun - fresh_from);
    }
}

/// Renames a file through each replica in turn while it is in the cache of all. The replica that renames it sees the new
/// name at once, and the others after `delay`.
async fn assert_seen_after(fleet: &Fleet, delay: Duration) {
    let file = fleet.site.add_file("0", "first.mp4", b"x");
    for round in 0..ROUNDS {
        for caller in &fleet.callers {
            name(caller, &file).await;
        }
        let new = format!("round-{round}.mp4");
        let writer = &fleet.callers[round % fleet.callers.len()];
        rename(writer, &file, &new).await;
        let fresh_from = Instant::now() + delay;
        assert_eq!(name(writer, &file).await, new);
        for reader in &fleet.callers {
            see(fleet, reader, &file, &new, fresh_from).await;
        }
    }
}

#[tokio::test]
async fn write_is_seen_by_all_replicas_within_a_second() {
    assert_seen_after(&Fleet::start(3).await, SEEN_AFTER).await;
}

#[tokio::test]
async fn write_is_seen_at_once_with_strict_consistency() {
    let fleet = Fleet::with(3, "consistency = \"strict\"", |configuration| configuration).await;
    assert_seen_after(&fleet, Duration::ZERO).await;
}

#[tokio::test]
async fn replicas_answer_repeated_reads_from_their_caches() {
    for state in ["", "consistency = \"strict\""] {
        let fleet = Fleet::with(2, state, |configuration| configuration).await;
        let file = fleet.site.add_file("0", "first.mp4", b"x");
        for _ in 0..100 {
            for caller in &fleet.callers {
                name(caller, &file).await;
            }
        }
        assert!(fleet.site.journal().of("file/info").len() < 200, "every read has reached the site");
    }
}
