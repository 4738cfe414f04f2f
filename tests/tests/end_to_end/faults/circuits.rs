//! Tests of circuit breakers. A site that keeps failing is not called, for every account at its address and no other.
//! After a while, one request probes it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Configuration};
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use super::world::{Dialect, Place, Site, World, circuit};

/// The default number of consecutive failures that opens a circuit.
const FAILURES: usize = 10;
const TIME_LIMIT: Duration = Duration::from_secs(15);

#[track_caller]
fn assert_circuit_open(answer: &Answer) {
    let problem = answer.problem(503, "upstream_unavailable");
    assert_eq!((&problem["retryable"], &problem["upstream"]["http_status"]), (&json!(true), &json!(null)));
    assert!(problem["retry_after"].as_u64().is_some_and(|wait| wait >= 1), "{problem}");
    let expected = "polyhost; error=destination_unavailable; next-hop=pstream";
    assert_eq!(answer.header("proxy-status"), Some(expected));
}

/// Makes a site fail until its circuit opens.
async fn fail(place: &Place, fault: Fault) {
    place.site.inject(Rule::new("*", fault));
    for _ in 0..FAILURES {
        let answer = place.read_file().await;
        if answer.header("proxy-status").is_some_and(|error| error.contains("destination_unavailable")) {
            return;
        }
    }
    panic!("the circuit never opens");
}

/// Starts two accounts at one site, and one at another.
async fn two_accounts_at_one_site(open: &str) -> World {
    let sites = vec![Site::start(Dialect::Openload).await, Site::start(Dialect::Openload).await];
    let settings = Configuration::new().with_retries_and_circuits().upstream(&format!("circuit_open = \"{open}\""));
    let settings = settings.table(&sites[0].account("twin"));
    World::at(sites, settings).await
}

#[tokio::test]
async fn ten_failures_open_the_circuit_for_all_accounts_of_a_site() {
    let world = two_accounts_at_one_site("60s").await;
    let [failing, working] = &world.places[..] else { panic!("two places") };
    fail(failing, Fault::http(500)).await;
    assert_eq!(failing.site.arrived("file/info"), FAILURES);

    assert_circuit_open(&failing.read_file().await);
    assert_circuit_open(&failing.caller.delete(&failing.at("/files/abc")).await);
    assert_circuit_open(&failing.caller.get("/v1/accounts/twin/files/abc").await);
    assert_circuit_open(&failing.caller.typed("POST", &failing.at("/files?name=a.mp4"), "video/mp4", "hello").await);
    assert_eq!(failing.site.journal().count(), FAILURES, "no further request reaches the site");
    working.read_file().await.status(200);
    for (account, state) in [("a0", "open"), ("twin", "open"), ("a1", "closed")] {
        assert_eq!(circuit(&working.caller, account).await, state, "{account}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn every_fault_of_the_site_counts_for_the_circuit() {
    let faults = [Fault::Reset, Fault::Garbage(polyhost_sandbox::Garbage::Html), Fault::envelope(502)];
    let world = World::start(Dialect::Openload, faults.len(), Configuration::new().with_retries_and_circuits()).await;
    join_all(world.places.iter().zip(faults).map(|(place, fault)| fail(place, fault))).await;
}

#[tokio::test]
async fn client_errors_do_not_count_for_the_circuit() {
    let statuses = [400, 403, 404, 451];
    let settings = Configuration::new().with_retries_and_circuits().upstream("requests_per_second = 0");
    let world = World::start(Dialect::Openload, statuses.len(), settings).await;
    let all = world.places.iter().zip(statuses).enumerate().map(|(number, (place, status))| async move {
        place.site.inject(Rule::new("file/info", Fault::envelope(status)));
        for _ in 0..2 * FAILURES {
            assert!(place.read_file().await.status < 500, "{status}");
        }
        assert_eq!(circuit(&place.caller, &format!("a{number}")).await, "closed", "{status}");
    });
    join_all(all).await;
}

#[tokio::test]
async fn wrong_credentials_do_not_open_the_circuit() {
    let site = Site::start(Dialect::Openload).await;
    let wrong = site.account("wrong").replace("key = \"", "key = \"not-");
    let settings = Configuration::new().with_retries_and_circuits().upstream("requests_per_second = 0").table(&wrong);
    let world = World::at(vec![site], settings).await;
    let place = &world.places[0];
    for _ in 0..2 * FAILURES {
        let answer = place.caller.get("/v1/accounts/wrong/files/abc").await;
        answer.problem(502, "upstream_credentials_rejected");
    }
    place.read_file().await.status(200);
    for account in ["a0", "wrong"] {
        assert_eq!(circuit(&place.caller, account).await, "closed", "{account}");
    }
}

#[tokio::test]
async fn one_probe_closes_the_circuit_when_it_succeeds() {
    let world = two_accounts_at_one_site("1s").await;
    let place = &world.places[0];
    fail(place, Fault::http(500)).await;
    place.site.faults().clear();
    place.site.journal().clear();
    // This is longer than it takes until all five requests have arrived.
    place.site.inject(Rule::new("file/info", Fault::Delay { millis: 2_000 }));

    let began = Instant::now();
    let answers = loop {
        let answers = join_all((0..5).map(|_| place.read_file())).await;
        if answers.iter().any(|answer| answer.status == 200) {
            break answers;
        }
        answers.iter().for_each(assert_circuit_open);
        assert!(began.elapsed() < TIME_LIMIT, "the circuit never closes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    answers.iter().filter(|answer| answer.status != 200).for_each(assert_circuit_open);
    assert_eq!(place.site.arrived("file/info"), 1);
    place.site.faults().clear();
    for account in ["a0", "twin"] {
        assert_eq!(circuit(&place.caller, account).await, "closed");
    }
    join_all((0..5).map(|_| place.read_file())).await.into_iter().for_each(|answer| {
        answer.status(200);
    });
}

#[tokio::test]
async fn failed_probe_opens_the_circuit_again() {
    let world = two_accounts_at_one_site("3s").await;
    let place = &world.places[0];
    fail(place, Fault::http(500)).await;
    let before = place.site.arrived("file/info");
    let began = Instant::now();
    while place.site.arrived("file/info") == before {
        assert!(place.read_file().await.status >= 500);
        assert!(began.elapsed() < TIME_LIMIT, "the site is never probed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_circuit_open(&place.read_file().await);
    assert_eq!(place.site.arrived("file/info"), before + 1);
    assert_eq!(circuit(&place.caller, "a0").await, "open");
}
