//! Tests of a site whose tokens live for a minute: the number of logins, and the error once the login budget is used
//! up.

use std::time::Duration;

use polyhost_end_to_end::Answer;

use super::world::World;

/// The lifetime of the site's tokens.
const LIFE: Duration = Duration::from_secs(60);

/// Starts a site with such tokens, and a gateway with these settings of the provider.
async fn short_lived(lines: &str) -> World {
    let settings = format!("[providers.streamplay]\n{lines}");
    World::with(|options| options.token_life = Some(LIFE), |all| all.table(&settings)).await
}

/// Reads the account after its token has expired.
async fn read_after_expiry(world: &World) -> Answer {
    world.clock.advance(LIFE + Duration::from_secs(1));
    // The gateway uses the real clock: this is longer than its configured `token_life`.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let request = world.caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
    world.caller.send(request).await
}

#[tokio::test]
async fn login_after_the_configured_token_life_is_expected() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }\ntoken_life = \"10ms\"").await;
    for _ in 0..8 {
        read_after_expiry(&world).await.status(200);
    }
    assert_eq!((world.site.logins(), world.site.failed_logins()), (8, 0));
}

#[tokio::test]
async fn hard_limit_of_logins_covers_expected_ones() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }\ntoken_life = \"10ms\"").await;
    for _ in 0..30 {
        read_after_expiry(&world).await.status(200);
    }
    assert_budget_error(&read_after_expiry(&world).await);
    assert_eq!(world.site.logins(), 30);
}

#[tokio::test]
async fn unexpected_logins_are_limited_by_the_budget() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }").await;
    for _ in 0..2 {
        read_after_expiry(&world).await.status(200);
    }
    assert_budget_error(&read_after_expiry(&world).await);
    assert_eq!((world.site.logins(), world.site.failed_logins()), (2, 0));
}

/// Asserts that an answer reports the login budget, and does not blame another user of the session.
#[track_caller]
fn assert_budget_error(answer: &Answer) {
    let problem = answer.problem(502, "upstream_session_contended");
    assert_eq!(problem["retryable"], true, "{problem}");
    assert!(problem["retry_after"].as_u64().is_some_and(|wait| wait > 0 && wait <= 600), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("The budget allows 2 logins in 600s"), "{detail}");
    for blame in ["somebody", "someone", "another", "else", "other"] {
        assert!(!detail.contains(blame), "{detail}");
    }
}
