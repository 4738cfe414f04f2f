//! What is sent again, with the settings as they are by default; and that all of it ends with the deadline.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use polyhost_end_to_end::Configuration;
use polyhost_sandbox::{Fault, Garbage, Rule};
use serde_json::json;

use super::world::{Dialect, World, nowhere};

/// How much later than promised an answer may come where the machine is busy.
const MARGIN: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_read_that_fails_once_succeeds() {
    let faults = [
        Fault::http(500),
        Fault::envelope(503),
        Fault::Reset,
        Fault::CloseAfterBody,
        Fault::LoseAnswer,
        Fault::CutBody { sent: 5 },
        Fault::Garbage(Garbage::Html),
        Fault::Garbage(Garbage::Empty),
        Fault::rate_limit(0),
    ];
    for dialect in [Dialect::Openload, Dialect::Yetishare] {
        let world = World::start(dialect, faults.len(), Configuration::new().forgives()).await;
        let reads = world.places.iter().zip(&faults).map(|(place, fault)| async move {
            place.site.breaks(Rule::new("file/info", fault.clone()).times(1));
            place.read_file().await.status(200);
            assert_eq!(place.site.arrived("file/info"), 2, "{dialect:?} {fault:?}");
        });
        join_all(reads).await;
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn a_read_that_fails_again_and_again_is_sent_three_times() {
    let world = World::start(Dialect::Openload, 1, Configuration::new().forgives()).await;
    let place = &world.places[0];
    place.site.breaks(Rule::new("file/info", Fault::http(500)));
    let problem = place.read_file().await.problem(502, "upstream_error");
    assert_eq!((&problem["retryable"], place.site.arrived("file/info")), (&json!(true), 3));
}

#[tokio::test]
async fn a_site_that_fails_for_everybody_is_not_asked_three_times_as_much() {
    let settings = Configuration::new().forgives().upstream("circuit_failures = 0\nrequests_per_second = 0");
    let world = World::start(Dialect::Openload, 1, settings).await;
    let place = &world.places[0];
    place.site.breaks(Rule::new("file/info", Fault::http(500)));
    let asked = 100;
    join_all((0..asked).map(|_| place.read_file())).await.iter().for_each(|answer| {
        answer.problem(502, "upstream_error");
    });
    let arrived = place.site.arrived("file/info");
    // A fifth, and a few that may go whatever was sent before.
    assert!((asked + 1..=asked + asked / 5 + 15).contains(&arrived), "{arrived}");
}

#[tokio::test]
async fn a_write_that_never_left_is_tried_again_and_may_be_sent_again() {
    let base_url = nowhere().await;
    let account =
        format!("[accounts.away]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"l\"\nkey = \"k\"");
    let settings = Configuration::new().forgives().server("admin_listen = \"127.0.0.1:0\"").table(&account);
    let world = World::start(Dialect::Openload, 1, settings).await;
    let caller = &world.places[0].caller;
    let answer = caller.delete("/v1/accounts/away/files/abc").await;
    let problem = answer.problem(503, "upstream_unavailable");
    assert_eq!(problem["retryable"], json!(true));
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.header("proxy-status"), Some("polyhost; error=connection_refused; next-hop=pstream"));
    let text = world.gateway.watcher().get("/metrics").await.text();
    let metrics = polyhost_end_to_end::Metrics::parse(&text);
    let calls = metrics.sum("polyhost_upstream_calls_total", &[("operation", "file/delete")]);
    assert_eq!(calls, 3.0, "{text}");
}

#[tokio::test]
async fn an_operation_ends_at_its_deadline_whatever_the_site_does() {
    let deadline = Duration::from_millis(2_500);
    let settings = || Configuration::new().forgives().upstream("deadline = \"2500ms\"");
    let faults = [Fault::Hang, Fault::Drip { millis: 1_000 }, Fault::Stall { sent: 1 }, Fault::http(500)];
    for dialect in [Dialect::Openload, Dialect::Yetishare] {
        let world = World::start(dialect, 2 * faults.len(), settings()).await;
        let all = world.places.iter().zip(faults.iter().flat_map(|fault| [(fault, true), (fault, false)]));
        let requests = all.map(|(place, (fault, reads))| async move {
            // The session is there by then.
            place.read_file().await.status(200);
            let file = place.site.add_file("b.mp4", b"b");
            let path = place.at(&format!("/files/{file}"));
            place.site.breaks(Rule::new("file/info", fault.clone()));
            place.site.breaks(Rule::new("file/delete", fault.clone()));
            let began = Instant::now();
            let answer = if reads { place.caller.get(&path).await } else { place.caller.delete(&path).await };
            let took = began.elapsed();
            assert!(took < deadline + MARGIN, "{dialect:?} {fault:?}: {took:?}");
            match (fault, reads) {
                (Fault::Status { .. }, _) => answer.problem(502, "upstream_error"),
                (_, true) => answer.problem(504, "upstream_timeout"),
                (_, false) => answer.problem(504, "outcome_unknown"),
            };
        });
        join_all(requests).await;
    }
}
