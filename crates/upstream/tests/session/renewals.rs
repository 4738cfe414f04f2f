//! Tests of token renewal: a dead token is renewed once, and a late refusal of an old token renews nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind};
use polyhost_state::State;
use polyhost_upstream::{ActiveGrant, Evidence, LoginBudget, Refusal};
use secrecy::ExposeSecret;
use tokio::time::{Instant, advance, sleep, timeout};

use crate::site::{Site, call, calls, session};

/// Returns the refusal of a call because of its token.
fn refused(evidence: Evidence) -> std::result::Result<(), Refusal> {
    Err(Refusal::Session(Error::new(ErrorKind::SiteFailed).retryable(true), evidence))
}

#[tokio::test(start_paused = true)]
async fn token_that_dies_under_many_calls_is_renewed_once() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    call(&site, &session).await.unwrap();
    let running = calls(&site, &session, 200);
    let (outcomes, ()) = tokio::join!(running, site.kill());
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!((site.logins(), site.questions.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn login_without_a_waiting_caller_still_finishes() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let abandoned = timeout(Duration::from_millis(10), call(&site, &session)).await;
    assert!(abandoned.is_err(), "a login takes longer");
    sleep(Duration::from_secs(1)).await;
    site.kill().await;
    call(&site, &session).await.unwrap();
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn call_that_is_always_refused_costs_one_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    call(&site, &session).await.unwrap();
    for _ in 0..20 {
        let deadline = Instant::now() + Duration::from_secs(25);
        let refused = |_| async { refused(Evidence::Message) };
        let error = session.run(deadline, refused).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false));
        call(&site, &session).await.unwrap();
        advance(Duration::from_secs(20)).await;
    }
    assert_eq!(site.logins(), 2, "the second token is known, too, so a third would not help");
}

#[tokio::test(start_paused = true)]
async fn known_token_refused_by_status_costs_no_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    for _ in 0..3 {
        let deadline = Instant::now() + Duration::from_secs(25);
        let refused = |_| async { refused(Evidence::Status) };
        assert_eq!(session.run(deadline, refused).await.unwrap_err().kind(), ErrorKind::Forbidden);
        call(&site, &session).await.unwrap();
    }
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn known_token_refused_by_message_costs_one_login() {
    let site = Arc::new(Site::default());
    let limits = LoginBudget { logins: 10, ..LoginBudget::default() };
    let session = session(&site, &State::in_memory()).with_budget(limits);
    call(&site, &session).await.unwrap();
    for generation in ["token-1", "token-3"] {
        let deadline = Instant::now() + Duration::from_secs(25);
        let refuse_old = |held: ActiveGrant| async move {
            match held.grant().token.expose_secret() == generation {
                true => refused(Evidence::Message),
                false => Ok(()),
            }
        };
        session.run(deadline, refuse_old).await.unwrap();
        site.kill().await;
        call(&site, &session).await.unwrap();
    }
    assert_eq!(site.logins(), 5, "each refusal costs one login, and each death");
}

#[tokio::test(start_paused = true)]
async fn known_token_stays_in_use_if_no_login_is_possible() {
    let site = Arc::new(Site::default());
    let limits = LoginBudget { logins: 1, ..LoginBudget::default() };
    let session = session(&site, &State::in_memory()).with_budget(limits);
    for _ in 0..2 {
        call(&site, &session).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(25);
        let refused = |_| async { refused(Evidence::Message) };
        assert_eq!(session.run(deadline, refused).await.unwrap_err().kind(), ErrorKind::Forbidden);
        call(&site, &session).await.unwrap();
    }
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn late_refusal_of_an_old_token_costs_no_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let deadline = Instant::now() + Duration::from_secs(25);
    let old = session.held(deadline).await.unwrap();
    site.kill().await;
    call(&site, &session).await.unwrap();
    session.refused(&old).await;
    call(&site, &session).await.unwrap();
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn replica_uses_the_token_that_another_has_renewed() {
    let site = Arc::new(Site::default());
    let state = State::in_memory();
    let (one, other) = (session(&site, &state), session(&site, &state));
    call(&site, &one).await.unwrap();
    call(&site, &other).await.unwrap();
    site.kill().await;
    call(&site, &one).await.unwrap();
    call(&site, &other).await.unwrap();
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_that_dies_at_once_twice_is_contended() {
    let site = Arc::new(Site::default());
    site.stillborn.store(true, Ordering::SeqCst);
    let session = session(&site, &State::in_memory());
    let error = call(&site, &session).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionContended, true));
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::ZERO));
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn second_token_in_doubt_denies_the_call_for_a_minute() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.stillborn.store(true, Ordering::SeqCst);
    site.later_checks_are_inconclusive.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        // The site does not know the first token. The check of the second token is inconclusive.
        let error = call(&site, &session).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false));
    }
    assert_eq!((site.logins(), site.questions.load(Ordering::SeqCst)), (2, 2));
    advance(Duration::from_secs(61)).await;
    call(&site, &session).await.unwrap_err();
    assert_eq!(site.logins(), 3, "the token may have died meanwhile");
}

#[tokio::test(start_paused = true)]
async fn token_in_doubt_is_replaced_by_one_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.all_checks_are_inconclusive.store(true, Ordering::SeqCst);
    call(&site, &session).await.unwrap();
    site.kill().await;
    assert!(calls(&site, &session, 100).await.iter().all(Result::is_ok));
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_refused_call_costs_one_login_while_tokens_are_in_doubt() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.all_checks_are_inconclusive.store(true, Ordering::SeqCst);
    call(&site, &session).await.unwrap();
    for _ in 0..5 {
        let deadline = Instant::now() + Duration::from_secs(25);
        let refused = |_| async { refused(Evidence::Message) };
        let error = session.run(deadline, refused).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false));
        call(&site, &session).await.unwrap();
    }
    assert_eq!(site.logins(), 2);
}
