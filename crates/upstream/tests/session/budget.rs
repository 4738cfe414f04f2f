//! Tests of the login budget: it holds over every window, even if two gateways compete for one session.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use polyhost_domain::ErrorKind;
use polyhost_state::State;
use polyhost_upstream::LoginBudget;
use tokio::time::{Instant, advance};

use crate::site::{Site, call, session};

#[tokio::test(start_paused = true)]
async fn logins_are_five_seconds_apart_and_four_in_ten_minutes() {
    let site = Arc::new(Site::default());
    let session = session(&site, &State::in_memory());
    for _ in 0..4 {
        site.kill().await;
        call(&site, &session).await.unwrap();
    }
    let times = site.times.lock().await.clone();
    assert_eq!(times.len(), 4);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(5)), "{times:?}");

    site.kill().await;
    let error = call(&site, &session).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionContended, true));
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_secs(60)));
    assert_eq!(site.logins(), 4);

    advance(Duration::from_secs(600)).await;
    call(&site, &session).await.unwrap();
    assert_eq!(site.logins(), 5);
}

#[tokio::test(start_paused = true)]
async fn competing_gateways_stay_within_the_budget() {
    let site = Arc::new(Site::default());
    let gateways = [session(&site, &State::in_memory()), session(&site, &State::in_memory())];
    let began = Instant::now();
    let (mut served, mut contended) = (0, 0);
    while began.elapsed() < Duration::from_secs(540) {
        for gateway in &gateways {
            match call(&site, gateway).await {
                Ok(()) => served += 1,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::SessionContended);
                    contended += 1;
                }
            }
        }
        advance(Duration::from_secs(1)).await;
    }
    assert!(site.logins() <= 8, "{} logins", site.logins());
    assert!(served > 0 && contended > 0, "{served} served, {contended} contended");
}

#[tokio::test(start_paused = true)]
async fn login_after_the_token_life_costs_no_budget() {
    let site = Arc::new(Site::default());
    let short_lived = LoginBudget { token_life: Some(Duration::from_secs(60)), ..LoginBudget::default() };
    let session = session(&site, &State::in_memory()).with_budget(short_lived);
    for _ in 0..20 {
        site.kill().await;
        call(&site, &session).await.unwrap();
        advance(Duration::from_secs(61)).await;
    }
    assert_eq!(site.logins(), 20);
    // Logins after tokens that end early still count against the budget.
    for _ in 0..4 {
        call(&site, &session).await.unwrap();
        site.kill().await;
    }
    let spent = site.logins();
    assert!(spent <= 25, "{spent} logins");
    let error = call(&site, &session).await.err();
    assert!(error.is_none_or(|error| error.kind() == ErrorKind::SessionContended));
}

#[tokio::test(start_paused = true)]
async fn login_ceiling_holds_despite_a_larger_budget() {
    let site = Arc::new(Site::default());
    let generous = LoginBudget { gap: Duration::from_secs(1), logins: 1000, ..LoginBudget::default() };
    let session = session(&site, &State::in_memory()).with_budget(generous);
    let mut refused = None;
    for _ in 0..40 {
        site.kill().await;
        refused = call(&site, &session).await.err().or(refused);
    }
    let error = refused.unwrap();
    assert_eq!((site.logins(), error.kind()), (30, ErrorKind::SessionContended));
    let detail = error.detail().unwrap().to_owned();
    assert!(detail.contains("1000 logins") && !detail.contains("somebody"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn firewall_page_to_a_login_costs_no_budget() {
    let site = Arc::new(Site::default());
    site.firewalled.store(true, Ordering::SeqCst);
    let session = session(&site, &State::in_memory());
    for _ in 0..10 {
        assert_eq!(call(&site, &session).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
    }
    let times = site.times.lock().await.clone();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(5)), "{times:?}");
    site.firewalled.store(false, Ordering::SeqCst);
    call(&site, &session).await.unwrap();
    assert_eq!(site.logins(), 1);
}
