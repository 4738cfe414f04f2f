//! Tests of the first login: callers share it, its refusal is stored, and closing the session logs out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use polyhost_domain::ErrorKind;
use polyhost_state::State;
use tokio::time::{Instant, advance};

use crate::site::{Site, call, calls, session};

#[tokio::test(start_paused = true)]
async fn thousand_concurrent_callers_share_one_login() {
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
async fn cancelled_caller_does_not_stop_the_login() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let impatient = tokio::time::timeout(Duration::from_millis(10), call(&site, &session)).await;
    assert!(impatient.is_err());
    assert!(call(&site, &session).await.is_ok());
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_tried_once_a_minute() {
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
async fn rate_limited_login_is_not_repeated_too_early() {
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
async fn unreachable_site_fails_all_waiters_and_costs_no_budget() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    site.unreachable.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        assert!(calls(&site, &session, 20).await.iter().all(Result::is_err));
    }
    site.unreachable.store(false, Ordering::SeqCst);
    // Logins that were never sent do not count against the budget.
    assert!(call(&site, &session).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn close_logs_out_once() {
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
async fn caller_with_too_little_time_gets_a_timeout() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let held = session.held(Instant::now() + Duration::from_millis(10)).await;
    let error = held.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
}

#[tokio::test(start_paused = true)]
async fn waiter_logs_in_again_after_a_shorter_deadline_failed() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    let hurried = Instant::now() + Duration::from_millis(10);
    let (hurried, patient) = tokio::join!(session.run(hurried, |held| site.call(held)), call(&site, &session));
    assert_eq!(hurried.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(patient.is_ok(), "{patient:?}");
    assert_eq!(site.logins(), 2);
}
