//! Tests of the one session that replicas share at a site: one login for all of them, and one login budget.

use futures_util::future::join_all;
use polyhost_end_to_end::Answer;
use polyhost_sandbox::{Fault, Rule};

use super::world::{Fleet, persist, until_exact};
use crate::streamplay::world::at;

/// The number of concurrent callers of all replicas together.
const CALLERS: usize = 500;

/// Adds files to the site, and returns their paths.
fn add_files(fleet: &Fleet, count: usize) -> Vec<String> {
    (0..count).map(|n| at(&format!("files/{}", fleet.site.add_file("0", &format!("{n}.mp4"), b"x")))).collect()
}

/// Reads files concurrently, each through the next replica.
async fn read_all(fleet: &Fleet, files: &[String]) -> Vec<Answer> {
    let reads = files.iter().zip(fleet.callers.iter().cycle());
    join_all(reads.map(|(file, caller)| persist(caller, || caller.request("GET", file)))).await
}

/// Asserts the number of logins at the site. Without Redis a replica may log in that need not. Returns whether the
/// number is exact.
async fn assert_logins(fleet: &Fleet, expected: usize) -> bool {
    let (logins, lapses) = (fleet.site.logins(), fleet.session_lapses().await);
    assert!((expected..=expected + lapses).contains(&logins), "{logins} logins, {lapses} lapses of Redis");
    assert_eq!((fleet.site.failed_logins(), fleet.site.is_locked()), (0, false));
    logins == expected
}

#[tokio::test]
async fn cold_callers_of_three_replicas_make_one_login() {
    until_exact(async || {
        let fleet = Fleet::start(3).await;
        let files = add_files(&fleet, CALLERS);
        for answer in read_all(&fleet, &files).await {
            answer.status(200);
        }
        assert_logins(&fleet, 1).await
    })
    .await;
}

#[tokio::test]
async fn token_that_ends_under_load_costs_one_more_login() {
    until_exact(async || {
        let fleet = Fleet::start(3).await;
        let files = add_files(&fleet, 200);
        for caller in &fleet.callers {
            caller.get("/v1/accounts/plays").await.status(200);
        }
        assert_logins(&fleet, 1).await;
        fleet.site.faults().add(Rule::new("file/info", Fault::Delay { millis: 5_000 }));
        let killed = async {
            fleet.site.journal().until(|journal| journal.of("file/info").len() >= 200).await;
            fleet.site.kill_tokens();
            fleet.site.faults().clear();
        };
        let (answers, ()) = tokio::join!(read_all(&fleet, &files), killed);
        for answer in answers {
            answer.status(200);
        }
        assert_eq!(fleet.site.live_tokens(), 1);
        assert_logins(&fleet, 2).await
    })
    .await;
}

#[tokio::test]
async fn replicas_spend_one_login_budget_together() {
    let budget = "[providers.streamplay]\nlogin_budget = { logins = 4, per = \"1h\", gap = \"1ms\" }";
    let fleet = Fleet::with(3, "", |configuration| configuration.upstream("deadline = \"2s\"").table(budget)).await;
    let files = add_files(&fleet, 3);
    let mut contended = 0;
    // Six logins are needed: one at first, and one after each end of the token.
    for _ in 0..6 {
        let reads = files.iter().zip(&fleet.callers).map(|(file, caller)| {
            let request = caller.request("GET", file).header("cache-control", "no-cache");
            caller.send(request)
        });
        for answer in join_all(reads).await {
            if answer.status != 200 {
                assert_eq!(answer.problem(502, "upstream_session_contended")["retryable"], true);
                contended += 1;
            }
        }
        fleet.site.kill_tokens();
    }
    assert_logins(&fleet, 4).await;
    assert!(contended > 0 || fleet.session_lapses().await > 0, "no replica ran out of the budget");
}
