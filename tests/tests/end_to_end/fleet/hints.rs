//! Tests of the hints that replicas give each other: one learns from another that a site fails or limits its requests.

use polyhost_end_to_end::{Answer, Caller};
use polyhost_sandbox::{Fault, Rule};

use super::world::{Fleet, until};
use crate::faults::circuit;
use crate::streamplay::world::at;

/// The log line of a hint that a replica has applied.
const HINT: &str = "another replica's circuit is open";
/// The default number of consecutive failures that opens a circuit.
const FAILURES: usize = 10;

/// Starts two replicas with circuits that stay open during a test. Both use the session at the site.
async fn start() -> (Fleet, String) {
    let settings = "circuit_open = \"1h\"\nretries = 0";
    let fleet = Fleet::with(2, "", |configuration| configuration.with_retries_and_circuits().upstream(settings)).await;
    let file = at(&format!("files/{}", fleet.site.add_file("0", "film.mp4", b"x")));
    for caller in &fleet.callers {
        read(caller, &file).await.status(200);
    }
    (fleet, file)
}

/// Reads a file at the site.
async fn read(caller: &Caller, file: &str) -> Answer {
    caller.send(caller.request("GET", file).header("cache-control", "no-cache")).await
}

fn calls(fleet: &Fleet) -> usize {
    fleet.site.journal().of("file/info").len()
}

#[tokio::test]
async fn pause_that_one_replica_gets_is_kept_by_the_other() {
    let (fleet, file) = start().await;
    let headers = vec![("Retry-After".to_owned(), "600".to_owned())];
    let limited = Fault::Status { http: 429, body_status: Some(429), headers, body: None };
    fleet.site.faults().add(Rule::new("file/info", limited).times(1));
    read(&fleet.callers[0], &file).await.problem(429, "upstream_rate_limited");

    until("a rejection by the other replica", async || {
        let before = calls(&fleet);
        let answer = read(&fleet.callers[1], &file).await;
        if answer.status == 200 {
            return false;
        }
        answer.problem(429, "upstream_rate_limited");
        assert_eq!(calls(&fleet), before, "the site is not asked");
        true
    })
    .await;
}

#[tokio::test]
async fn open_circuit_opens_that_of_the_other_at_one_failure() {
    let (fleet, file) = start().await;
    let [one, other] = &fleet.callers[..] else { panic!("two replicas") };
    fleet.site.faults().add(Rule::new("file/info", Fault::http(500)));
    for _ in 0..FAILURES {
        assert!(read(one, &file).await.status >= 500);
    }
    assert_eq!(circuit(one, "plays").await, "open");
    until("a hint", async || fleet.replicas[1].log().contains(HINT)).await;

    assert_eq!(circuit(other, "plays").await, "closed");
    let before = calls(&fleet);
    assert!(read(other, &file).await.status >= 500);
    assert_eq!((calls(&fleet), circuit(other, "plays").await.as_str()), (before + 1, "open"));
    read(other, &file).await.problem(503, "upstream_unavailable");
    assert_eq!(calls(&fleet), before + 1, "the site is not asked");
}
