//! Tests of the rate of calls to a site: never above the configured rate, and none during the site's `Retry-After`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use polyhost_end_to_end::Configuration;
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use super::world::{Dialect, World};

fn limited(retry_after: &str) -> Fault {
    let headers = vec![("Retry-After".to_owned(), retry_after.to_owned())];
    Fault::Status { http: 429, body_status: Some(429), headers, body: None }
}

/// Returns an HTTP date that is `seconds` seconds in the future.
fn date(seconds: u64) -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + seconds;
    let time = jiff::Timestamp::from_second(i64::try_from(since_1970).unwrap()).unwrap();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn burst_is_sent_at_once_and_the_rest_at_the_configured_rate() {
    let settings = Configuration::new().with_retries_and_circuits().upstream("requests_per_second = 20\nburst = 5");
    let world = World::start(Dialect::Openload, 1, settings).await;
    let place = &world.places[0];
    let began = Instant::now();
    let watch = async {
        let mut seen = Vec::new();
        while place.site.journal().count() < 25 && began.elapsed() < Duration::from_secs(15) {
            seen.push((began.elapsed(), place.site.journal().count()));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        seen
    };
    let (answers, seen) = tokio::join!(join_all((0..25).map(|_| place.read_file())), watch);
    answers.into_iter().for_each(|answer| {
        answer.status(200);
    });
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    for (when, count) in seen {
        // The count was taken after the time, and one more request may have arrived.
        let most = 5.0 + when.as_secs_f64() * 20.0 + 3.0;
        assert!(count as f64 <= most, "{count} after {when:?}");
    }
}

#[tokio::test]
async fn call_that_would_miss_its_deadline_is_refused_at_once() {
    let settings = Configuration::new()
        .with_retries_and_circuits()
        .upstream("requests_per_second = 0.01\nburst = 1\ndeadline = \"25s\"\nattempt_timeout = \"1s\"");
    let world = World::start(Dialect::Openload, 1, settings).await;
    let place = &world.places[0];
    place.read_file().await.status(200);
    let began = Instant::now();
    for answer in join_all((0..12).map(|_| place.read_file())).await {
        let problem = answer.problem(503, "overloaded");
        assert_eq!(problem["retryable"], json!(true));
        assert!(answer.header("retry-after").is_some());
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(place.site.arrived("file/info"), 1);
}

#[tokio::test]
async fn long_retry_after_is_returned_and_blocks_further_calls() {
    for dialect in [Dialect::Openload, Dialect::Yetishare] {
        let world = World::start(dialect, 2, Configuration::new().with_retries_and_circuits()).await;
        for (place, wait) in world.places.iter().zip(["40".to_owned(), date(40)]) {
            place.site.inject(Rule::new("file/info", limited(&wait)).times(1));
            let began = Instant::now();
            let first = place.read_file().await.problem(429, "upstream_rate_limited");
            let calls = place.site.journal().count();
            let retry_after = |problem: &serde_json::Value| problem["retry_after"].as_u64().unwrap();
            assert!((30..=40).contains(&retry_after(&first)), "{wait}: {first}");
            let second = place.read_file().await.problem(429, "upstream_rate_limited");
            let write = place.caller.delete(&place.at("/files/77")).await.problem(429, "upstream_rate_limited");
            for problem in [&second, &write] {
                assert_eq!(problem["retryable"], json!(true), "{problem}");
                assert!((1..=retry_after(&first)).contains(&retry_after(problem)), "{problem}");
            }
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
            assert_eq!((place.site.arrived("file/info"), place.site.journal().count()), (1, calls));
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn short_retry_after_is_waited_for() {
    let world = World::start(Dialect::Openload, 2, Configuration::new().with_retries_and_circuits()).await;
    let reads = world.places.iter().zip(["1".to_owned(), date(2)]).map(|(place, wait)| async move {
        place.site.inject(Rule::new("file/info", limited(&wait)).times(1));
        let began = Instant::now();
        place.read_file().await.status(200);
        assert_eq!(place.site.arrived("file/info"), 2);
        if wait == "1" {
            assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
        }
    });
    join_all(reads).await;
}
