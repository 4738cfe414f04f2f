//! The first login: once for all, remembered where it is refused, given back at the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use polyhost_domain::ErrorKind;
use polyhost_state::State;
use tokio::time::{Instant, advance};

use crate::site::{Site, call, calls, session};

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_callers_make_one_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    assert!(calls(&site, &session, 1_000).await.iter().all(Result::is_ok));
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn replicas_that_share_their_state_share_one_login() {
    let site = Arc::new(Site::default());
    let state = State::in_memory();
    let (one, other) = (session(&site, &state), session(&site, &state));
    let (first, second) = tokio::join!(calls(&site, &one, 50), calls(&site, &other, 50));
    assert!(first.iter().chain(&second).all(Result::is_ok));
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_does_not_stop_the_login_for_the_others() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let impatient = tokio::time::timeout(Duration::from_millis(10), call(&site, &session)).await;
    assert!(impatient.is_err());
    assert!(call(&site, &session).await.is_ok());
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_tried_once_a_minute_however_many_ask() {
    let site = Arc::new(Site::default());
    site.refuses.store(true, Ordering::SeqCst);
    let state = State::in_memory();
    let session = session(&site, &state);
    for outcome in calls(&site, &session, 200).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.detail()), (ErrorKind::CredentialsRejected, Some("No.")));
    }
    advance(Duration::from_secs(50)).await;
    assert!(call(&site, &crate::site::session(&site, &state)).await.is_err());
    assert_eq!(site.logins(), 1);

    advance(Duration::from_secs(11)).await;
    site.refuses.store(false, Ordering::SeqCst);
    assert!(call(&site, &session).await.is_ok());
    assert_eq!(site.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_wants_no_login_for_a_while_gets_none() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.limited.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = call(&site, &session).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::RateLimited, true));
        assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_secs(30)), "{error:?}");
    }
    assert_eq!(site.logins(), 1);

    site.limited.store(false, Ordering::SeqCst);
    advance(Duration::from_secs(34)).await;
    call(&site, &session).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_on_the_way_fails_those_who_waited_for_it_and_is_tried_again_by_the_next() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.unreachable.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        assert!(calls(&site, &session, 20).await.iter().all(Result::is_err));
    }
    site.unreachable.store(false, Ordering::SeqCst);
    // What was never sent has not used the budget up.
    assert!(call(&site, &session).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_given_back_once() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    session.close().await;
    assert_eq!(site.logouts.load(Ordering::SeqCst), 0);
    call(&site, &session).await.unwrap();
    session.close().await;
    session.close().await;
    assert_eq!(site.logouts.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_for_the_login_is_told_that_it_is_slow() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let held = session.held(Instant::now() + Duration::from_millis(10)).await;
    let error = held.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_login_of_one_with_less_time_gets_one_of_its_own() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let hurried = Instant::now() + Duration::from_millis(10);
    let (hurried, patient) = tokio::join!(session.run(hurried, |held| site.call(held)), call(&site, &session));
    assert_eq!(hurried.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(patient.is_ok(), "{patient:?}");
    assert_eq!(site.logins(), 2);
}
