//! A site whose tokens live for a minute: how often there is a login, and what callers read where the budget ends.

use std::time::Duration;

use polyhost_end_to_end::Answer;

use super::world::World;

/// How long the site's tokens live.
const LIFE: Duration = Duration::from_secs(60);

/// A site with such tokens, and a gateway with these lines about its logins.
async fn short_lived(lines: &str) -> World {
    let settings = format!("[providers.streamplay]\n{lines}");
    World::with(|options| options.token_life = Some(LIFE), |all| all.table(&settings)).await
}

/// Asks for the account, under a token that has ended meanwhile.
async fn ask_later(world: &World) -> Answer {
    world.clock.advance(LIFE + Duration::from_secs(1));
    // The gateway's clock goes on by itself: longer than the life that it is told of.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let request = world.caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
    world.caller.send(request).await
}

#[tokio::test]
async fn login_after_the_life_of_a_token_is_expected() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }\ntoken_life = \"10ms\"").await;
    for _ in 0..8 {
        ask_later(&world).await.status(200);
    }
    assert_eq!((world.site.logins(), world.site.failed_logins()), (8, 0));
}

#[tokio::test]
async fn ceiling_of_logins_holds_for_expected_ones_too() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }\ntoken_life = \"10ms\"").await;
    for _ in 0..30 {
        ask_later(&world).await.status(200);
    }
    blames_nobody(&ask_later(&world).await);
    assert_eq!(world.site.logins(), 30);
}

#[tokio::test]
async fn unexpected_logins_are_held_to_the_budget() {
    let world = short_lived("login_budget = { logins = 2, gap = \"0s\" }").await;
    for _ in 0..2 {
        ask_later(&world).await.status(200);
    }
    blames_nobody(&ask_later(&world).await);
    assert_eq!((world.site.logins(), world.site.failed_logins()), (2, 0));
}

/// Checks that an answer says what is known, and not that somebody else takes the session.
#[track_caller]
fn blames_nobody(answer: &Answer) {
    let problem = answer.problem(502, "upstream_session_contended");
    assert_eq!(problem["retryable"], true, "{problem}");
    assert!(problem["retry_after"].as_u64().is_some_and(|wait| wait > 0 && wait <= 600), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("The budget allows 2 logins in 600s"), "{detail}");
    for blame in ["somebody", "someone", "another", "else", "other"] {
        assert!(!detail.contains(blame), "{detail}");
    }
}
