//! Tests of retries with the default settings, and of the deadline that ends them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use polyhost_end_to_end::Configuration;
use polyhost_sandbox::{Fault, Garbage, Rule};
use serde_json::json;

use super::world::{Dialect, World, nowhere};

/// The tolerance after a deadline on a busy machine.
const MARGIN: Duration = Duration::from_secs(3);

#[tokio::test]
async fn read_that_fails_once_is_retried_with_success() {
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
        let world = World::start(dialect, faults.len(), Configuration::new().with_retries_and_circuits()).await;
        let reads = world.places.iter().zip(&faults).map(|(place, fault)| async move {
            place.site.inject(Rule::new("file/info", fault.clone()).times(1));
            place.read_file().await.status(200);
            assert_eq!(place.site.arrived("file/info"), 2, "{dialect:?} {fault:?}");
        });
        join_all(reads).await;
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn read_that_keeps_failing_is_sent_three_times() {
    let world = World::start(Dialect::Openload, 1, Configuration::new().with_retries_and_circuits()).await;
    let place = &world.places[0];
    place.site.inject(Rule::new("file/info", Fault::http(500)));
    let problem = place.read_file().await.problem(502, "upstream_error");
    assert_eq!((&problem["retryable"], place.site.arrived("file/info")), (&json!(true), 3));
}

#[tokio::test]
async fn retry_budget_limits_the_load_on_a_failing_site() {
    let settings =
        Configuration::new().with_retries_and_circuits().upstream("circuit_failures = 0\nrequests_per_second = 0");
    let world = World::start(Dialect::Openload, 1, settings).await;
    let place = &world.places[0];
    place.site.inject(Rule::new("file/info", Fault::http(500)));
    let requests = 100;
    join_all((0..requests).map(|_| place.read_file())).await.iter().for_each(|answer| {
        answer.problem(502, "upstream_error");
    });
    let arrived = place.site.arrived("file/info");
    // The retry budget is a fifth of the requests, and a small constant.
    assert!((requests + 1..=requests + requests / 5 + 15).contains(&arrived), "{arrived}");
}

#[tokio::test]
async fn write_that_was_not_sent_is_retried_and_retryable() {
    let base_url = nowhere().await;
    let account =
        format!("[accounts.away]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"l\"\nkey = \"k\"");
    let settings =
        Configuration::new().with_retries_and_circuits().server("admin_listen = \"127.0.0.1:0\"").table(&account);
    let world = World::start(Dialect::Openload, 1, settings).await;
    let caller = &world.places[0].caller;
    let answer = caller.delete("/v1/accounts/away/files/abc").await;
    let problem = answer.problem(503, "upstream_unavailable");
    assert_eq!(problem["retryable"], json!(true));
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.header("proxy-status"), Some("polyhost; error=connection_refused; next-hop=pstream"));
    let text = world.gateway.admin().get("/metrics").await.text();
    let metrics = polyhost_end_to_end::Metrics::parse(&text);
    let calls = metrics.sum("polyhost_upstream_calls_total", &[("operation", "file/delete")]);
    assert_eq!(calls, 3.0, "{text}");
}

#[tokio::test]
async fn operation_ends_at_its_deadline_for_every_fault() {
    let deadline = Duration::from_millis(2_500);
    let settings = || Configuration::new().with_retries_and_circuits().upstream("deadline = \"2500ms\"");
    let faults = [Fault::Hang, Fault::Drip { millis: 1_000 }, Fault::Stall { sent: 1 }, Fault::http(500)];
    for dialect in [Dialect::Openload, Dialect::Yetishare] {
        let world = World::start(dialect, 2 * faults.len(), settings()).await;
        let all = world.places.iter().zip(faults.iter().flat_map(|fault| [(fault, true), (fault, false)]));
        let requests = all.map(|(place, (fault, reads))| async move {
            // Begins the session.
            place.read_file().await.status(200);
            let file = place.site.add_file("b.mp4", b"b");
            let path = place.at(&format!("/files/{file}"));
            place.site.inject(Rule::new("file/info", fault.clone()));
            place.site.inject(Rule::new("file/delete", fault.clone()));
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
