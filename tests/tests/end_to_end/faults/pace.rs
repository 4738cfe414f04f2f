//! How often a site is asked: never more than the configuration allows, and not at all while it wants to be left alone.

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

/// A time as HTTP has it, in so many seconds.
fn date(seconds: u64) -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + seconds;
    let time = jiff::Timestamp::from_second(i64::try_from(since_1970).unwrap()).unwrap();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn a_burst_goes_at_once_and_the_rest_at_the_accounts_pace() {
    let settings = Configuration::new().forgives().upstream("requests_per_second = 20\nburst = 5");
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
        // Counted after the time was taken, and one may be on its way.
        let most = 5.0 + when.as_secs_f64() * 20.0 + 3.0;
        assert!(count as f64 <= most, "{count} after {when:?}");
    }
}

#[tokio::test]
async fn what_has_no_place_within_the_deadline_is_told_so_at_once() {
    let settings = Configuration::new()
        .forgives()
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
async fn a_long_wait_is_told_at_once_and_the_site_is_left_alone_until_it_has_passed() {
    for dialect in [Dialect::Openload, Dialect::Yetishare] {
        let world = World::start(dialect, 2, Configuration::new().forgives()).await;
        for (place, wait) in world.places.iter().zip(["40".to_owned(), date(40)]) {
            place.site.breaks(Rule::new("file/info", limited(&wait)).times(1));
            let began = Instant::now();
            let first = place.read_file().await.problem(429, "upstream_rate_limited");
            let asked = place.site.journal().count();
            let told = |problem: &serde_json::Value| problem["retry_after"].as_u64().unwrap();
            assert!((30..=40).contains(&told(&first)), "{wait}: {first}");
            let second = place.read_file().await.problem(429, "upstream_rate_limited");
            let write = place.caller.delete(&place.at("/files/77")).await.problem(429, "upstream_rate_limited");
            for problem in [&second, &write] {
                assert_eq!(problem["retryable"], json!(true), "{problem}");
                assert!((1..=told(&first)).contains(&told(problem)), "{problem}");
            }
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
            assert_eq!((place.site.arrived("file/info"), place.site.journal().count()), (1, asked));
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn a_short_wait_is_waited_for() {
    let world = World::start(Dialect::Openload, 2, Configuration::new().forgives()).await;
    let reads = world.places.iter().zip(["1".to_owned(), date(2)]).map(|(place, wait)| async move {
        place.site.breaks(Rule::new("file/info", limited(&wait)).times(1));
        let began = Instant::now();
        place.read_file().await.status(200);
        assert_eq!(place.site.arrived("file/info"), 2);
        if wait == "1" {
            assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
        }
    });
    join_all(reads).await;
}
