//! A site that fails again and again is left alone, for everybody who asks at its address and for nobody else, and is
//! tried with one request after a while.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Configuration};
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use super::world::{Dialect, Place, Site, World, circuit};

/// How many failures in a row it takes, by default.
const FAILURES: usize = 10;
const PATIENCE: Duration = Duration::from_secs(15);

#[track_caller]
fn assert_left_alone(answer: &Answer) {
    let problem = answer.problem(503, "upstream_unavailable");
    assert_eq!((&problem["retryable"], &problem["upstream"]["http_status"]), (&json!(true), &json!(null)));
    assert!(problem["retry_after"].as_u64().is_some_and(|wait| wait >= 1), "{problem}");
    let told = "polyhost; error=destination_unavailable; next-hop=pstream";
    assert_eq!(answer.header("proxy-status"), Some(told));
}

/// Has a site fail until it is left alone.
async fn fail(place: &Place, fault: Fault) {
    place.site.breaks(Rule::new("*", fault));
    for _ in 0..FAILURES {
        if place.read_file().await.header("proxy-status").is_some_and(|told| told.contains("destination_unavailable")) {
            return;
        }
    }
    panic!("the site is asked for ever");
}

/// Two accounts at one site, and one at another.
async fn twins(open: &str) -> World {
    let sites = vec![Site::start(Dialect::Openload).await, Site::start(Dialect::Openload).await];
    let settings = Configuration::new().forgives().upstream(&format!("circuit_open = \"{open}\""));
    let settings = settings.table(&sites[0].account("twin"));
    World::at(sites, settings).await
}

#[tokio::test]
async fn ten_failures_in_a_row_have_a_site_left_alone_for_all_who_ask_there_and_nobody_else() {
    let world = twins("60s").await;
    let [failing, working] = &world.places[..] else { panic!("two places") };
    fail(failing, Fault::http(500)).await;
    assert_eq!(failing.site.arrived("file/info"), FAILURES);

    assert_left_alone(&failing.read_file().await);
    assert_left_alone(&failing.caller.delete(&failing.at("/files/abc")).await);
    assert_left_alone(&failing.caller.get("/v1/accounts/twin/files/abc").await);
    assert_left_alone(&failing.caller.typed("POST", &failing.at("/files?name=a.mp4"), "video/mp4", "hello").await);
    assert_eq!(failing.site.journal().count(), FAILURES, "nothing arrives any more");
    working.read_file().await.status(200);
    for (account, state) in [("a0", "open"), ("twin", "open"), ("a1", "closed")] {
        assert_eq!(circuit(&working.caller, account).await, state, "{account}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn whatever_is_the_sites_fault_counts() {
    let faults = [Fault::Reset, Fault::Garbage(polyhost_sandbox::Garbage::Html), Fault::envelope(502)];
    let world = World::start(Dialect::Openload, faults.len(), Configuration::new().forgives()).await;
    join_all(world.places.iter().zip(faults).map(|(place, fault)| fail(place, fault))).await;
}

#[tokio::test]
async fn what_is_not_the_sites_fault_does_not() {
    let statuses = [400, 403, 404, 451];
    let settings = Configuration::new().forgives().upstream("requests_per_second = 0");
    let world = World::start(Dialect::Openload, statuses.len(), settings).await;
    let all = world.places.iter().zip(statuses).enumerate().map(|(number, (place, status))| async move {
        place.site.breaks(Rule::new("file/info", Fault::envelope(status)));
        for _ in 0..2 * FAILURES {
            assert!(place.read_file().await.status < 500, "{status}");
        }
        assert_eq!(circuit(&place.caller, &format!("a{number}")).await, "closed", "{status}");
    });
    join_all(all).await;
}

#[tokio::test]
async fn bad_credentials_of_one_account_take_the_site_from_no_other() {
    let site = Site::start(Dialect::Openload).await;
    let wrong = site.account("wrong").replace("key = \"", "key = \"not-");
    let settings = Configuration::new().forgives().upstream("requests_per_second = 0").table(&wrong);
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
async fn after_a_while_one_request_tries_the_site_out_and_all_follow_when_it_works() {
    let world = twins("1s").await;
    let place = &world.places[0];
    fail(place, Fault::http(500)).await;
    place.site.faults().clear();
    place.site.journal().clear();
    // So late that all have asked before it is answered.
    place.site.breaks(Rule::new("file/info", Fault::Delay { millis: 2_000 }));

    let began = Instant::now();
    let answers = loop {
        let answers = join_all((0..5).map(|_| place.read_file())).await;
        if answers.iter().any(|answer| answer.status == 200) {
            break answers;
        }
        answers.iter().for_each(assert_left_alone);
        assert!(began.elapsed() < PATIENCE, "it is left alone for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    answers.iter().filter(|answer| answer.status != 200).for_each(assert_left_alone);
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
async fn a_site_that_still_fails_is_left_alone_anew() {
    let world = twins("3s").await;
    let place = &world.places[0];
    fail(place, Fault::http(500)).await;
    let before = place.site.arrived("file/info");
    let began = Instant::now();
    while place.site.arrived("file/info") == before {
        assert!(place.read_file().await.status >= 500);
        assert!(began.elapsed() < PATIENCE, "it is never tried out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_left_alone(&place.read_file().await);
    assert_eq!(place.site.arrived("file/info"), before + 1);
    assert_eq!(circuit(&place.caller, "a0").await, "open");
}
